"""A record of a search: which prefixes it asked the model about, and what the model said.

Chapter: search. It goes by nothing but ``step`` and ``state``, so that any search can be watched
and none has to know.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from torch import Tensor

from .stepping import State, Step, log_probs

# From each prefix that was stepped, in that order, to its next log-probabilities (V,).
Trace: TypeAlias = dict[tuple[int, ...], Tensor]


def trace(step: Step, state: State) -> tuple[Step, State, Trace]:
    """Give a step and a state to search with in place of these, and the record that they fill.

    For one sentence and one search. The record maps each prefix that the search stepped, without
    the token that it started from, to its next log-probabilities (V,), those of PAD and BOS -inf.

    ValueError if ``state`` has not one row.

    >>> from seq2seq_tutor.decoding import beam_search, trace
    >>> from seq2seq_tutor.models import LanguageModel
    >>> model = LanguageModel(10, 3, 4).eval()
    >>> step, state, record = trace(model.step, model.start(rows=1))
    >>> hypotheses = beam_search(step, state, beam_size=2, max_len=3)
    >>> first = next(iter(record))
    >>> first, record[first].shape
    ((), torch.Size([10]))
    """
    if len(state) != 1:
        raise ValueError(f"a trace is of one sentence, but state has {len(state)} rows")
    record: Trace = {}

    def traced_step(prev: Tensor, state: _TracedState) -> _TracedOutput:
        output = step(prev, state.state)
        prefixes = [
            () if prefix is None else (*prefix, token)
            for prefix, token in zip(state.prefixes, prev.tolist(), strict=True)
        ]
        scores = log_probs(output.logits, len(prev), len(prefixes[0]) + 1)
        record.update(zip(prefixes, scores, strict=True))
        return _TracedOutput(output.logits, _TracedState(output.state, prefixes), output.weights)

    return traced_step, _TracedState(state, [None]), record


class _TracedState:
    """A state whose rows carry the prefix they have read, None before the first step."""

    def __init__(self, state: State, prefixes: Sequence[tuple[int, ...] | None]) -> None:
        self.state, self.prefixes = state, prefixes

    def __len__(self) -> int:
        return len(self.state)

    @property
    def device(self) -> Any:
        """Say where the state is, if it says so."""
        return getattr(self.state, "device", None)

    def select(self, rows: Tensor) -> "_TracedState":
        """Give these rows."""
        prefixes = [self.prefixes[row] for row in rows.tolist()]
        return _TracedState(self.state.select(rows), prefixes)


class _TracedOutput(NamedTuple):
    """A step's output with the state that is traced."""

    logits: Tensor
    state: _TracedState
    weights: Tensor | None
