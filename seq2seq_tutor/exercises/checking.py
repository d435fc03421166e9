"""The mechanism behind the exercises: a name and an answer go in, a verdict comes out.

The exercises of a chapter are the functions ``exercise_1``, ``exercise_2``, ... of the module that
bears its name. Such a function takes an answer, tries it on cases that it makes itself, and raises
``NotYet`` with what goes wrong on which case: the symptom, not the cure. If it returns, the answer
is right. It need not look for an answer that is missing, and it may draw random numbers as it
likes. ``ask`` calls a function of the reader's, ``parts`` takes an answer of several values apart,
``shown`` puts a value into a message.
"""

import dis
import importlib
import pkgutil
import re
import reprlib
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any, Literal, TypeAlias

from .._checks import check_str

Exercise: TypeAlias = Callable[[Any], None]
_LONGEST = 300  # characters of an error's message
_DOES_NOTHING, _CONSTANT = {"RESUME", "NOP", "RETURN_VALUE"}, {"LOAD_CONST", "RETURN_CONST"}


class NotYet(Exception):  # noqa: N818
    """An answer is wrong; the message says on which case, and how it shows."""


class _Unanswered(Exception):  # noqa: N818
    """A function turned out to be a stub when it was called."""


@dataclass(frozen=True)
class Verdict:
    """What is said of an answer; ``reason`` is empty unless the outcome is "not yet".

    >>> from seq2seq_tutor.exercises.checking import Verdict
    >>> print(Verdict("encoder_decoder.3", "right"))
    encoder_decoder.3: right.
    """

    name: str
    outcome: Literal["no answer yet", "not yet", "right"]
    reason: str = ""

    def __str__(self) -> str:
        """Give the verdict as one line."""
        return f"{self.name}: {self.outcome}. {self.reason}".rstrip()


def judge(name: str, answer: Any) -> Verdict:
    """Try an answer to an exercise; the caller's random state stays as it was.

    ValueError if there is no exercise of that name; nothing is raised because of an answer.

    >>> from seq2seq_tutor.exercises.checking import judge
    >>> judge("encoder_decoder.2", None).outcome
    'no answer yet'
    """
    exercise = _find(name)
    try:
        if _is_blank(answer):
            return Verdict(name, "no answer yet")
        import torch

        with torch.random.fork_rng(devices=[]):  # the cases are on the CPU
            torch.default_generator.manual_seed(0)  # torch.manual_seed seeds every device
            exercise(answer)
    except _Unanswered:
        return Verdict(name, "no answer yet")
    except NotYet as wrong:
        return Verdict(name, "not yet", str(wrong))
    except Exception as error:  # noqa: BLE001  # an answer may be an object that breaks when used
        return Verdict(name, "not yet", f"Looking at your answer raised {_words(error)}.")
    return Verdict(name, "right")


def chapters() -> list[str]:
    """Name the chapters that have exercises.

    >>> from seq2seq_tutor.exercises.checking import chapters
    >>> "encoder_decoder" in chapters()
    True
    """
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    return sorted(module.name for module in modules if module.name != "checking")


def exercises(chapter: str) -> dict[str, Exercise]:
    """Give the exercises of a chapter by their names, in order.

    >>> from seq2seq_tutor.exercises.checking import exercises
    >>> next(iter(exercises("encoder_decoder")))
    'encoder_decoder.1'
    """
    functions = vars(importlib.import_module(f".{chapter}", __package__))
    numbers = sorted(int(n[9:]) for n in functions if re.fullmatch(r"exercise_[1-9]\d*", n))
    return {f"{chapter}.{number}": functions[f"exercise_{number}"] for number in numbers}


def ask(function: Any, *arguments: Any, case: str) -> Any:
    """Call a reader's function on a case and give what it returns.

    ``NotYet``, with the case, if it is no function, if it raises, or if it gives None.

    >>> from seq2seq_tutor.exercises.checking import ask
    >>> ask(len, "abc", case="a string of three letters")
    3
    """
    if not callable(function):
        raise NotYet(f"The answer must be a function, and yours is {shown(function)}.")
    try:
        result = function(*arguments)
    except NotYet:
        raise
    except Exception as error:
        calls = traceback.extract_tb(error.__traceback__)
        if isinstance(error, NotImplementedError) and len(calls) == 2:  # this one and the stub
            raise _Unanswered from error
        raise NotYet(
            f"For {case}, your function raised {_words(error)}{_place(error, function)}."
        ) from error
    if result is ...:
        raise _Unanswered
    if result is None:
        raise NotYet(f"For {case}, your function gave None. Does it return what it makes?")
    return result


def parts(answer: Any, *names: str) -> tuple[Any, ...]:
    """Take an answer of several values apart.

    ``NotYet`` if it has another number of values, or if some of them are still open.

    >>> from seq2seq_tutor.exercises.checking import parts
    >>> parts((3, False), "the length", "finished")
    (3, False)
    """
    if not isinstance(answer, (tuple, list)) or len(answer) != len(names):
        wanted = f"{', '.join(names[:-1])} and {names[-1]}"
        raise NotYet(f"The answer must be a tuple of {wanted}, and yours is {shown(answer)}.")
    for name, value in zip(names, answer, strict=True):
        if _is_blank(value):
            raise NotYet(f"There is no answer yet for {name}.")
    return tuple(answer)


def shown(value: Any) -> str:
    """Give a value in at most a line, with its type; never fails.

    >>> from seq2seq_tutor.exercises.checking import shown
    >>> shown("五")
    "'五' (str)"
    """
    return f"{' '.join(reprlib.repr(value).split())} ({type(value).__name__})"


def _find(name: str) -> Exercise:
    """Find an exercise by its name."""
    check_str("name", name)
    chapter = name.partition(".")[0]
    if chapter not in chapters():
        raise ValueError(
            f"there is no exercise {name!r}; the chapters with exercises are "
            f"{', '.join(chapters())}, and their exercises are named like {chapters()[0]}.1"
        )
    found = exercises(chapter)
    if name not in found:
        raise ValueError(f"there is no exercise {name!r}; this chapter has {', '.join(found)}")
    return found[name]


def _is_blank(answer: Any) -> bool:
    """Tell whether an answer is what a stub holds: ``...``, None, or a function that gives them."""
    if answer is None or answer is ...:
        return True
    if isinstance(answer, (tuple, list)) and answer:
        return all(_is_blank(value) for value in answer)
    # a look at the code tells a stub from a function whose author forgot to return
    return isinstance(answer, FunctionType) and all(
        step.opname in _DOES_NOTHING or (step.opname in _CONSTANT and step.argval in (None, ...))
        for step in dis.get_instructions(answer)
    )


def _words(error: Exception) -> str:
    """Give an exception's type and message in one line."""
    message = " ".join(str(error).split())
    if len(message) > _LONGEST:
        message = message[:_LONGEST] + " ..."
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _place(error: Exception, function: Any) -> str:
    """Quote the line of a reader's function that led to an exception."""
    code = getattr(function, "__code__", None)
    lines = [
        frame.line
        for frame in traceback.extract_tb(error.__traceback__)
        if code is not None and frame.filename == code.co_filename and frame.line
    ]
    return f", at the line `{lines[-1]}`" if lines else ""
