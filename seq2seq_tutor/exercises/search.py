"""The exercises of the chapter on search."""

import itertools
import math
import random
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from ..decoding import Hypothesis, StepResult, beam_search
from ..text import BOS, EOS
from .checking import NotYet, ask, parts, shown

_LETTERS = {4: "A", 5: "B", 6: "C", EOS: "$"}
_Row = tuple[float, float, float, float]  # the probabilities of A, B, C and EOS
_OTHER: _Row = (0.25, 0.2, 0.15, 0.4)
_SECOND: dict[str, _Row] = {
    "": (0.40, 0.35, 0.25, 0.00),
    "A": (0.40, 0.20, 0.25, 0.15),
    "B": (0.48, 0.47, 0.03, 0.02),
    "C": (0.10, 0.10, 0.10, 0.70),
    "AA": (0.02, 0.02, 0.01, 0.95),
    "BA": (0.20, 0.20, 0.20, 0.40),
    "BB": (0.20, 0.20, 0.10, 0.50),
}
_FIRST: dict[str, _Row] = {
    "": (0.5, 0.3, 0.2, 0.0),
    "A": (0.35, 0.3, 0.25, 0.1),
    "B": (0.6, 0.2, 0.1, 0.1),
    "C": (0.06, 0.05, 0.04, 0.85),
    "BA": (0.05, 0.06, 0.09, 0.8),
}
_ONE_WAY: dict[str, _Row] = {  # its first beginning either ends at once or goes on for long
    "": (1.0, 0.0, 0.0, 0.0),
    "A": (0.0, 0.45, 0.0, 0.55),
    "AB": (0.0, 0.0, 0.97, 0.03),
    "ABC": (0.01, 0.01, 0.01, 0.97),
}
_EARLY: dict[str, _Row] = {  # two poor outputs end before a good one, which is a little longer
    "": (0.90, 0.02, 0.02, 0.06),
    "A": (0.05, 0.80, 0.05, 0.10),
    "AB": (0.02, 0.02, 0.01, 0.95),
}
_LATE: dict[str, _Row] = {  # the most probable output ends first, a longer one has more per token
    "": (0.5, 0.5, 0.0, 0.0),
    "A": (0.1, 0.0, 0.0, 0.9),
    "B": (0.0, 0.0, 1.0, 0.0),
    "BC": (0.98, 0.0, 0.0, 0.02),
    "BCA": (0.0, 0.96, 0.0, 0.04),
    "BCAB": (0.0, 0.0, 0.05, 0.95),
}


def exercise_1(answer: Any) -> None:
    """Which of two hypotheses a length penalty prefers, and where the order turns."""
    at_0, at_1, turn = parts(answer, "the winner at 0", "the winner at 1", "the turning point")
    short, long = (
        Hypothesis((5,) * 3 + (EOS,), -2.0, finished=True),
        Hypothesis((5,) * 7 + (EOS,), -3.0, finished=True),
    )
    for alpha, given in ((0.0, at_0), (1.0, at_1)):
        if given not in ("shorter", "longer"):
            raise NotYet(f"The winner must be 'shorter' or 'longer', and yours is {shown(given)}.")
        wanted = "shorter" if short.score(alpha) > long.score(alpha) else "longer"
        if given != wanted:
            raise NotYet(
                f"With alpha = {alpha:g} the scores are {short.score(alpha):g} for the shorter and "
                f"{long.score(alpha):g} for the longer. Which is the higher one?"
            )
    number = _number(turn)
    if number is None:
        raise NotYet(f"The turning point must be a number, and yours is {shown(turn)}.")
    if not 0 < number < 1:
        raise NotYet(
            f"At alpha = {number:.4g} the order can't turn: your two answers put that between 0 "
            "and 1."
        )
    gap = short.score(number) - long.score(number)
    if abs(gap) > 0.01:
        raise NotYet(
            f"With alpha = {number:.4g} the scores of the shorter and the longer still differ by "
            f"{gap:+.3f}. Does your length count EOS, as the lengths of the task do?"
        )


