"""A recurrent language model: a decoder without an encoder.

Chapters: language models, recurrent networks.
"""

from torch import Tensor, nn

from .._checks import check_int
from .embedding import TokenEmbedding
from .recurrent import CellName, Recurrent
from .state import DecoderOutput, DecoderState, StepOutput, one_step


class LanguageModel(nn.Module):
    """Predict each next token from those before it: ``model(ids (B, T), state) -> DecoderOutput``.

    Training text is BOS s EOS for each sentence s, so that a search that begins with BOS meets what
    the model knows. Dropout acts on the embeddings, between layers and before the vocabulary.

    Source: Mikolov et al. (2010).

    >>> import torch
    >>> from seq2seq_tutor.models import LanguageModel
    >>> model = LanguageModel(10, 3, 4, cell="lstm")
    >>> output = model(torch.tensor([[1, 5, 6]]))
    >>> output.logits.shape, len(output.state.recurrent)
    (torch.Size([1, 3, 10]), 2)
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
    ) -> None:
        """Make the embedding, the recurrent layers and the output layer."""
        super().__init__()
        self.vocab_size, self.embed_size, self.hidden_size = vocab_size, embed_size, hidden_size
        self.num_layers, self.cell = num_layers, cell
        self.embedding = TokenEmbedding(vocab_size, embed_size, dropout=dropout)
        self.recurrent = Recurrent(
            embed_size, hidden_size, num_layers=num_layers, cell=cell, dropout=dropout
        )
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden_size, vocab_size)

    def start(self, rows: int) -> DecoderState:
        """Make the state before the first token, for ``rows`` texts: zeros."""
        check_int("rows", rows, minimum=1)
        return DecoderState(self.recurrent.zero_state(rows))

    def forward(self, ids: Tensor, state: DecoderState | None = None) -> DecoderOutput:
        """Read ids (B, T); the logits at t are for the token at t + 1."""
        if state is None:
            state = self.start(len(ids))
        outputs, recurrent = self.recurrent(self.embedding(ids), state.recurrent)
        return DecoderOutput(self.output(self.dropout(outputs)), DecoderState(recurrent), None)

    def step(self, prev: Tensor, state: DecoderState) -> StepOutput:
        """Read one token, (B,)."""
        return one_step(self, prev, state)
