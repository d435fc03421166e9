"""Linear autoregression: the next value of a series is a weighted sum of the last ones.

Chapter: sequence models. Source: Box et al. (2008), chapter 5 on forecasting.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from .._checks import check_int, check_number


def lagged(series: Tensor, order: int, *, ahead: int = 1) -> tuple[Tensor, Tensor]:
    """Pair each window of a series with a later value: windows (N, order) and targets (N,).

    ``series`` is (T,), of any type. Row i of the windows is ``series[i : i + order]``, the latest
    value last, and its target is the value ``ahead`` places after that one, so that
    N = T - order - ahead + 1. Windows overlap; both results are copies.

    TypeError if the series is no tensor (T,); ValueError if it is too short for one window and its
    target.

    >>> import torch
    >>> from seq2seq_tutor.models import lagged
    >>> windows, targets = lagged(torch.tensor([2, 4, 6, 12, 22]), 3)
    >>> windows.tolist(), targets.tolist()
    ([[2, 4, 6], [4, 6, 12]], [12, 22])
    """
    check_int("order", order, minimum=1)
    check_int("ahead", ahead, minimum=1)
    if not isinstance(series, Tensor) or series.dim() != 1:
        raise TypeError(f"series must be a tensor (T,), got {_described(series)}")
    if len(series) < order + ahead:
        raise ValueError(
            f"a window of {order} and a value {ahead} after it take {order + ahead} values, and "
            f"the series has {len(series)}"
        )
    windows = series[: len(series) - ahead].unfold(0, order, 1)
    return windows.clone(), series[order + ahead - 1 :].clone()


@dataclass(frozen=True, eq=False)  # == of tensors gives tensors
class LinearAutoregression:
    """Predict the next value as ``bias`` plus a weighted sum of the last ``order`` values.

    ``weights`` is (order,), of a floating type, in the order of time: the last belongs to the
    latest value; they are copied. Nothing is random and nothing is scaled; use float64.

    TypeError or ValueError if the weights aren't such a tensor, or the bias isn't a finite number.

    Source: the AR(p) process of Box et al. (2008).

    >>> import torch
    >>> from seq2seq_tutor.models import LinearAutoregression
    >>> riddle = LinearAutoregression(torch.ones(3, dtype=torch.float64), bias=0.0)
    >>> riddle.forecast(torch.tensor([2.0, 4, 6], dtype=torch.float64), steps=4).tolist()
    [12.0, 22.0, 40.0, 74.0]
    """

    weights: Tensor
    bias: float

    def __post_init__(self) -> None:
        """Check the numbers of the model."""
        _check_values("weights", self.weights)
        if self.weights.dim() != 1 or len(self.weights) == 0:
            raise ValueError(f"weights must be (order,), got {_described(self.weights)}")
        check_number("bias", self.bias)
        object.__setattr__(self, "weights", self.weights.clone())
        object.__setattr__(self, "bias", float(self.bias))

    @property
    def order(self) -> int:
        """Count the values that a prediction reads."""
        return len(self.weights)

    @classmethod
    def fit(cls, series: Tensor, order: int, *, ahead: int = 1) -> "LinearAutoregression":
        """Find the weights and the bias of the smallest squared error on a series (T,).

        With ``ahead=k`` the model predicts the value k places after its window at once, without the
        values between; ``forecast`` is then of no use. Where several models fit equally well, the
        one of smallest norm is taken (on the CPU; on a GPU torch wants one solution).

        ValueError if there are fewer equations than the ``order + 1`` unknowns, or a value isn't
        finite; TypeError if the series isn't of float64 or float32.

        >>> import torch
        >>> from seq2seq_tutor.models import LinearAutoregression
        >>> series = torch.tensor([2, 4, 6, 12, 22, 40, 74, 136], dtype=torch.float64)
        >>> [round(weight, 6) for weight in LinearAutoregression.fit(series, 3).weights.tolist()]
        [1.0, 1.0, 1.0]
        """
        _check_values("series", series)
        if series.dtype not in (torch.float64, torch.float32):
            raise TypeError(f"series must be float64 or float32, got {series.dtype}; use .double()")
        series = series.detach()
        windows, targets = lagged(series, order, ahead=ahead)
        if len(targets) <= order:
            raise ValueError(
                f"{order} weights and a bias need at least {order + 1} equations, and a series of "
                f"{len(series)} gives {len(targets)}; take a longer series or a lower order"
            )
        rows = torch.cat([windows, torch.ones_like(windows[:, :1])], dim=1)
        found = torch.linalg.lstsq(rows, targets).solution
        return cls(found[:-1], float(found[-1]))

    def predict(self, windows: Tensor) -> Tensor:
        """Predict one value for each window: (..., order) -> (...).

        A window is as ``lagged`` gives it, the latest value last.

        >>> import torch
        >>> from seq2seq_tutor.models import LinearAutoregression
        >>> LinearAutoregression(torch.tensor([1.0, 2.0]), 0.5).predict(torch.tensor([3.0, 4.0]))
        tensor(11.5000)
        """
        self._check_windows(windows)
        return windows @ self.weights + self.bias

    def forecast(self, windows: Tensor, steps: int) -> Tensor:
        """Predict ``steps`` values after each window, free running: (..., order) -> (..., steps).

        Each prediction becomes the latest value of the next window; no true value comes in between.

        >>> import torch
        >>> from seq2seq_tutor.models import LinearAutoregression
        >>> halving = LinearAutoregression(torch.tensor([0.5]), 0.0)
        >>> halving.forecast(torch.tensor([[8.0], [4.0]]), steps=3).tolist()
        [[4.0, 2.0, 1.0], [2.0, 1.0, 0.5]]
        """
        self._check_windows(windows)
        check_int("steps", steps, minimum=1)
        values = []
        for _ in range(steps):
            latest = windows @ self.weights + self.bias
            values.append(latest)
            kept = windows[..., 1:]
            windows = torch.cat([kept, latest.unsqueeze(-1)], dim=-1)
        return torch.stack(values, dim=-1)

    def _check_windows(self, windows: Tensor) -> None:
        """Refuse windows of another width or type."""
        _check_values("windows", windows)
        if windows.dim() == 0 or windows.shape[-1] != self.order:
            raise ValueError(
                f"windows must be (..., {self.order}), the order of the model, got "
                f"{_described(windows)}"
            )
        if windows.dtype != self.weights.dtype:
            raise TypeError(
                f"windows are {windows.dtype} and the weights {self.weights.dtype}; make them alike"
            )


def _check_values(name: str, values: Tensor) -> None:
    """Refuse anything but a tensor of finite numbers of a floating type."""
    if not isinstance(values, Tensor) or not values.is_floating_point():
        raise TypeError(
            f"{name} must be a tensor of a floating type, got {_described(values)}; "
            "write torch.tensor(values, dtype=torch.float64)"
        )
    if not values.isfinite().all():
        place = tuple((~values.isfinite()).nonzero()[0].tolist())
        raise ValueError(f"{name} must be finite, and the value at {place} is {values[place]}")


def _described(value: object) -> str:
    """Name a value's type, and a tensor's element type and shape."""
    if isinstance(value, Tensor):
        return f"a tensor of {value.dtype} and shape {tuple(value.shape)}"
    return f"{value!r:.60} ({type(value).__name__})"
