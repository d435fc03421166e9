"""Exercises: ``check`` says what it thinks of a reader's answer.

Every chapter's exercises are named after it, ``encoder_decoder.1`` and so on. To add a chapter's:
write a module here that bears the chapter's name, with a function ``exercise_1``, ``exercise_2``,
... for each; ``checking`` says what such a function does.
"""

import textwrap
from typing import Any

from .checking import judge

__all__ = ["check"]


def check(name: str, answer: Any) -> None:
    """Print whether an answer is right, or in words what is wrong with it.

    ``answer`` is what the exercise asks for, a value or a function. A function is tried on cases of
    the check's own, and may be wrong or raise what it likes: that is printed, never raised. The
    caller's random state stays as it was.

    ValueError if there is no exercise of that name.

    >>> from seq2seq_tutor.exercises import check
    >>> check("encoder_decoder.2", ...)
    encoder_decoder.2: no answer yet.
    >>> check("encoder_decoder.2", "the weather")
    encoder_decoder.2: not yet. The main reason must be 'context', 'lengths' or
    'training', and yours is 'the weather' (str).
    """
    text = str(judge(name, answer))
    # the width of a page; the one place of the package that prints: it talks to the reader
    print(textwrap.fill(text, 76, break_long_words=False, break_on_hyphens=False))  # noqa: T201
