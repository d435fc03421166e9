"""Attention: the decoder looks at every source token and takes a weighted mean.

Chapter: attention. A *score* says how well a query fits a key; softmax over the real source tokens
turns the scores into *weights*; the *context* is the mean of the outputs under these weights. The
three modules differ in the score alone and share one interface.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .._checks import check_int


@dataclass(frozen=True, eq=False)  # == of tensors gives tensors
class Memory:
    """The encoded sources as attention reads them, made once a sentence.

    ``outputs`` (B, S, M) are the values, ``keys`` (B, S, A) what the scores see, ``mask`` (B, S) is
    True at real tokens.

    >>> import torch
    >>> from seq2seq_tutor.models import DotAttention
    >>> memory = DotAttention().memory(torch.zeros(2, 3, 4), torch.ones(2, 3, dtype=torch.bool))
    >>> memory.select(torch.tensor([1, 1, 0])).outputs.shape
    torch.Size([3, 3, 4])
    """

    outputs: Tensor
    keys: Tensor
    mask: Tensor

    def select(self, rows: Tensor) -> "Memory":
        """Give the memory of these rows, in this order; repeats are allowed."""
        return Memory(self.outputs[rows], self.keys[rows], self.mask[rows])


class DotAttention(nn.Module):
    """Score by the inner product q . k, which needs queries as wide as the outputs.

    ``attention.memory(outputs, mask)`` once, then ``attention(query (B, T, H), memory) ->
    (context (B, T, M), weights (B, T, S))``. A masked weight is exactly 0; each row of weights sums
    to 1, or is all 0 where a row has no real token.

    ValueError if the sizes differ.

    Source: Luong et al. (2015), section 3.1, "dot".

    >>> import torch
    >>> from seq2seq_tutor.models import DotAttention
    >>> attention, mask = DotAttention(), torch.tensor([[True, True, False]])
    >>> _, weights = attention(torch.zeros(1, 1, 4), attention.memory(torch.zeros(1, 3, 4), mask))
    >>> weights.tolist()
    [[[0.5, 0.5, 0.0]]]
    """

    def memory(self, outputs: Tensor, mask: Tensor) -> Memory:
        """Take the outputs as they are for keys."""
        outputs = _without_padding(outputs, mask)
        return Memory(outputs, outputs, mask)

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Attend from each query."""
        if query.shape[-1] != memory.keys.shape[-1]:
            raise ValueError(
                f"dot attention needs queries ({query.shape[-1]}) as wide as the encoder's outputs "
                f"({memory.keys.shape[-1]}); use GeneralAttention, which maps one to the other"
            )
        return attend(query @ memory.keys.transpose(1, 2), memory)


class GeneralAttention(nn.Module):
    """Score by q . (W k): an inner product after a learned map; interface as ``DotAttention``.

    Source: Luong et al. (2015), section 3.1, "general".

    >>> import torch
    >>> from seq2seq_tutor.models import GeneralAttention
    >>> attention = GeneralAttention(query_size=4, memory_size=8)
    >>> memory = attention.memory(torch.zeros(1, 3, 8), torch.ones(1, 3, dtype=torch.bool))
    >>> context, weights = attention(torch.zeros(1, 2, 4), memory)
    >>> context.shape, weights.shape
    (torch.Size([1, 2, 8]), torch.Size([1, 2, 3]))
    """

    def __init__(self, query_size: int, memory_size: int) -> None:
        """Make the map from outputs (M) to keys as wide as a query (H)."""
        super().__init__()
        check_int("query_size", query_size, minimum=1)
        check_int("memory_size", memory_size, minimum=1)
        self.query_size, self.memory_size = query_size, memory_size
        self.key = nn.Linear(memory_size, query_size, bias=False)

    def memory(self, outputs: Tensor, mask: Tensor) -> Memory:
        """Map the outputs to keys."""
        outputs = _without_padding(outputs, mask)
        return Memory(outputs, self.key(outputs), mask)

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Attend from each query."""
        return attend(query @ memory.keys.transpose(1, 2), memory)


class AdditiveAttention(nn.Module):
    """Score by v . tanh(W q + U k): a small network; interface as ``DotAttention``.

    Luong's "concat" is the same family, with W and U written as one matrix.

    Source: Bahdanau et al. (2015), appendix A.1.2.

    >>> import torch
    >>> from seq2seq_tutor.models import AdditiveAttention
    >>> attention = AdditiveAttention(query_size=4, memory_size=8, hidden_size=5)
    >>> memory = attention.memory(torch.zeros(1, 3, 8), torch.ones(1, 3, dtype=torch.bool))
    >>> attention(torch.zeros(1, 2, 4), memory)[1].shape
    torch.Size([1, 2, 3])
    """

    def __init__(self, query_size: int, memory_size: int, hidden_size: int) -> None:
        """Make the two maps into the score's hidden layer (A) and the vector v."""
        super().__init__()
        check_int("query_size", query_size, minimum=1)
        check_int("memory_size", memory_size, minimum=1)
        check_int("hidden_size", hidden_size, minimum=1)
        self.query_size, self.memory_size, self.hidden_size = query_size, memory_size, hidden_size
        self.query = nn.Linear(query_size, hidden_size, bias=False)
        self.key = nn.Linear(memory_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def memory(self, outputs: Tensor, mask: Tensor) -> Memory:
        """Map the outputs into the score's hidden layer, once for all queries."""
        outputs = _without_padding(outputs, mask)
        return Memory(outputs, self.key(outputs), mask)

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Attend from each query."""
        hidden = self.query(query).unsqueeze(2) + memory.keys.unsqueeze(1)  # (B, T, S, A)
        return attend(self.v(torch.tanh(hidden)).squeeze(-1), memory)


def attend(scores: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
    """Turn scores (B, T, S) into the context (B, T, M) and the weights (B, T, S).

    >>> import torch
    >>> from seq2seq_tutor.models.attention import Memory, attend
    >>> memory = Memory(torch.tensor([[[1.0], [3.0]]]), torch.zeros(1, 2, 1), torch.ones(1, 2) > 0)
    >>> attend(torch.zeros(1, 1, 2), memory)[0].tolist()
    [[[2.0]]]
    """
    mask = memory.mask.unsqueeze(1)  # (B, 1, S)
    # A row without a real token would be a softmax of -inf alone: NaN, in its gradient too.
    some = mask.any(dim=-1, keepdim=True)
    weights = scores.masked_fill(~mask & some, -torch.inf).softmax(dim=-1).masked_fill(~mask, 0.0)
    return weights @ memory.outputs, weights


def _without_padding(outputs: Tensor, mask: Tensor) -> Tensor:
    """Set masked outputs to 0: a weight of 0 does not undo what NaN or inf there would do."""
    if outputs.dim() != 3 or mask.shape != outputs.shape[:2]:
        raise ValueError(
            f"outputs must be (B, S, M) and mask (B, S), got {tuple(outputs.shape)} and "
            f"{tuple(mask.shape)}"
        )
    return outputs.masked_fill(~mask.unsqueeze(-1), 0.0)
