"""Curves: what is drawn is what was given, and no figure is left open."""

import io

import matplotlib as mpl
import pytest

from seq2seq_tutor.figures import plot_curves


@pytest.fixture(autouse=True)
def plt():
    mpl.use("agg")
    from matplotlib import pyplot as plt

    plt.close("all")
    yield plt
    plt.close("all")


def draw(labels, **options):
    series = {label: ([0, 1, 2], [3.0, 2.0 + i, 1.0]) for i, label in enumerate(labels)}
    return plot_curves(series, xlabel="step", ylabel="loss (nats)", **options)


def png(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def legend(figure):
    drawn = figure.axes[0].get_legend()
    return drawn and [text.get_text() for text in drawn.get_texts()]


def test_lines_and_labels_are_those_given():
    figure = draw(["train", "valid"])
    (axes,) = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("step", "loss (nats)")
    assert [line.get_xydata().tolist() for line in axes.lines] == [
        [[0, 3], [1, 2], [2, 1]],
        [[0, 3], [1, 3], [2, 1]],
    ]
    assert legend(figure) == ["train", "valid"]
    assert png(figure).startswith(b"\x89PNG")


def test_one_series_needs_no_legend():
    assert legend(draw(["train"])) is None


@pytest.mark.parametrize(("log_y", "scale"), [(True, "log"), (False, "linear")])
def test_the_axis_is_logarithmic_if_asked(log_y, scale):
    assert draw(["train"], log_y=log_y).axes[0].get_yscale() == scale


def test_ten_lines_are_told_apart_by_colour_or_dashes():
    lines = draw("abcdefghij").axes[0].lines
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 10


def test_no_figure_stays_open_however_many_are_drawn(plt):
    for _ in range(25):  # from the 21st open figure on, matplotlib warns
        draw(["train"])
    assert plt.get_fignums() == []


def test_the_readers_own_figure_stays_open_and_current(plt):
    own = plt.figure()
    draw(["train"])
    assert plt.get_fignums() == [own.number]
    assert plt.gcf() is own


def test_an_error_in_drawing_leaves_no_figure_open(plt):
    with pytest.raises((TypeError, ValueError)):
        plot_curves({"train": ([0], [object()])}, xlabel="step", ylabel="loss")
    assert plt.get_fignums() == []


@pytest.mark.parametrize("label", ["$x^{$", "$5 or $6", "a_b", "50%", "\\alpha", "<b>"])
def test_labels_are_shown_as_they_are_written(label):
    figure = draw([label, "other"])
    assert legend(figure) == [label, "other"]
    assert png(figure).startswith(b"\x89PNG")
    assert not any(text.get_parse_math() for text in figure.axes[0].get_legend().get_texts())


@pytest.mark.parametrize(
    ("series", "error", "said"),
    [
        ({}, ValueError, "no series to draw"),
        ({"loss": ([], [])}, ValueError, "series 'loss' has 0 x and 0 y"),
        ({"a": ([1], [1]), "b": ([1, 2], [1])}, ValueError, "series 'b' has 2 x and 1 y"),
        (
            {"loss": [3.0, 2.0, 1.0]},
            TypeError,
            r"series 'loss' must be a tuple \(x, y\), got \[3\.0",
        ),
        ({"loss": [3.0, 2.0]}, TypeError, r"series 'loss' must be a tuple \(x, y\)"),
        ({"_loss": ([0], [1])}, ValueError, "label '_loss' begins with '_', .* rename the series"),
    ],
)
def test_what_cannot_be_drawn_is_refused(plt, series, error, said):
    with pytest.raises(error, match=said):
        plot_curves(series, xlabel="x", ylabel="y")
    assert plt.get_fignums() == []


@pytest.mark.parametrize(("x", "whole"), [([1, 2, 3], True), ([0.0, 0.25, 0.5], False)])
def test_whole_numbers_get_whole_ticks(x, whole):
    figure = plot_curves({"loss": (x, [3.0, 2.0, 1.0])}, xlabel="epoch", ylabel="loss")
    ticks = figure.axes[0].get_xticks()
    assert all(tick == round(tick) for tick in ticks) == whole
