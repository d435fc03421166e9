"""Token vectors: the table that every network here reads its tokens through.

Chapter: text preprocessing (one-hot against embedding).
"""

from torch import Tensor, nn

from .._checks import check_int, check_number
from ..text.vocab import PAD, SPECIAL_TOKENS


class TokenEmbedding(nn.Module):
    """Look up a vector for each id, with dropout: (B, T) int64 -> (B, T, E).

    PAD's vector is zero and stays so. ValueError if the vocabulary has no token besides the four
    special ones.

    >>> import torch
    >>> from seq2seq_tutor.models import TokenEmbedding
    >>> TokenEmbedding(10, 3)(torch.tensor([[4, 0]]))[0, 1].tolist()
    [0.0, 0.0, 0.0]
    """

    def __init__(self, vocab_size: int, embed_size: int, *, dropout: float = 0.0) -> None:
        """Make the table (V, E)."""
        super().__init__()
        check_int("vocab_size", vocab_size, minimum=len(SPECIAL_TOKENS) + 1)
        check_int("embed_size", embed_size, minimum=1)
        check_number("dropout", dropout, at_least=0, below=1)
        self.table = nn.Embedding(vocab_size, embed_size, padding_idx=PAD)
        self.dropout = nn.Dropout(dropout)

    def forward(self, ids: Tensor) -> Tensor:
        """Look the ids up."""
        embedded: Tensor = self.dropout(self.table(ids))
        return embedded
