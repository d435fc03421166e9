"""Decoding: search for an output, given nothing but a ``step`` and a ``state``.

Chapter: search. ``step(prev (N,), state)`` returns an object with ``logits`` (N, V), the next
``state`` and ``weights`` (N, S) or None; a state has ``len`` and ``select(rows)``. No search knows
a network or a vocabulary.
"""

from .beam import beam_search
from .exhaustive import exhaustive_search
from .greedy import greedy_search
from .hypothesis import Hypothesis
from .sampling import sample
from .stepping import State, Step, StepResult

__all__ = [
    "Hypothesis",
    "State",
    "Step",
    "StepResult",
    "beam_search",
    "exhaustive_search",
    "greedy_search",
    "sample",
]
