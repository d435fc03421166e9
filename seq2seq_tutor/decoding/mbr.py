"""Minimum Bayes risk: of several candidates, the one that is most like all the others.

Chapter: search. A candidate's *expected utility* is its mean utility over samples of the model,
each in the place of the reference that nobody has; the risk is what it falls short of the best.
"""

import math
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import TypeVar

T = TypeVar("T")


def expected_utility(candidate: T, samples: Sequence[T], utility: Callable[[T, T], float]) -> float:
    """Give the mean of ``utility(candidate, sample)`` over ``samples``.

    Errors as in ``mbr``.

    >>> from seq2seq_tutor.decoding import expected_utility
    >>> expected_utility("a", ["a", "b", "a", "c"], lambda candidate, sample: candidate == sample)
    0.5
    """
    samples = _checked("samples", samples)
    return fmean(_number(utility(candidate, sample), candidate, sample) for sample in samples)


def mbr(
    candidates: Sequence[T],
    *,
    utility: Callable[[T, T], float],
    samples: Sequence[T] | None = None,
) -> T:
    """Give the candidate with the highest expected utility over ``samples``, the first of equals.

    ``utility(candidate, sample)`` is a number, the higher the better: how good a translation the
    candidate is if the sample is the reference. ``samples`` are by default the candidates
    themselves, each of them among its own references; a text drawn twice counts twice.

    ValueError if there is no candidate or no sample, or a utility is not finite; TypeError if it is
    no number, or if candidates or samples are one str.

    Source: Kumar and Byrne (2004); with samples of the model for both, Eikema and Aziz (2020).

    >>> from seq2seq_tutor.decoding import mbr
    >>> shared = lambda candidate, sample: len(set(candidate) & set(sample))
    >>> mbr(["tea", "beat", "ant"], utility=shared)
    'beat'
    """
    candidates = _checked("candidates", candidates)
    samples = candidates if samples is None else _checked("samples", samples)
    return max(candidates, key=lambda candidate: expected_utility(candidate, samples, utility))


def _checked(name: str, values: Sequence[T]) -> list[T]:
    """Refuse none, and a str, which would be read letter by letter."""
    if isinstance(values, str):
        raise TypeError(f"{name} must be a list, got one str: {values!r:.60}")
    values = list(values)
    if not values:
        raise ValueError(f"{name} is empty: there is nothing to choose by")
    return values


def _number(value: object, candidate: object, sample: object) -> float:
    """Refuse a utility that can't be compared."""
    if not hasattr(value, "__float__"):
        raise TypeError(
            f"utility must give a number, got {value!r:.60} for {candidate!r:.60}, {sample!r:.60}"
        )
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"the utility of {candidate!r:.60} for {sample!r:.60} is {number}")
    return number
