"""Exact search: the best finished output there is, found without looking at every string.

Chapter: search. What a beam search misses is a *search error*; what is wrong with the output found
here is an error of the model. Terms: to *expand* a prefix is to ask the model for its next token.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from .._checks import check_int, check_number
from ..text.vocab import EOS
from .hypothesis import Hypothesis, best_first
from .length import power_penalty
from .rows import Rows
from .stepping import State, Step, StepResult, begin, log_probs

_CHUNK = 128  # prefixes that are expanded together


class ExactResult(NamedTuple):
    """What exact search says of one sentence.

    ``best`` is the best finished hypothesis, or None where none was found. ``resolved`` tells
    whether nothing better can exist; it is False where the limit was reached before. ``nodes`` are
    the prefixes expanded.

    >>> from seq2seq_tutor.decoding import ExactResult, Hypothesis
    >>> ExactResult(Hypothesis((5, 2), -0.7, finished=True), resolved=True, nodes=3).resolved
    True
    """

    best: Hypothesis | None
    resolved: bool
    nodes: int


@torch.no_grad()
def exact_search(
    step: Step,
    state: State,
    *,
    max_len: int,
    node_limit: int,
    length_penalty: float = 0.0,
    start: Sequence[Hypothesis | None] | None = None,
) -> list[ExactResult]:
    """Find the best finished output of each row of ``state`` within ``max_len`` tokens.

    Depth first, the most probable prefixes first. A further token can't raise a log-probability,
    so a prefix is dropped when its score at the most favourable length it can still end at is below
    the best score so far. Only strings that end in EOS count, EOS included in ``max_len``; equal
    scores go to the lower token ids. ``best`` is None where no such string is possible (then
    ``resolved`` is True) or none was found in time.

    ``start``, a hypothesis or None a row, gives the first scores to beat, those of a beam search
    say, which saves the search some prefixes; what has not finished sets none.

    No vocabulary is refused: ``node_limit``, the prefixes that may be expanded for one row, bounds
    the work. A row that reaches it is not ``resolved``, and its ``best`` is the best so far.

    ValueError if ``start`` does not fit or a step's logits can't be decoded.

    Source: Stahlberg and Byrne (2019), depth-first search with the best score as the bound; the
    bound under a length penalty is that of ``beam_search``.

    >>> import torch
    >>> from seq2seq_tutor.decoding import exact_search, exhaustive_search
    >>> from seq2seq_tutor.models import LanguageModel
    >>> model = LanguageModel(6, 3, 4).eval()
    >>> [found] = exact_search(model.step, model.start(rows=1), max_len=3, node_limit=1000)
    >>> [[best]] = exhaustive_search(model.step, model.start(rows=1), max_len=3)
    >>> found.resolved, found.best == best
    (True, True)
    """
    check_int("max_len", max_len, minimum=1)
    check_int("node_limit", node_limit, minimum=1)
    check_number("length_penalty", length_penalty)
    first = begin(state, None)
    bests = _checked_start(start, len(first), max_len)
    results = []
    for row, prev in enumerate(first.split(1)):
        rows = torch.tensor([row], device=prev.device)
        results.append(
            _search_row(
                step, state.select(rows), prev, max_len, node_limit, length_penalty, bests[row]
            )
        )
    return results


def _search_row(
    step: Step,
    state: State,
    prev: Tensor,
    max_len: int,
    node_limit: int,
    length_penalty: float,
    best: Hypothesis | None,
) -> ExactResult:
    """Search for one sentence; ``best`` is the hypothesis to beat."""
    prefixes, nodes = Rows.empty(prev), 0
    waiting: list[_Extensions] = []
    while True:
        length = prefixes.tokens.shape[1] + 1  # of the extensions
        nodes += len(prev)
        output = step(prev, state)
        totals = prefixes.log_prob.unsqueeze(1) + log_probs(output.logits, len(prev), length)
        ended = _most_probable(prefixes, totals[:, EOS], output.weights)
        best = next(iter(best_first([*ended, *([best] if best else [])], length_penalty, 1)), None)
        bar = best.score(length_penalty) if best else -torch.inf
        if length < max_len:
            totals[:, EOS] = -torch.inf
            # The most favourable length that an extension can still end at.
            best_length = max_len if length_penalty > 0 else length + 1
            penalty = power_penalty(best_length, length_penalty)
            waiting.append(_Extensions(prefixes, output, totals, penalty, bar))
        while waiting and not waiting[-1].can_win(bar):
            waiting.pop()
        if not waiting or nodes == node_limit:
            return ExactResult(best, resolved=not waiting, nodes=nodes)
        prefixes, state = waiting[-1].take(min(_CHUNK, node_limit - nodes), bar)
        prev = prefixes.tokens[:, -1]


class _Extensions:
    """The extensions by one token of some prefixes, those that may win, the most probable first."""

    def __init__(
        self, prefixes: Rows, output: StepResult, totals: Tensor, penalty: float, bar: float
    ) -> None:
        """Rank the extensions by their log-probabilities ``totals`` (N, V).

        ``penalty`` is the divisor that makes their scores the best they can become.
        """
        self.prefixes, self.output = prefixes, output
        hopeful = (totals > -torch.inf) & (totals / penalty >= bar)
        parent, token = hopeful.nonzero(as_tuple=True)
        self.log_prob, order = totals[parent, token].sort(descending=True, stable=True)
        self.parent, self.token = parent[order], token[order]
        self.bound = self.log_prob / penalty
        self.taken = 0

    def can_win(self, bar: float) -> bool:
        """Tell whether one that waits may reach the score ``bar``."""
        return self.taken < len(self.bound) and bool(self.bound[self.taken] >= bar)

    def take(self, count: int, bar: float) -> tuple[Rows, State]:
        """Take up to ``count`` of those that may reach the score ``bar``, and their states."""
        chosen = slice(self.taken, self.taken + count)
        chosen = slice(self.taken, self.taken + int((self.bound[chosen] >= bar).sum()))
        self.taken = chosen.stop
        parent, token, log_prob = self.parent[chosen], self.token[chosen], self.log_prob[chosen]
        rows = self.prefixes.extend(parent, token, log_prob, self.output.weights)
        return rows, self.output.state.select(parent)


def _most_probable(prefixes: Rows, totals: Tensor, weights: Tensor | None) -> list[Hypothesis]:
    """End each prefix, with log-probability ``totals`` (N,), and give the best, several if tied."""
    rows = ((totals == totals.max()) & (totals > -torch.inf)).nonzero().squeeze(1)
    ended = prefixes.extend(rows, torch.full_like(rows, EOS), totals[rows], weights)
    return [hypothesis for _, hypothesis in ended.hypotheses(finished=True)]


def _checked_start(
    start: Sequence[Hypothesis | None] | None, rows: int, max_len: int
) -> list[Hypothesis | None]:
    """Give the hypothesis to beat for each row, or None."""
    if start is None:
        return [None] * rows
    if len(start) != rows:
        raise ValueError(f"start has {len(start)} hypotheses but state has {rows} rows")
    for row, hypothesis in enumerate(start):
        if hypothesis is None:
            continue
        if not isinstance(hypothesis, Hypothesis):
            raise TypeError(
                f"start[{row}] must be a Hypothesis or None, got {type(hypothesis).__name__}; "
                "of a beam search's n-best lists, give the first of each"
            )
        if len(hypothesis.tokens) > max_len:
            raise ValueError(
                f"start[{row}] has {len(hypothesis.tokens)} tokens, more than max_len={max_len}"
            )
    return [hypothesis if hypothesis and hypothesis.finished else None for hypothesis in start]
