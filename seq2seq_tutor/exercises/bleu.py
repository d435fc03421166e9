"""The exercises of the chapter on BLEU."""

import math
import random
from typing import Any

from .._checks import is_number
from ..metrics import corpus_bleu
from .checking import NotYet, ask, parts, shown

_CHANGES, _WIDTHS = ("falls", "stays", "rises"), ("same", "half", "quarter", "double")


def exercise_1(answer: Any) -> None:
    """The brevity penalty of two sentences together, and the mean of the two."""
    together, mean = (
        _number(value, name)
        for value, name in zip(
            parts(answer, "the corpus' penalty", "the mean"),
            ("The corpus' penalty", "The mean"),
            strict=True,
        )
    )
    wanted = (1 + math.exp(1 - 8 / 4)) / 2
    for name, value in (("The corpus' penalty", together), ("The mean", mean)):
        if not 0 <= value <= 1:
            raise NotYet(f"{name} must lie between 0 and 1, and yours is {value:g}.")
    if math.isclose(together, wanted, abs_tol=6e-4):
        raise NotYet(
            "Your penalty of the corpus is the mean of the sentences' penalties. How many tokens "
            "have the two hypotheses together, and how many their references?"
        )
    if not math.isclose(together, 1, abs_tol=6e-4):
        raise NotYet(
            f"The corpus' penalty is not {together:g}. How many tokens have the two hypotheses "
            "together, and how many their references?"
        )
    if math.isclose(mean, math.exp(-1), abs_tol=6e-4):
        raise NotYet("Your mean is the penalty of the first sentence; what is the second one's?")
    if not math.isclose(mean, wanted, abs_tol=6e-4):
        raise NotYet(
            f"The mean of the two sentences' penalties is not {mean:g}. One sentence is half as "
            "long as its reference, the other is longer than its own."
        )


def exercise_2(answer: Any) -> None:
    """What a test set that holds everything four times does to the score and its interval."""
    change, width = parts(answer, "the score", "the width")
    for name, value, choices in (("score", change, _CHANGES), ("width", width, _WIDTHS)):
        if value not in choices:
            raise NotYet(
                f"The {name} must be one of {', '.join(choices)}; yours is {shown(value)}."
            )
    if change != "stays":
        raise NotYet("Each match is counted four times now, and so is each n-gram. What of p_n?")
    if width != "half":
        raise NotYet(
            "The score's answer is right. For the width: each draw has four times as many "
            "sentences. How does the spread of a mean fall with the number of draws?"
        )


def exercise_3(answer: Any) -> None:
    """The brevity penalty of a corpus with several references."""
    for hypotheses, references, wanted, case in (
        ([7], [[11]], math.exp(1 - 11 / 7), "7 tokens and one reference of 11"),
        ([11], [[7]], 1.0, "11 tokens and one reference of 7"),
        ([8], [[8]], 1.0, "8 tokens and one reference of 8"),
        ([7], [[11, 8]], math.exp(1 - 8 / 7), "7 tokens and references of 11 and 8"),
        ([9], [[3, 10]], math.exp(1 - 10 / 9), "9 tokens and references of 3 and 10"),
        ([7], [[6, 8]], 1.0, "7 tokens and references of 6 and 8"),
        ([7], [[8, 6]], 1.0, "7 tokens and references of 8 and 6"),
        (
            [4, 10],
            [[8], [9]],
            math.exp(1 - 17 / 14),
            "a corpus of 4 and 10 tokens, with references of 8 and of 9",
        ),
        (
            [5, 6],
            [[9, 7], [6]],
            math.exp(1 - 13 / 11),
            "a corpus of 5 and 6 tokens, the first with references of 9 and 7, the second of 6",
        ),
        ([0, 6], [[3], [6]], math.exp(1 - 9 / 6), "an empty hypothesis and one of 6 tokens"),
        ([0], [[3]], 0.0, "one empty hypothesis alone"),
    ):
        found = ask(
            answer,
            [_tokens(length) for length in hypotheses],
            [[_tokens(length) for length in own] for own in references],
            case=case,
        )
        value = _number(found, f"For {case}, what your function gave")
        if not math.isclose(value, wanted, abs_tol=1e-9):
            side = "above" if value > wanted else "below"
            raise NotYet(
                f"For {case}, your function gave {value:.4f}, which is {side} the penalty."
            )


def exercise_4(answer: Any) -> None:
    """The share of resamples in which one system is ahead of another."""
    draw = random.Random(0)
    references = [draw.choices("abcde", k=draw.randint(4, 9)) for _ in range(12)]
    good, bad = (
        [
            [t if draw.random() > error else draw.choice("abcde") for t in each]
            for each in references
        ]
        for error in (0.15, 0.22)
    )
    draws = [[draw.randrange(12) for _ in range(12)] for _ in range(40)]
    every = [list(range(12))]
    for a, b, chosen, case in (
        (references, bad, draws, "a perfect system against a worse one"),
        (bad, references, draws, "a worse system against a perfect one"),
        (good, good, draws, "a system against itself"),
        (good, bad, every, "one draw that takes every sentence once"),
        (good, bad, draws, "two systems of which now one is ahead, now the other"),
        (bad, good, draws, "the same two systems, exchanged"),
    ):
        wins = [_ahead(a, b, references, rows) for rows in chosen]
        found = ask(
            answer,
            [_row(h, r) for h, r in zip(a, references, strict=True)],
            [_row(h, r) for h, r in zip(b, references, strict=True)],
            [list(rows) for rows in chosen],
            case=case,
        )
        share = _number(found, f"For {case}, what your function gave")
        if not 0 <= share <= 1:
            raise NotYet(f"For {case}, your function gave {share:g}; a share lies between 0 and 1.")
        if not math.isclose(share, sum(wins) / len(wins), abs_tol=1e-9):
            raise NotYet(
                f"For {case}, your function gave {share:.3f}, which is {share * len(chosen):g} of "
                f"the {len(chosen)} draws, and that is not in how many the first one has more BLEU."
            )


def _number(value: Any, what: str) -> float:
    """Refuse what is no number."""
    if not is_number(value) or math.isnan(float(value)):
        raise NotYet(f"{what} must be a number, and is {shown(value)}.")
    return float(value)


def _tokens(length: int) -> list[str]:
    """Make a sentence of that many tokens."""
    return [f"t{number}" for number in range(length)]


def _ahead(a: Any, b: Any, references: Any, rows: list[int]) -> bool:
    """Tell whether the first system has more BLEU on the drawn sentences."""
    scores = [
        corpus_bleu([system[row] for row in rows], [[references[row]] for row in rows]).score
        for system in (a, b)
    ]
    return scores[0] > scores[1]


def _row(hypothesis: list[str], reference: list[str]) -> list[int]:
    """Count as the page does: two lengths, then matches and n-grams of each order."""
    row = [len(hypothesis), len(reference)]
    for order in range(1, 5):
        score = corpus_bleu([hypothesis], [[reference]], max_order=order)
        total = max(0, len(hypothesis) - order + 1)
        row += [round(score.precisions[order - 1] * total / 100), total]
    return row
