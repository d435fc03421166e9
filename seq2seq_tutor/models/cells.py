"""The three recurrent cells, written by hand: one step of an RNN, a GRU and an LSTM.

Chapters: recurrent networks, LSTM, GRU. Parameter names, gate order and the form of the GRU are
torch's, so that ``load_state_dict`` from ``torch.nn.RNNCell``, ``GRUCell`` or ``LSTMCell`` gives
the same values and gradients. The state is always a tuple, ``(h,)`` or ``(h, c)``, each (B, H).
"""

import torch
from torch import Tensor, nn

from .._checks import check_int

State = tuple[Tensor, ...]


class _Weights(nn.Module):
    """The parameters that the three cells share in kind: ``gates`` blocks of H rows each."""

    def __init__(self, input_size: int, hidden_size: int, gates: int) -> None:
        """Draw every parameter from U(-1/sqrt(H), 1/sqrt(H)), as torch does."""
        super().__init__()
        check_int("input_size", input_size, minimum=1)
        check_int("hidden_size", hidden_size, minimum=1)
        self.input_size, self.hidden_size = input_size, hidden_size
        rows, bound = gates * hidden_size, hidden_size**-0.5
        self.weight_ih = nn.Parameter(torch.empty(rows, input_size).uniform_(-bound, bound))
        self.weight_hh = nn.Parameter(torch.empty(rows, hidden_size).uniform_(-bound, bound))
        self.bias_ih = nn.Parameter(torch.empty(rows).uniform_(-bound, bound))
        self.bias_hh = nn.Parameter(torch.empty(rows).uniform_(-bound, bound))

    def _check(self, x: Tensor, state: State, members: int) -> None:
        """Refuse an input or a state of another shape than (B, I) and (B, H) each."""
        if x.dim() != 2 or x.shape[1] != self.input_size:
            raise ValueError(f"x must be (B, {self.input_size}), got {tuple(x.shape)}")
        if not isinstance(state, tuple) or len(state) != members:
            raise TypeError(
                f"state must be a tuple of {members} tensors, got {type(state).__name__}"
            )
        for member in state:
            if member.shape != (len(x), self.hidden_size):
                raise ValueError(
                    f"each tensor of the state must be ({len(x)}, {self.hidden_size}), "
                    f"got {tuple(member.shape)}"
                )

    def _sums(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """Give what the input and what the state contribute to every gate: (B, gates * H) each."""
        return x @ self.weight_ih.T + self.bias_ih, h @ self.weight_hh.T + self.bias_hh


class RNNCell(_Weights):
    """Take one step of a plain recurrent network: ``cell(x (B, I), (h,)) -> (h,)``, h (B, H).

    ValueError if a shape does not fit, TypeError if the state is not a tuple of one tensor.

    Source: Elman (1990); form and names of ``torch.nn.RNNCell``.

    >>> import torch
    >>> from seq2seq_tutor.models import RNNCell
    >>> (h,) = RNNCell(3, 4)(torch.zeros(2, 3), (torch.zeros(2, 4),))
    >>> h.shape
    torch.Size([2, 4])
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        """Make a cell that reads I numbers and remembers H."""
        super().__init__(input_size, hidden_size, gates=1)

    def forward(self, x: Tensor, state: State) -> State:
        """Read one input: h_t = tanh(x_t W_ih + b_ih + h_{t-1} W_hh + b_hh)."""
        self._check(x, state, members=1)
        from_x, from_h = self._sums(x, state[0])
        return (torch.tanh(from_x + from_h),)


class GRUCell(_Weights):
    """Take one step of a gated recurrent unit: ``cell(x (B, I), (h,)) -> (h,)``, h (B, H).

    In torch's form: z near 1 keeps the old state, and the reset gate is applied after the matrix
    product. ValueError if a shape does not fit, TypeError if the state is not a tuple of one
    tensor.

    Source: Cho et al. (2014), section 2.3; the place of the reset gate as in ``torch.nn.GRUCell``.

    >>> import torch
    >>> from seq2seq_tutor.models import GRUCell
    >>> (h,) = GRUCell(3, 4)(torch.zeros(2, 3), (torch.zeros(2, 4),))
    >>> h.shape
    torch.Size([2, 4])
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        """Make a cell that reads I numbers and remembers H."""
        super().__init__(input_size, hidden_size, gates=3)

    def forward(self, x: Tensor, state: State) -> State:
        """Read one input."""
        self._check(x, state, members=1)
        (h,) = state
        from_x, from_h = self._sums(x, h)
        x_r, x_z, x_n = from_x.chunk(3, dim=1)
        h_r, h_z, h_n = from_h.chunk(3, dim=1)
        # r = sigmoid(x W_ir + b_ir + h W_hr + b_hr), z likewise
        r = torch.sigmoid(x_r + h_r)
        z = torch.sigmoid(x_z + h_z)
        # n = tanh(x W_in + b_in + r * (h W_hn + b_hn))
        n = torch.tanh(x_n + r * h_n)
        # h' = (1 - z) * n + z * h
        return ((1 - z) * n + z * h,)


class LSTMCell(_Weights):
    """Take one step of an LSTM: ``cell(x (B, I), (h, c)) -> (h, c)``, each (B, H).

    ValueError if a shape does not fit, TypeError if the state is not a tuple of two tensors.

    Source: Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000); form and
    names of ``torch.nn.LSTMCell``.

    >>> import torch
    >>> from seq2seq_tutor.models import LSTMCell
    >>> h, c = LSTMCell(3, 4)(torch.zeros(2, 3), (torch.zeros(2, 4), torch.zeros(2, 4)))
    >>> h.shape, c.shape
    (torch.Size([2, 4]), torch.Size([2, 4]))
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        """Make a cell that reads I numbers and remembers 2 H."""
        super().__init__(input_size, hidden_size, gates=4)

    def forward(self, x: Tensor, state: State) -> State:
        """Read one input."""
        self._check(x, state, members=2)
        h, c = state
        from_x, from_h = self._sums(x, h)
        i, f, g, o = (from_x + from_h).chunk(4, dim=1)
        # c' = sigmoid(f) * c + sigmoid(i) * tanh(g)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        # h' = sigmoid(o) * tanh(c')
        return torch.sigmoid(o) * torch.tanh(c), c