def exercise_2(answer: Any) -> None:
    """What beams of 1, 2 and 3 return on a table."""
    given = parts(answer, "the output of beam 1", "of beam 2", "of beam 3")
    for size, text in enumerate(given, start=1):
        if not isinstance(text, str):
            raise NotYet(f"The output of a beam of {size} must be a str; yours is {shown(text)}.")
        text = text.replace(" ", "").upper()
        if not text.endswith("$") or not set(text[:-1]) <= set("ABC") or len(text) > 3:
            raise NotYet(
                f"For a beam of {size}, {text!r} is no output that this search could finish: "
                "letters A, B, C and then $, three tokens at most."
            )
        table = _Table(_SECOND)
        [[best]] = beam_search(table.step, _Read([""]), beam_size=size, max_len=3)
        if text != _text(best.tokens):
            kept = "one beginning" if size == 1 else f"{size} beginnings"
            raise NotYet(
                f"A beam of {size} does not return {text!r}, whose probability is "
                f"{table.probability(text):.4f}. Write down the {kept} that it keeps after step 1, "
                "and those after step 2."
            )


def exercise_3(answer: Any) -> None:
    """Minimum Bayes risk from candidates with probabilities."""
    near = {("sea", "tea"): 0.8, ("tea", "sea"): 0.8}

    def alike(candidate: str, right: str) -> float:
        return 1.0 if candidate == right else near.get((candidate, right), 0.0)

    def recall(candidate: str, right: str) -> float:
        return len(set(candidate) & set(right)) / len(set(right))

    def loss(candidate: str, right: str) -> float:
        return -abs(len(candidate) - len(right))

    cases: tuple[tuple[list[str], list[float], Callable[[str, str], float], int, str], ...] = (
        (
            ["no", "tea", "sea"],
            [0.4, 0.35, 0.25],
            alike,
            1,
            "a most probable candidate unlike all others",
        ),
        (["no", "tea", "sea"], [0.7, 0.2, 0.1], alike, 0, "a candidate of probability 0.7"),
        (["sea", "no", "tea"], [0.1, 0.8, 0.1], alike, 1, "a candidate of probability 0.8"),
        (
            ["ab", "abc", "a"],
            [0.4, 0.3, 0.3],
            recall,
            1,
            "a utility that changes when its arguments are exchanged",
        ),
        (["a", "bbb", "ccccc"], [0.3, 0.3, 0.3], loss, 1, "a utility that is never positive"),
        (["x", "y"], [0.05, 0.05], alike, 0, "two equals"),
        (
            ["y", "x", "z"],
            [0.02, 0.05, 0.05],
            alike,
            1,
            "probabilities that add up to 0.12, two of them equal",
        ),
        (["no", "tea"], [0.0, 0.1], alike, 1, "a candidate of probability 0"),
        (["only"], [0.3], alike, 0, "a single candidate"),
    )
    for candidates, probabilities, utility, wanted, case in cases:
        found = ask(answer, list(candidates), list(probabilities), utility, case=case)
        if not isinstance(found, str) or found not in candidates:
            raise NotYet(
                f"For {case}, your function gave {shown(found)}, which is none of the candidates "
                f"{candidates}."
            )
        if found != candidates[wanted]:
            raise NotYet(
                f"For {case} (candidates {candidates}, probabilities {probabilities}), your "
                f"function chose {found!r}, and another one has a higher expected utility or, at "
                "the same, stands before it."
            )


@torch.no_grad()
def exercise_4(answer: Any) -> None:
    """A beam search with a length penalty and a stop that loses nothing."""
    named: tuple[tuple[Mapping[str, _Row], int, int, float, str], ...] = (
        (_FIRST, 3, 3, 0.0, "the table of the page and alpha = 0"),
        (_FIRST, 3, 3, 0.2, "the table of the page and alpha = 0.2"),
        (_FIRST, 3, 3, 1.0, "the table of the page and alpha = 1"),
        (_LATE, 2, 6, 1.0, "a table whose best output is the last to end and alpha = 1"),
        (_ONE_WAY, 1, 6, 1.0, "a table with one first token and alpha = 1"),
        (_EARLY, 2, 6, -2.0, "a table whose best output has three tokens and alpha = -2"),
    )
    drawn = (
        (_Random(seed), size, 5, alpha, f"random table {seed} and alpha = {alpha:g}")
        for seed in range(6)
        for size, alpha in ((2, 1.0), (3, 0.5), (3, -0.5))
    )
    for rows, size, max_len, alpha, case in (*named, *drawn):
        case = f"{case}, a beam of {size}, max_len={max_len}"
        table = _Table(rows)
        start = _Read([""])
        found = ask(answer, table.step, start, size, max_len, alpha, case=case)
        own = _Table(rows)
        [nbest] = beam_search(
            own.step, start, beam_size=size, max_len=max_len, n_best=size, length_penalty=alpha
        )
        _check_nbest(found, [h for h in nbest if h.finished], own, size, alpha, case)


