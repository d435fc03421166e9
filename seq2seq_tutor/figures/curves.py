"""Curves: several series of numbers over one axis.

Chapters: all that train.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours and four line styles: told apart without colour vision and in print.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000")
_LINES = ("-", "--", "-.", ":")


def plot_curves(
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    xlabel: str,
    ylabel: str,
    log_y: bool = False,
) -> "Figure":
    """Draw each series, ``{label: (x, y)}``, as a line; labels in Latin letters.

    Labels are shown as they are written: ``$`` begins no mathematics. Returns a figure that a
    notebook shows once, and that is closed already.

    TypeError if a series is not a tuple (x, y); ValueError if there is no series, or one has not as
    many x as y, or its label begins with ``_``.

    >>> from seq2seq_tutor.figures import plot_curves
    >>> figure = plot_curves({"loss": ([0, 1], [2.0, 1.0])}, xlabel="step", ylabel="loss (nats)")
    >>> figure.axes[0].get_xlabel()
    'step'
    """
    if not series:
        raise ValueError("there is no series to draw")
    for label, points in series.items():
        if not isinstance(points, tuple) or len(points) != 2:
            raise TypeError(f"series {label!r} must be a tuple (x, y), got {points!r:.60}")
        if label.startswith("_"):
            raise ValueError(
                f"label {label!r} begins with '_', and matplotlib leaves it out; rename the series"
            )
        x, y = points
        if len(x) != len(y) or len(x) == 0:
            raise ValueError(
                f"series {label!r} has {len(x)} x and {len(y)} y; it needs as many of each"
            )
    from matplotlib import pyplot as plt
    from matplotlib.ticker import MaxNLocator

    figure, axes = plt.subplots(figsize=(4.8, 3.1), layout="constrained")
    plt.close(figure)  # before drawing, so that an error leaves no figure open either
    for number, (label, (x, y)) in enumerate(series.items()):
        axes.plot(
            x,
            y,
            _LINES[number % len(_LINES)],
            color=_COLOURS[number % len(_COLOURS)],
            label=label,
            linewidth=2,
        )
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    if log_y:
        axes.set_yscale("log")
    if all(float(value).is_integer() for x, _ in series.values() for value in x):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))  # no epoch 1.5
    axes.grid(alpha=0.3)
    if len(series) > 1:
        for text in axes.legend().get_texts():
            text.set_parse_math(False)
    return figure
