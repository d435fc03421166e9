"""Decoding: search for an output, given nothing but a ``step`` and a ``state``.

Chapters: search, translation. ``step(prev (N,), state)`` returns an object with ``logits`` (N, V),
the next ``state`` and ``weights`` (N, S) or None; a state has ``len`` and ``select(rows)``. No
search knows a network or a vocabulary; ``Translator`` alone joins them, text in and text out.
"""

from .beam import beam_search
from .exact import ExactResult, exact_search
from .exhaustive import exhaustive_search
from .greedy import greedy_search
from .hypothesis import Hypothesis
from .length import gnmt_penalty, power_penalty
from .mbr import expected_utility, mbr
from .sampling import sample
from .stepping import State, Step, StepResult
from .tracing import Trace, trace
from .translator import Translation, Translator

__all__ = [
    "ExactResult",
    "Hypothesis",
    "State",
    "Step",
    "StepResult",
    "Trace",
    "Translation",
    "Translator",
    "beam_search",
    "exact_search",
    "exhaustive_search",
    "expected_utility",
    "gnmt_penalty",
    "greedy_search",
    "mbr",
    "power_penalty",
    "sample",
    "trace",
]
