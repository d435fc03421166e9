"""Decoders: a recurrent network that writes the target, one token after another.

Chapters: encoder-decoder (``Decoder``), attention (``LuongDecoder``, ``BahdanauDecoder``). All
three have ``start``, ``forward`` over a whole target, and ``step``, which is ``forward`` for one
token and all that a search needs.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from .._checks import check_choice, check_int
from .attention import AdditiveAttention, DotAttention, GeneralAttention, Memory
from .cells import State
from .embedding import TokenEmbedding
from .encoder import EncoderOutput
from .recurrent import CellName, Recurrent
from .state import DecoderOutput, DecoderState, StepOutput, one_step


class Decoder(nn.Module):
    """Write the target from the encoder's last state alone.

    Form 1, ``context="initial"``: the context is the first state and nothing else. Form 2,
    ``context="every_step"``: it is the first state and also joins every token's embedding; it is
    the encoder's last top-layer state (B, M), kept in ``state.feed`` and the same at every step.

    ``memory_size`` is the encoder's ``output_size`` M, by default H; form 1 has no use for it.
    Dropout acts on the embeddings, between layers and before the vocabulary.

    Source: form 1 Sutskever et al. (2014), section 2; form 2 after Cho et al. (2014), section 2.2,
    whose output layer also reads the context and the last token, and who map the encoder's last
    state to the context and the context to the first state.

    >>> import torch
    >>> from seq2seq_tutor.models import Decoder, Encoder
    >>> encoded = Encoder(10, 3, 4)(torch.tensor([[5, 6, 2]]), torch.tensor([3]))
    >>> decoder = Decoder(12, 3, 4, context="every_step")
    >>> decoder(torch.tensor([[1, 7]]), decoder.start(encoded, encoded.state)).logits.shape
    torch.Size([1, 2, 12])
    """

    def __init__(
        self,
        vocab_size: int,
        embed_size: int,
        hidden_size: int,
        *,
        num_layers: int = 1,
        cell: CellName = "gru",
        dropout: float = 0.0,
        context: Literal["initial", "every_step"] = "initial",
        memory_size: int | None = None,
    ) -> None:
        """Make the embedding, the recurrent layers and the output layer."""
        super().__init__()
        check_choice("context", context, ("initial", "every_step"))
        self.vocab_size, self.embed_size, self.hidden_size = vocab_size, embed_size, hidden_size
        self.num_layers, self.cell, self.context = num_layers, cell, context
        self.memory_size = (
            _size_or("memory_size", memory_size, hidden_size) if context == "every_step" else None
        )
        self.embedding = TokenEmbedding(vocab_size, embed_size, dropout=dropout)
        self.recurrent = Recurrent(
            embed_size + (self.memory_size or 0),
            hidden_size,
            num_layers=num_layers,
            cell=cell,
            dropout=dropout,
        )
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden_size, vocab_size)

    def start(self, encoded: EncoderOutput, recurrent: State) -> DecoderState:
        """Make the first state; ``recurrent`` is the encoder's, bridged."""
        feed = encoded.state[0][-1] if self.context == "every_step" else None
        return DecoderState(recurrent, feed=feed)

    def forward(self, tgt_in: Tensor, state: DecoderState) -> DecoderOutput:
        """Decode a whole target, (B, T)."""
        embedded = self.embedding(tgt_in)
        if state.feed is not None:
            context = state.feed.unsqueeze(1).expand(-1, tgt_in.shape[1], -1)  # (B, T, C)
            embedded = torch.cat([embedded, context], dim=-1)
        outputs, recurrent = self.recurrent(embedded, state.recurrent)
        logits = self.output(self.dropout(outputs))
        return DecoderOutput(logits, DecoderState(recurrent, feed=state.feed), None)

    def step(self, prev: Tensor, state: DecoderState) -> StepOutput:
        """Decode one token, (B,)."""
        return one_step(self, prev, state)


