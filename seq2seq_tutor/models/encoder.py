"""The encoder: a recurrent network that reads the source sentence.

Chapters: encoder-decoder, padding and loss.
"""

from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor, nn

from .._checks import check_choice
from ..data.batching import mask_from_lengths
from .bridge import Bridge
from .cells import State
from .embedding import TokenEmbedding
from .recurrent import CellName, Recurrent

Summary = Literal["last", "mapped", "mean"]


class EncoderOutput(NamedTuple):
    """What the encoder hands over.

    ``outputs`` (B, S, D*H): the top layer's state after each token, zero after the end.
    ``state``: the summary of the source, by default the last state of every layer; a tuple of
    (L, B, D*H).
    ``mask`` (B, S): True where the source has a real token.

    >>> import torch
    >>> from seq2seq_tutor.models import Encoder
    >>> encoded = Encoder(10, 3, 4)(torch.tensor([[5, 6, 2]]), torch.tensor([3]))
    >>> encoded.outputs.shape, encoded.mask.tolist()
    (torch.Size([1, 3, 4]), [[True, True, True]])
    """

    outputs: Tensor
    state: State
    mask: Tensor


class Encoder(nn.Module):
    """Read source sentences: ``encoder(src (B, S), lengths (B,)) -> EncoderOutput``.

    The batch is packed, so that padding changes nothing. ``output_size`` is D*H. Dropout acts on
    the embeddings and between layers.

    ``summary`` says what a decoder starts from: ``"last"``, the last state of every layer as it is;
    ``"mapped"``, a learned map of it, tanh(h W + b) for each layer; ``"mean"``, such maps of the
    mean of the outputs over the source. (The LSTM's c gets a map without tanh.)

    ValueError if a length is below 1 or beyond S, TypeError if it is not an integer.

    Source: Sutskever et al. (2014), section 2, for the last state; Cho et al. (2014), section 2.2,
    for a map of it.

    >>> import torch
    >>> from seq2seq_tutor.models import Encoder
    >>> encoder = Encoder(10, 3, 4, num_layers=2, bidirectional=True)
    >>> encoded = encoder(torch.tensor([[5, 6, 2], [7, 2, 0]]), torch.tensor([3, 2]))
    >>> encoded.outputs.shape, encoded.state[0].shape
    (torch.Size([2, 3, 8]), torch.Size([2, 2, 8]))
    """

    def __init__(
        self,
        vocab_size: int,
        embed_size: int,
        hidden_size: int,
        *,
        num_layers: int = 1,
        cell: CellName = "gru",
        bidirectional: bool = False,
        dropout: float = 0.0,
        summary: Summary = "last",
    ) -> None:
        """Make the embedding, the recurrent layers and the maps of the summary."""
        super().__init__()
        check_choice("summary", summary, get_args(Summary))
        self.embedding = TokenEmbedding(vocab_size, embed_size, dropout=dropout)
        self.recurrent = Recurrent(
            embed_size,
            hidden_size,
            num_layers=num_layers,
            cell=cell,
            bidirectional=bidirectional,
            dropout=dropout,
        )
        self.vocab_size, self.embed_size, self.hidden_size = vocab_size, embed_size, hidden_size
        self.num_layers, self.cell, self.bidirectional = num_layers, cell, bidirectional
        self.dropout, self.summary = dropout, summary
        self.output_size = self.recurrent.output_size
        self.maps = (
            None
            if summary == "last"
            else Bridge(
                self.output_size,
                self.output_size,
                num_layers=num_layers,
                members=self.recurrent.members,
            )
        )

    def forward(self, src: Tensor, lengths: Tensor) -> EncoderOutput:
        """Read a batch of sources."""
        lengths = torch.as_tensor(lengths).cpu()
        if src.dim() != 2:
            raise ValueError(f"src must be (B, S), got {tuple(src.shape)}")
        outputs, state = self.recurrent(self.embedding(src), lengths=lengths)
        if self.summary == "mean":
            # The outputs after the end are zero, so they add nothing to the sum.
            mean = outputs.sum(dim=1) / lengths.to(outputs).unsqueeze(1)  # (B, D*H)
            state = tuple(mean.expand_as(member) for member in state)
        if self.maps is not None:
            state = self.maps(state)
        return EncoderOutput(
            outputs, state, mask_from_lengths(lengths, src.shape[1]).to(src.device)
        )
