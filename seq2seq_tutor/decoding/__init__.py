"""Decoding: search for an output, given nothing but a ``step`` and a ``state``.

Chapters: search, translation. ``step(prev (N,), state)`` returns an object with ``logits`` (N, V),
the next ``state`` and ``weights`` (N, S) or None; a state has ``len`` and ``select(rows)``. No
search knows a network or a vocabulary; ``Translator`` alone joins them, text in and text out.
"""

from .beam import beam_search
from .exhaustive import exhaustive_search
from .greedy import greedy_search
from .hypothesis import Hypothesis
from .sampling import sample
from .stepping import State, Step, StepResult
from .translator import Translation, Translator

__all__ = [
    "Hypothesis",
    "State",
    "Step",
    "StepResult",
    "Translation",
    "Translator",
    "beam_search",
    "exhaustive_search",
    "greedy_search",
    "sample",
]