class LuongDecoder(nn.Module):
    """Write the target with attention that looks after the recurrent step.

    The new state h_t is the query; the attentional state tanh(W_c [context; h_t]) goes to the
    vocabulary. With ``input_feeding`` it also joins the next token's embedding, which takes a loop
    over time; without it a whole target is decoded at once.

    ``memory_size`` is the encoder's ``output_size`` M, by default H; ``attention`` is one of the
    three attention modules with ``query_size`` H and ``memory_size`` M, by default "general".

    Source: Luong et al. (2015), section 3, equations 5 and 6; input feeding section 3.3.

    >>> import torch
    >>> from seq2seq_tutor.models import Encoder, LuongDecoder
    >>> encoded = Encoder(10, 3, 4)(torch.tensor([[5, 6, 2]]), torch.tensor([3]))
    >>> decoder = LuongDecoder(12, 3, 4)
    >>> decoder(torch.tensor([[1, 7]]), decoder.start(encoded, encoded.state)).weights.shape
    torch.Size([1, 2, 3])
    """

    def __init__(
        self,
        vocab_size: int,
        embed_size: int,
        hidden_size: int,
        *,
        num_layers: int = 1,
        cell: CellName = "gru",
        dropout: float = 0.0,
        memory_size: int | None = None,
        attention: DotAttention | GeneralAttention | AdditiveAttention | None = None,
        input_feeding: bool = False,
    ) -> None:
        """Make the embedding, the recurrent layers, the attention and the output layers."""
        super().__init__()
        self.vocab_size, self.embed_size, self.hidden_size = vocab_size, embed_size, hidden_size
        self.num_layers, self.cell, self.input_feeding = num_layers, cell, input_feeding
        self.memory_size = _size_or("memory_size", memory_size, hidden_size)
        self.embedding = TokenEmbedding(vocab_size, embed_size, dropout=dropout)
        self.recurrent = Recurrent(
            embed_size + (hidden_size if input_feeding else 0),
            hidden_size,
            num_layers=num_layers,
            cell=cell,
            dropout=dropout,
        )
        if not isinstance(attention, nn.Module | None):
            raise TypeError(
                "attention must be a module, such as DotAttention(), GeneralAttention(...) or "
                f"AdditiveAttention(...), got {attention!r}"
            )
        self.attention = attention or GeneralAttention(hidden_size, self.memory_size)
        self.combine = nn.Linear(self.memory_size + hidden_size, hidden_size, bias=False)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden_size, vocab_size)

    def start(self, encoded: EncoderOutput, recurrent: State) -> DecoderState:
        """Make the first state: keys for attention and, with input feeding, a feed of zeros."""
        memory = self.attention.memory(encoded.outputs, encoded.mask)
        feed = torch.zeros_like(recurrent[0][-1]) if self.input_feeding else None
        return DecoderState(recurrent, memory, feed)

    def forward(self, tgt_in: Tensor, state: DecoderState) -> DecoderOutput:
        """Decode a whole target, (B, T)."""
        embedded, memory = self.embedding(tgt_in), _memory(state)
        if state.feed is None:
            hidden, recurrent = self.recurrent(embedded, state.recurrent)
            combined, weights = self._look(hidden, memory)
            logits = self.output(self.dropout(combined))
            return DecoderOutput(logits, DecoderState(recurrent, memory), weights)
        recurrent, feed = state.recurrent, state.feed
        looks = []
        for token in embedded.unbind(dim=1):
            hidden, recurrent = self.recurrent(_join(token, feed), recurrent)
            looks.append(self._look(hidden, memory))
            feed = looks[-1][0].squeeze(1)
        combined, weights = (torch.cat(steps, dim=1) for steps in zip(*looks, strict=True))
        logits = self.output(self.dropout(combined))
        return DecoderOutput(logits, DecoderState(recurrent, memory, feed), weights)

    def step(self, prev: Tensor, state: DecoderState) -> StepOutput:
        """Decode one token, (B,)."""
        return one_step(self, prev, state)

    def _look(self, hidden: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Attend from each new state (B, T, H): the attentional states and the weights."""
        context, weights = self.attention(hidden, memory)
        # h~_t = tanh(W_c [c_t; h_t])
        return torch.tanh(self.combine(torch.cat([context, hidden], dim=-1))), weights


class BahdanauDecoder(nn.Module):
    """Write the target with attention that looks before the recurrent step.

    The old state s_{t-1} is the query; the context joins the token's embedding, the recurrent step
    reads both, and the output layer reads the new state, the context and the embedding.

    ``memory_size`` is the encoder's ``output_size`` M, by default H; ``attention_size`` is the
    hidden layer of the score, by default H.

    Source: Bahdanau et al. (2015), section 3.1, equations 4 to 6; tanh in place of the maxout layer
    of appendix A.2.2.

    >>> import torch
    >>> from seq2seq_tutor.models import BahdanauDecoder, Encoder
    >>> encoded = Encoder(10, 3, 4)(torch.tensor([[5, 6, 2]]), torch.tensor([3]))
    >>> decoder = BahdanauDecoder(12, 3, 4)
    >>> decoder(torch.tensor([[1, 7]]), decoder.start(encoded, encoded.state)).weights.shape
    torch.Size([1, 2, 3])
    """

    def __init__(
        self,
        vocab_size: int,
        embed_size: int,
        hidden_size: int,
        *,
        num_layers: int = 1,
        cell: CellName = "gru",
        dropout: float = 0.0,
        memory_size: int | None = None,
        attention_size: int | None = None,
    ) -> None:
        """Make the embedding, the attention, the recurrent layers and the output layers."""
        super().__init__()
        self.vocab_size, self.embed_size, self.hidden_size = vocab_size, embed_size, hidden_size
        self.num_layers, self.cell = num_layers, cell
        self.memory_size = _size_or("memory_size", memory_size, hidden_size)
        self.attention_size = _size_or("attention_size", attention_size, hidden_size)
        self.embedding = TokenEmbedding(vocab_size, embed_size, dropout=dropout)
        self.recurrent = Recurrent(
            embed_size + self.memory_size,
            hidden_size,
            num_layers=num_layers,
            cell=cell,
            dropout=dropout,
        )
        self.attention = AdditiveAttention(hidden_size, self.memory_size, self.attention_size)
        self.readout = nn.Linear(hidden_size + self.memory_size + embed_size, hidden_size)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden_size, vocab_size)

    def start(self, encoded: EncoderOutput, recurrent: State) -> DecoderState:
        """Make the first state, with the keys for attention."""
        return DecoderState(recurrent, self.attention.memory(encoded.outputs, encoded.mask))

    def forward(self, tgt_in: Tensor, state: DecoderState) -> DecoderOutput:
        """Decode a whole target, (B, T)."""
        embedded, memory, recurrent = self.embedding(tgt_in), _memory(state), state.recurrent
        steps = []
        for token in embedded.unbind(dim=1):
            # alpha_t from s_{t-1}; s_t = f(s_{t-1}, [y_{t-1}; c_t])
            context, weights = self.attention(recurrent[0][-1].unsqueeze(1), memory)
            hidden, recurrent = self.recurrent(_join(token, context.squeeze(1)), recurrent)
            steps.append((hidden, context, weights))
        hidden, context, weights = (torch.cat(parts, dim=1) for parts in zip(*steps, strict=True))
        read = torch.tanh(self.readout(torch.cat([hidden, context, embedded], dim=-1)))
        logits = self.output(self.dropout(read))
        return DecoderOutput(logits, DecoderState(recurrent, memory), weights)

    def step(self, prev: Tensor, state: DecoderState) -> StepOutput:
        """Decode one token, (B,)."""
        return one_step(self, prev, state)


def _size_or(name: str, size: int | None, default: int) -> int:
    """Check a size, or take the default where none is given."""
    if size is None:
        return default
    check_int(name, size, minimum=1)
    return size


def _memory(state: DecoderState) -> Memory:
    """Give the memory that an attention decoder cannot do without."""
    if state.memory is None:
        raise ValueError("this state has no memory to attend to; begin with this decoder's start")
    return state.memory


def _join(token: Tensor, vector: Tensor) -> Tensor:
    """Join one token's embedding (B, E) and a vector (B, C) to one step: (B, 1, E + C)."""
    return torch.cat([token, vector], dim=-1).unsqueeze(1)
