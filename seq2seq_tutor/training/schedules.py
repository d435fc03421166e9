"""Schedules: a learning rate or a probability of teacher forcing that changes as training goes on.

Chapter: teacher forcing (scheduled sampling).
"""

import math
from typing import Literal, get_args

from .._checks import check_choice, check_number

Schedule = Literal["constant", "linear", "cosine", "exponential", "inverse_sigmoid"]
_STEEPNESS = 5.0


def anneal(schedule: Schedule, progress: float, *, start: float, end: float) -> float:
    """Give the value of a quantity that goes from ``start`` to ``end`` over a whole training run.

    ``progress`` p is the share of the run that is over, 0 to 1. ``"constant"`` stays at ``start``.
    ``"linear"`` is a straight line, ``"cosine"`` half a wave, ``"exponential"`` falls by the same
    factor at every step, and ``"inverse_sigmoid"`` follows 1 / (1 + exp(10 p - 5)), stretched to
    reach both ends.

    ValueError if the schedule is unknown, ``progress`` is outside [0, 1], or an exponential's ends
    are not both above 0.

    Source: linear, exponential and inverse sigmoid decay as in Bengio et al. (2015), section 2.4,
    over the run instead of for ever; cosine as in Loshchilov and Hutter (2017), equation 5.

    >>> from seq2seq_tutor.training import anneal
    >>> [anneal("linear", p / 4, start=1.0, end=0.5) for p in range(5)]
    [1.0, 0.875, 0.75, 0.625, 0.5]
    """
    check_choice("schedule", schedule, get_args(Schedule))
    check_number("progress", progress, at_least=0, at_most=1)
    check_number("start", start)
    check_number("end", end)
    if schedule == "constant":
        return start
    if schedule == "exponential":
        if start <= 0 or end <= 0:
            raise ValueError(
                f"an exponential schedule goes between numbers above 0, got {start} and {end}"
            )
        return float(start * (end / start) ** progress)
    if schedule == "linear":
        share = progress
    elif schedule == "cosine":
        share = (1 - math.cos(math.pi * progress)) / 2
    else:
        first, last = _falling(0.0), _falling(1.0)
        share = (first - _falling(progress)) / (first - last)
    return start + (end - start) * share


def _falling(progress: float) -> float:
    """Give the logistic curve that falls from nearly 1 to nearly 0."""
    return 1 / (1 + math.exp(_STEEPNESS * (2 * progress - 1)))
