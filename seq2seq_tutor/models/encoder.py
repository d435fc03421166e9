"""The encoder: a recurrent network that reads the source sentence.

Chapters: encoder-decoder, padding and loss.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..data.batching import mask_from_lengths
from .cells import State
from .embedding import TokenEmbedding
from .recurrent import CellName, Recurrent


class EncoderOutput(NamedTuple):
    """What the encoder hands over.

    ``outputs`` (B, S, D*H): the top layer's state after each token, zero after the end.
    ``state``: the last state of every layer, a tuple of (L, B, D*H).
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

    ValueError if a length is below 1 or beyond S, TypeError if it is not an integer.

    Source: Cho et al. (2014), section 2.2; Sutskever et al. (2014), section 2.

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
    ) -> None:
        """Make the embedding and the recurrent layers."""
        super().__init__()
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
        self.dropout = dropout
        self.output_size = self.recurrent.output_size

    def forward(self, src: Tensor, lengths: Tensor) -> EncoderOutput:
        """Read a batch of sources."""
        lengths = torch.as_tensor(lengths).cpu()
        check_lengths(src, lengths)
        outputs, state = self.recurrent(self.embedding(src), lengths=lengths)
        return EncoderOutput(
            outputs, state, mask_from_lengths(lengths, src.shape[1]).to(src.device)
        )


def check_lengths(src: Tensor, lengths: Tensor) -> None:
    """Refuse lengths that do not describe ``src`` (B, S): torch's packing reads some of them."""
    if src.dim() != 2:
        raise ValueError(f"src must be (B, S), got {tuple(src.shape)}")
    if lengths.shape != (len(src),):
        raise ValueError(
            f"lengths must be ({len(src)},), one a sentence, got {tuple(lengths.shape)}"
        )
    if lengths.is_floating_point() or lengths.dtype == torch.bool:
        raise TypeError(f"lengths must be integers, got {lengths.dtype}")
    for row, length in enumerate(lengths.tolist()):
        if not 1 <= length <= src.shape[1]:
            raise ValueError(
                f"lengths[{row}] is {length}, but src has 1 to {src.shape[1]} tokens a sentence; "
                "collate gives an empty sentence its EOS"
            )
