"""A stack of recurrent layers with one interface for RNN, GRU and LSTM.

Chapter: deep and bidirectional networks. Wraps ``torch.nn.RNN``, ``GRU`` and ``LSTM``, one layer
each, so that dropout is a module between the layers (inside cuDNN it does not repeat under a seed)
and the state is always a tuple.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from .._checks import check_choice, check_int, check_number
from .cells import State

CellName = Literal["rnn", "gru", "lstm"]
_LAYERS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class Recurrent(nn.Module):
    """Run L recurrent layers over a padded batch of vectors.

    ``recurrent(x (B, T, I), state, lengths) -> (outputs (B, T, D*H), state)``, where the state is a
    tuple of (L, B, D*H): ``(h,)`` for RNN and GRU, ``(h, c)`` for the LSTM, forward and backward
    direction joined. With ``lengths`` (B,) on the CPU the batch is packed: each sentence's state is
    that of its last real token, whatever follows. Outputs after the end are zero.

    ValueError or TypeError if a size, the dropout or the cell's name is not usable, or if
    ``lengths`` are not B integers from 1 to T.

    >>> import torch
    >>> from seq2seq_tutor.models import Recurrent
    >>> outputs, (h, c) = Recurrent(3, 4, num_layers=2, cell="lstm")(torch.zeros(2, 5, 3))
    >>> outputs.shape, h.shape
    (torch.Size([2, 5, 4]), torch.Size([2, 2, 4]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        num_layers: int = 1,
        cell: CellName = "gru",
        bidirectional: bool = False,
        dropout: float = 0.0,
    ) -> None:
        """Make the layers; each but the first reads what the one below gives."""
        super().__init__()
        check_int("input_size", input_size, minimum=1)
        check_int("hidden_size", hidden_size, minimum=1)
        check_int("num_layers", num_layers, minimum=1)
        check_choice("cell", cell, tuple(_LAYERS))
        check_number("dropout", dropout, at_least=0, below=1)
        self.hidden_size, self.num_layers, self.cell = hidden_size, num_layers, cell
        self.directions = 2 if bidirectional else 1
        self.output_size = self.directions * hidden_size
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(
            _LAYERS[cell](
                input_size if layer == 0 else self.output_size,
                hidden_size,
                batch_first=True,
                bidirectional=bidirectional,
            )
            for layer in range(num_layers)
        )

    @property
    def members(self) -> int:
        """Count the tensors of a state: 2 for the LSTM's (h, c), 1 otherwise."""
        return 2 if self.cell == "lstm" else 1

    def zero_state(self, rows: int) -> State:
        """Make the state before the first token: (L, rows, D*H) of zeros, once or twice."""
        zeros = next(self.parameters()).new_zeros(self.num_layers, rows, self.output_size)
        return (zeros,) * self.members

    def forward(
        self, x: Tensor, state: State | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """Run all layers over all time steps."""
        if state is None:
            state = self.zero_state(len(x))
        width = x.shape[1]
        if lengths is not None:
            _check_lengths(lengths, len(x), width)
        run: Tensor | PackedSequence = x
        if lengths is not None and bool((lengths < width).any()):  # else nothing to skip
            run = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        finals: list[State] = []
        for number, layer in enumerate(self.layers):
            if number > 0:
                run = self._drop(run)
            run, final = layer(run, self._to_torch(state, number))
            finals.append(self._from_torch(final))
        if isinstance(run, PackedSequence):
            run, _ = pad_packed_sequence(run, batch_first=True, total_length=width)
        return run, tuple(torch.stack(members) for members in zip(*finals, strict=True))

    def _drop(self, run: Tensor | PackedSequence) -> Tensor | PackedSequence:
        """Apply dropout to a batch, packed or not."""
        if isinstance(run, PackedSequence):
            packed: PackedSequence = run._replace(data=self.dropout(run.data))
            return packed
        dropped: Tensor = self.dropout(run)
        return dropped

    def _to_torch(self, state: State, layer: int) -> Tensor | State:
        """Give one layer's state as torch wants it: (D, B, H), a tuple for the LSTM alone."""
        members = tuple(
            torch.stack(member[layer].chunk(self.directions, dim=1)).contiguous()
            for member in state
        )
        return members if self.cell == "lstm" else members[0]

    def _from_torch(self, final: Tensor | State) -> State:
        """Join the directions of one layer's state: (D, B, H) -> (B, D*H), always a tuple."""
        members = final if self.cell == "lstm" else (final,)
        return tuple(torch.cat(tuple(member), dim=1) for member in members)


def _check_lengths(lengths: Tensor, rows: int, width: int) -> None:
    """Refuse lengths that do not describe a batch: torch's packing takes some of them."""
    if lengths.shape != (rows,):
        raise ValueError(f"lengths must be ({rows},), one a sentence, got {tuple(lengths.shape)}")
    if lengths.is_floating_point() or lengths.dtype == torch.bool:
        raise TypeError(f"lengths must be integers, got {lengths.dtype}")
    for row, length in enumerate(lengths.tolist()):
        if not 1 <= length <= width:
            raise ValueError(
                f"lengths[{row}] is {length}, but the batch has 1 to {width} tokens a sentence; "
                "collate gives an empty sentence its EOS"
            )
