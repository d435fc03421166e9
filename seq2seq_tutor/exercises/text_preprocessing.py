"""The exercises of the chapter on text preprocessing."""

import copy
from typing import Any

import torch
from torch import Tensor

from .._checks import is_int
from ..text import PAD, WordTokenizer
from .checking import NotYet, ask, parts, shown

_TEXTS = (
    ("caf\u00e9", "cafe\u0301"),
    ("ABC", "\uff21\uff22\uff23"),
    ("green tea", "green\u00a0\u00a0tea"),
    ("Green tea", "green tea"),
    ("发", "發"),
    ("tea .", "tea."),
)
_CHANGES = ("falls", "rises", "same")
_TWICE = (
    ("falls", "How often does a type occur in the doubled text that occurred once before?"),
    ("same", "Which tokens does the vocabulary gain by a second copy of the same sentences?"),
    (
        "falls",
        "A token that occurred once before: does min_freq=2 leave it out of the doubled text?",
    ),
)
_ROWS = (
    [[5, 6, 7], [8]],
    [[4, 4]],
    [[9], [], [7, 5]],
    [[], [6, 8, 9, 4], [3, 5], [7]],
)
_LENGTHS = (
    ([5, 2, 6], 8),
    ([3, 3, 3, 3], 6),
    ([1, 9, 1, 9, 1, 9], 18),
    ([4], 3),
    ([2, 7, 30, 3, 12, 5, 5, 1], 12),
)


def exercise_1(answer: Any) -> None:
    """Which pairs of texts have the same tokens, and so the same ids."""
    given = parts(answer, *(f"pair {number}" for number in range(1, len(_TEXTS) + 1)))
    tokenizer = WordTokenizer()
    for number, (value, texts) in enumerate(zip(given, _TEXTS, strict=True), start=1):
        if not isinstance(value, bool):
            raise NotYet(f"The answer for pair {number} must be True or False: {shown(value)}.")
        first, second = map(tokenizer.tokenize, texts)
        if value != (first == second):
            raise NotYet(
                f"Pair {number} is not as you say. Print what WordTokenizer().tokenize gives for "
                "each of the two texts, with ascii()."
            )


def exercise_2(answer: Any) -> None:
    """What a second copy of the training text does to counts and thresholds."""
    names = ("the share", "the rate with min_freq=1", "the rate with min_freq=2")
    given = parts(answer, *names)
    for name, value, (right, question) in zip(names, given, _TWICE, strict=True):
        if not isinstance(value, str) or value not in _CHANGES:
            raise NotYet(
                f"For {name} write one of {', '.join(map(repr, _CHANGES))}; "
                f"yours is {shown(value)}."
            )
        if value != right:
            raise NotYet(f"Look at {name} again. {question}")


def exercise_3(answer: Any) -> None:
    """Rows of ids as a padded tensor and its mask."""
    for given in _ROWS:
        rows = copy.deepcopy(given)
        case = f"the rows {given}"
        found = ask(answer, rows, case=case)
        if rows != given:
            raise NotYet(f"For {case}, the lists that your function was given are now {rows}.")
        if not isinstance(found, (tuple, list)) or len(found) != 2:
            raise NotYet(f"For {case}, a pair (ids, mask) was to come; it is {shown(found)}.")
        shape = (len(given), max(map(len, given)))
        for name, tensor, dtype in (
            ("ids", found[0], torch.int64),
            ("mask", found[1], torch.bool),
        ):
            if not isinstance(tensor, Tensor):
                raise NotYet(f"For {case}, {name} is no tensor: {shown(tensor)}.")
            if tensor.shape != shape:
                raise NotYet(
                    f"For {case}, {name} has the shape {tuple(tensor.shape)}; (B, T) is {shape}."
                )
            if tensor.dtype != dtype:
                raise NotYet(f"For {case}, {name} is {tensor.dtype}, not {dtype}.")
        ids, mask = found
        for number, row in enumerate(given):
            got = ids[number].tolist()
            if got[: len(row)] != row or set(got[len(row) :]) - {PAD}:
                raise NotYet(f"For {case}, row {number} of ids came out as {got}.")
            if mask[number].tolist() != [place < len(row) for place in range(shape[1])]:
                raise NotYet(
                    f"For {case}, row {number} of ids is right and its mask is "
                    f"{mask[number].tolist()}."
                )


def exercise_4(answer: Any) -> None:
    """Batches by a budget of places: a partition, within the budget, and not more than needed."""
    drawn = torch.randint(1, 40, (300,)).tolist()
    for lengths, budget in (*_LENGTHS, (drawn, 200)):
        given = list(lengths)
        case = f"lengths of {lengths if len(lengths) < 10 else '300 sentences'} and {budget} places"
        found = ask(answer, given, budget, case=case)
        if given != lengths:
            raise NotYet(f"For {case}, the list that your function was given has changed.")
        _check_partition(found, len(lengths), case)
        for group in found:
            longest = max(lengths[i] for i in group)
            if len(group) > 1 and len(group) * longest > budget:
                raise NotYet(
                    f"For {case}, a list holds {len(group)} sentences, the longest of {longest}: "
                    f"{len(group) * longest} places."
                )
        if len(found) > _fewest_of_sorted(lengths, budget):
            raise NotYet(
                f"For {case}, you have {len(found)} lists. All are within the budget, but fewer "
                "would do if each held as many sentences of like length as fit."
            )


def _check_partition(found: Any, number: int, case: str) -> None:
    """Refuse what is not lists that hold each number once."""
    if not isinstance(found, list) or not all(isinstance(group, list) for group in found):
        raise NotYet(f"For {case}, lists of sentence numbers were to come: {shown(found)}.")
    if not all(found):
        raise NotYet(f"For {case}, one of the lists is empty.")
    flat = [i for group in found for i in group]
    for i in flat:
        if not is_int(i) or not 0 <= i < number:
            raise NotYet(f"For {case}, {shown(i)} is no number of a sentence (0 to {number - 1}).")
    for i in range(number):
        if flat.count(i) != 1:
            raise NotYet(f"For {case}, sentence {i} is in {flat.count(i)} lists.")


def _fewest_of_sorted(lengths: list[int], budget: int) -> int:
    """Count the lists that sorting and filling gives: as many from either end, and no fewer do."""
    count, size = 0, 0
    for length in sorted(lengths):
        size += 1
        if count == 0 or size * length > budget:
            count, size = count + 1, 1
    return count
