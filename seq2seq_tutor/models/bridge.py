"""The bridge: the encoder's last state becomes the decoder's first.

Chapter: encoder-decoder.
"""

import torch
from torch import nn

from .._checks import check_int
from .cells import State


class Bridge(nn.Module):
    """Map each layer's state from the encoder's size to the decoder's, (L, B, I) -> (L, B, H).

    One affine map for each layer and each member of the state; tanh keeps h in its range, and the
    LSTM's c, which has none, is left as it is. ``Seq2Seq`` uses a bridge where the sizes differ, as
    for a bidirectional encoder, and hands the state over unchanged where they agree.

    Source: after Bahdanau et al. (2015), appendix A.2.2, who map the backward direction alone.

    >>> import torch
    >>> from seq2seq_tutor.models import Bridge
    >>> (h,) = Bridge(8, 4, num_layers=2, members=1)((torch.zeros(2, 3, 8),))
    >>> h.shape
    torch.Size([2, 3, 4])
    """

    def __init__(self, input_size: int, output_size: int, *, num_layers: int, members: int) -> None:
        """Make the maps; ``members`` is 2 for the LSTM's (h, c) and 1 otherwise."""
        super().__init__()
        check_int("input_size", input_size, minimum=1)
        check_int("output_size", output_size, minimum=1)
        self.maps = nn.ModuleList(
            nn.Linear(input_size, output_size) for _ in range(members * num_layers)
        )

    def forward(self, state: State) -> State:
        """Map a state."""
        maps = iter(self.maps)
        h, *cell = (torch.stack([next(maps)(layer) for layer in member]) for member in state)
        return (torch.tanh(h), *cell)