class _Read:
    """The state of a table: what each row has read."""

    def __init__(self, rows: list[str]) -> None:
        """Take the rows."""
        self.rows = rows

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.rows)

    def select(self, rows: Tensor) -> "_Read":
        """Give these rows."""
        return _Read([self.rows[row] for row in rows.tolist()])


class _Output:
    """What a step of a table gives."""

    def __init__(self, logits: Tensor, state: _Read) -> None:
        """Take logits and state; there are no weights."""
        self.logits, self.state, self.weights = logits, state, None


class _Table:
    """A model that is a table: the next probabilities of A, B, C and EOS for what has been read."""

    def __init__(self, rows: Mapping[str, _Row]) -> None:
        """Take the rows."""
        self.rows = rows

    def step(self, prev: Tensor, state: _Read) -> StepResult:
        """Read a token in each row, BOS as nothing."""
        read = [
            text + ("" if token == BOS else _LETTERS.get(token, "?"))
            for text, token in zip(state.rows, prev.tolist(), strict=True)
        ]
        p = torch.zeros(len(read), 7, dtype=torch.float64)
        for row, text in enumerate(read):
            p[row, list(_LETTERS)] = p.new_tensor(self.next(text))
        return _Output(p.log(), _Read(read))

    def next(self, text: str) -> _Row:
        """Give the probabilities after a text."""
        return self.rows.get(text, _OTHER)

    def probability(self, text: str) -> float:
        """Give the probability of a whole output."""
        return math.prod(self.next(text[:t])["ABC$".index(x)] for t, x in enumerate(text))


class _Random(dict[str, _Row]):
    """Rows that are drawn when they are asked for."""

    def __init__(self, seed: int) -> None:
        """Seed it."""
        self.seed = seed

    def get(self, text: str, default: Any = None) -> Any:
        """Give the row of a text, the same each time."""
        generator = random.Random(f"{self.seed} {text}")
        weights = [generator.expovariate(1) ** 2 for _ in range(4)]
        return tuple(weight / sum(weights) for weight in weights)


def _text(tokens: tuple[int, ...]) -> str:
    """Write tokens as letters."""
    return "".join(_LETTERS.get(token, "?") for token in tokens)


def _number(value: Any) -> float | None:
    """Give a value as a float, or None if it is no finite number."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _check_nbest(
    found: Any, wanted: list[Hypothesis], table: _Table, size: int, alpha: float, case: str
) -> None:
    """Compare the hypotheses of a reader's search with the right ones."""
    if not isinstance(found, (list, tuple)) or not all(isinstance(h, Hypothesis) for h in found):
        raise NotYet(
            f"For {case}, your function must give a list of Hypothesis; it gave {shown(found)}."
        )
    for h in found:
        if not h.finished or "$" not in _text(h.tokens[-1:]) or "?" in _text(h.tokens):
            raise NotYet(
                f"For {case}, {_text(h.tokens)!r} (finished={h.finished}) is no finished "
                "hypothesis: tokens after BOS, up to EOS."
            )
        p = table.probability(_text(h.tokens))
        if p == 0 or not math.isclose(h.log_prob, math.log(p), abs_tol=1e-6):
            raise NotYet(
                f"For {case}, the log-probability of {_text(h.tokens)!r} is not {h.log_prob:.4f}: "
                "a hypothesis keeps the model's, whatever the penalty."
            )
    given = [_text(h.tokens) for h in found]
    if len(given) > size:
        raise NotYet(f"For {case}, your function gave {len(given)} hypotheses.")
    scores = [h.score(alpha) for h in found]
    if any(a < b - 1e-9 for a, b in itertools.pairwise(scores)):
        raise NotYet(
            f"For {case}, the scores of your hypotheses, in their order, are "
            f"{', '.join(f'{score:.4f}' for score in scores)}: not from the best on."
        )
    if len(given) < len(wanted):
        raise NotYet(
            f"For {case}, your function gave {given}; a beam search that looks at every step finds "
            f"{len(wanted)} finished hypotheses."
        )
    for rank, (own, right) in enumerate(zip(found, wanted, strict=True), start=1):
        if own.tokens != right.tokens:
            shorter = len(own.tokens) < len(right.tokens)
            raise NotYet(
                f"For {case}, your number {rank} is {_text(own.tokens)!r} with the score "
                f"{own.score(alpha):.4f}, and the beam leads to a better one"
                f"{', a longer one' if shorter else ''}."
            )
