"""What passes between a decoder and whoever drives it: a state in, logits and a state out.

Chapters: encoder-decoder, search.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from .attention import Memory
from .cells import State


@dataclass(frozen=True, eq=False)  # == of tensors gives tensors
class DecoderState:
    """All that a decoder needs to go on: a value, never changed in place.

    ``recurrent``: a tuple of (L, B, H). ``memory``: the encoded sources for attention, or None.
    ``feed`` (B, .): a vector that joins the next token's embedding, or None. ``len`` is B.

    >>> import torch
    >>> from seq2seq_tutor.models import LanguageModel
    >>> state = LanguageModel(10, 3, 4).start(rows=2)
    >>> len(state), len(state.select(torch.tensor([1, 0, 1])))
    (2, 3)
    """

    recurrent: State
    memory: Memory | None = None
    feed: Tensor | None = None

    def __len__(self) -> int:
        """Count the rows."""
        return self.recurrent[0].shape[1]

    @property
    def device(self) -> torch.device:
        """Say where the state is, so that a search makes its first tokens there."""
        return self.recurrent[0].device

    def select(self, rows: Tensor) -> "DecoderState":
        """Give the state of these rows (N,), in this order; repeats are allowed."""
        return DecoderState(
            tuple(member[:, rows] for member in self.recurrent),
            None if self.memory is None else self.memory.select(rows),
            None if self.feed is None else self.feed[rows],
        )


class DecoderOutput(NamedTuple):
    """What a decoder gives for a whole target.

    ``logits`` (B, T, V), unnormalised; ``state`` after the last token; ``weights`` (B, T, S) of the
    attention, or None.

    >>> import torch
    >>> from seq2seq_tutor.models import LanguageModel
    >>> LanguageModel(10, 3, 4)(torch.tensor([[1, 5]])).logits.shape
    torch.Size([1, 2, 10])
    """

    logits: Tensor
    state: DecoderState
    weights: Tensor | None


class StepOutput(NamedTuple):
    """What a decoder gives for one token: ``logits`` (B, V), ``state``, ``weights`` (B, S) or None.

    >>> import torch
    >>> from seq2seq_tutor.models import LanguageModel
    >>> model = LanguageModel(10, 3, 4)
    >>> model.step(torch.tensor([1]), model.start(rows=1)).logits.shape
    torch.Size([1, 10])
    """

    logits: Tensor
    state: DecoderState
    weights: Tensor | None


class _ForwardDecoder(Protocol):
    """Anything that decodes a whole target."""

    def __call__(self, tgt_in: Tensor, state: DecoderState) -> DecoderOutput:
        """Decode (B, T)."""


def one_step(decoder: _ForwardDecoder, prev: Tensor, state: DecoderState) -> StepOutput:
    """Take one step: ``decoder`` over a target of one token, ``prev`` (B,).

    >>> import torch
    >>> from seq2seq_tutor.models import LanguageModel
    >>> from seq2seq_tutor.models.state import one_step
    >>> model = LanguageModel(10, 3, 4)
    >>> one_step(model, torch.tensor([1]), model.start(rows=1)).logits.shape
    torch.Size([1, 10])
    """
    if prev.shape != (len(state),):
        raise ValueError(f"prev must be ({len(state)},), one id a row, got {tuple(prev.shape)}")
    output = decoder(prev.unsqueeze(1), state)
    weights = None if output.weights is None else output.weights[:, 0]
    return StepOutput(output.logits[:, 0], output.state, weights)
