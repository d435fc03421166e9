"""What every search does at a step: call the model, check its logits, and rank the next tokens.

Chapter: search.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

import torch
from torch import Tensor

from .._checks import check_int
from ..text.vocab import BOS, EOS, PAD
from .hypothesis import Hypothesis


class State(Protocol):
    """What a search needs of a model's state: its number of rows, and those rows it asks for.

    A state on another device than the CPU also says so, in an attribute ``device``.

    >>> from seq2seq_tutor.decoding import State
    >>> from seq2seq_tutor.models import LanguageModel
    >>> state: State = LanguageModel(10, 3, 4).start(rows=2)
    >>> len(state)
    2
    """

    def __len__(self) -> int:
        """Count the rows."""

    def select(self, rows: Tensor, /) -> "State":
        """Give these rows (N,), in this order; repeats are allowed."""


class StepResult(Protocol):
    """What a search needs of a step: logits (N, V), the next state, weights (N, S) or None.

    >>> import torch
    >>> from seq2seq_tutor.decoding import StepResult
    >>> from seq2seq_tutor.models import LanguageModel
    >>> model = LanguageModel(10, 3, 4)
    >>> result: StepResult = model.step(torch.tensor([1]), model.start(rows=1))
    >>> result.logits.shape
    torch.Size([1, 10])
    """

    @property
    def logits(self) -> Tensor:
        """Give the unnormalised scores of the next token."""

    @property
    def state(self) -> State:
        """Give the state after the step."""

    @property
    def weights(self) -> Tensor | None:
        """Give the attention weights, if there are any."""


# A search hands a step the very states that this step gave, so their type is the step's own affair.
Step: TypeAlias = Callable[[Tensor, Any], StepResult]
Choose: TypeAlias = Callable[[Tensor, Tensor, int], Tensor]


def begin(state: State, prev: Tensor | None) -> Tensor:
    """Give the tokens that a search starts from, (N,) int64: ``prev``, or BOS for every row."""
    if len(state) == 0:
        raise ValueError("state has no rows: there is nothing to decode")
    if prev is None:
        return torch.full((len(state),), BOS, device=getattr(state, "device", None))
    prev = torch.as_tensor(prev)
    if prev.dtype != torch.int64 or prev.shape != (len(state),):
        raise ValueError(
            f"prev must be int64 ({len(state)},), one id a row of state, got {prev.dtype} "
            f"{tuple(prev.shape)}"
        )
    return prev


def log_probs(logits: Tensor, rows: int, number: int) -> Tensor:
    """Turn a step's logits into log-probabilities (N, V), at least float32, PAD and BOS at -inf.

    The softmax is over the whole vocabulary, and what PAD and BOS had is not given to the others,
    so that a hypothesis' log_prob is its teacher-forced score. ``number`` counts the steps from 1.

    ValueError that names the step if a logit is NaN or a row has no finite logit to choose.
    """
    if logits.dim() != 2 or len(logits) != rows or logits.shape[1] <= EOS:
        raise ValueError(
            f"step {number}: logits must be ({rows}, V) with V > {EOS}, got {tuple(logits.shape)}"
        )
    scores = logits.to(torch.promote_types(logits.dtype, torch.float32)).log_softmax(dim=-1)
    scores[:, [PAD, BOS]] = -torch.inf
    # One NaN or +inf, or nothing but -inf, makes a whole row NaN, and its maximum too.
    if not scores.amax(dim=-1).isfinite().all():
        _refuse(logits, scores, number)
    return scores


def _refuse(logits: Tensor, scores: Tensor, number: int) -> None:
    """Say which row can't be decoded, and why."""
    bad = logits.isnan().any(dim=-1)
    if bad.any():
        raise ValueError(
            f"step {number}: a logit of row {int(bad.nonzero()[0])} is NaN; the model diverged, or "
            "reads values it should not"
        )
    stuck = ~scores.isfinite().any(dim=-1)
    raise ValueError(
        f"step {number}: row {int(stuck.nonzero()[0])} has no token to choose: every logit "
        "but those of PAD and BOS is -inf, or one is +inf"
    )


def choose_each_step(
    step: Step, state: State, choose: Choose, *, max_len: int, prev: Tensor | None
) -> list[Hypothesis]:
    """Decode one hypothesis a row, by ``choose(log_probs (N, V), rows (N,), number) -> (N,)``.

    A finished row leaves the batch; ``rows`` says which of the first rows are still there.
    """
    check_int("max_len", max_len, minimum=1)
    prev = begin(state, prev)
    rows = torch.arange(len(state))
    tokens: list[list[int]] = [[] for _ in rows]
    weights: list[list[Tensor]] = [[] for _ in rows]
    totals = [0.0] * len(rows)
    for number in range(1, max_len + 1):
        output = step(prev, state)
        scores = log_probs(output.logits, len(prev), number)
        prev = choose(scores, rows, number)
        gained = scores.gather(1, prev.unsqueeze(1)).squeeze(1)
        for at, (row, token, gain) in enumerate(
            zip(rows.tolist(), prev.tolist(), gained.tolist(), strict=True)
        ):
            tokens[row].append(token)
            totals[row] += gain
            if output.weights is not None:
                weights[row].append(output.weights[at])
        state = output.state
        live = (prev != EOS).nonzero().squeeze(1)
        if len(live) == 0:
            break
        if len(live) < len(prev):
            prev, rows, state = prev[live], rows[live.to(rows.device)], state.select(live)
    return [
        Hypothesis(
            tuple(row_tokens),
            total,
            finished=row_tokens[-1] == EOS,
            weights=torch.stack(row_weights) if row_weights else None,
        )
        for row_tokens, total, row_weights in zip(tokens, totals, weights, strict=True)
    ]


def stable_topk(scores: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Give each row's ``k`` highest scores (N, k) and their places, ties to the lower place.

    ``torch.topk`` breaks ties as it likes, and a stable sort of the whole row is many times slower.
    So: topk first, then, where the next score equals the last that got in, the lowest places of
    that score.

    >>> import torch
    >>> from seq2seq_tutor.decoding.stepping import stable_topk
    >>> stable_topk(torch.tensor([[0.0, 1.0, 0.0, 0.0]]), 2)[1].tolist()
    [[1, 0]]
    """
    k = min(k, scores.shape[1])
    values, places = scores.topk(min(k + 1, scores.shape[1]), dim=1)
    lowest, places = values[:, k - 1 : k], places[:, :k]
    torn = (values[:, k:] == lowest).any(dim=1)  # none where all got in
    if torn.any():
        row_scores, row_lowest = scores[torn], lowest[torn]
        above, equal = row_scores > row_lowest, row_scores == row_lowest
        wanted = k - above.sum(dim=1, keepdim=True)
        keep = above | (equal & (equal.cumsum(dim=1) <= wanted))
        places[torn] = keep.nonzero()[:, 1].view(-1, k)
    places = places.sort(dim=1).values
    values, order = scores.gather(1, places).sort(dim=1, descending=True, stable=True)
    return values, places.gather(1, order)
