"""The encoder-decoder as a diagram: what is read, what is written, and where the context goes.

Chapter: encoder-decoder.
"""

from collections.abc import Sequence
from html import escape
from typing import Literal

from .._checks import check_choice, check_tokens
from .html import HtmlFigure

_INK, _ENCODER, _DECODER = "#1f2937", "#dbeafe", "#fef3c7"
_FIRST, _STEP = 58, 72  # the middle of the first column, and from there to the next
_HALF, _HIGH = 22, 30  # half the width of a box, and its height
_READ, _LANE, _WRITE = 34, 124, 172  # tops of the encoder, the context's way, the decoder


def encoder_decoder_diagram(
    src_tokens: Sequence[str],
    tgt_tokens: Sequence[str],
    *,
    context: Literal["initial", "every_step"],
) -> HtmlFigure:
    """Draw an encoder that reads ``src_tokens``, EOS and a decoder that writes ``tgt_tokens``, EOS.

    With ``context="initial"`` the context is the decoder's first state; with ``"every_step"`` it
    also joins each input, drawn as dashed lines.

    ValueError if one side has no token.

    >>> from seq2seq_tutor.figures import encoder_decoder_diagram
    >>> encoder_decoder_diagram(["3", "1"], ["1", "3"], context="initial")
    <the encoder reads 3 1 EOS; its last state is the decoder's first; the decoder writes 1 3 EOS>
    """
    check_tokens("src_tokens", src_tokens)
    check_tokens("tgt_tokens", tgt_tokens)
    check_choice("context", context, ("initial", "every_step"))
    if not src_tokens or not tgt_tokens:
        raise ValueError("the diagram needs at least one source and one target token")
    read, fed, written = [*src_tokens, "EOS"], ["BOS", *tgt_tokens], [*tgt_tokens, "EOS"]
    c, middle = _x(len(read)), _WRITE + _HIGH // 2
    parts = [
        _label(14, 18, "The encoder reads:"),
        _label(14, _WRITE + 98, "The decoder is fed below and writes above."),
    ]
    for column, token in enumerate(read):
        parts += _unit(column, _READ, f"h{column + 1}", token, _ENCODER)
        edge = 18 if column == len(read) - 1 else _HALF
        parts.append(_arrow((_x(column) + _HALF, _READ + 15), (_x(column + 1) - edge, _READ + 15)))
    parts.append(
        f'<circle cx="{c}" cy="{_READ + 15}" r="18" fill="#fff" stroke="{_INK}"></circle>'
        + _text(c, _READ + 20, "c", bold=True)
        + _text(c, _READ - 14, f"c = h{len(read)}")
    )
    parts.append(
        _arrow((c, _READ + 33), (c, _LANE), (14, _LANE), (14, middle), (_x(0) - _HALF, middle))
    )
    for column, (token, output) in enumerate(zip(fed, written, strict=True)):
        parts += _unit(column, _WRITE, f"s{column + 1}", token, _DECODER)
        parts.append(_arrow((_x(column) + 6, _WRITE), (_x(column) + 6, _WRITE - 10)))
        parts.append(_text(_x(column) + 6, _WRITE - 15, output, bold=True))
        if column > 0:
            parts.append(_arrow((_x(column - 1) + _HALF, middle), (_x(column) - _HALF, middle)))
        if context == "every_step":
            gap, below = _x(column) - _HALF - 10, _WRITE + _HIGH + 15
            start = ((c, _LANE), (gap, _LANE)) if gap > c else ((gap, _LANE),)
            parts.append(_arrow(*start, (gap, below), (_x(column) - 1, below), dashed=True))
    every = " and joins its every input" if context == "every_step" else ""
    description = (
        f"the encoder reads {' '.join(read)}; its last state is the decoder's first{every}; "
        f"the decoder writes {' '.join(written)}"
    )
    width = max(c, _x(len(fed) - 1), 360) + 34
    svg = (
        f'<svg role="img" viewBox="0 0 {width} {_WRITE + 108}" width="100%" '
        f'style="max-width:{width}px;background:#fff;display:block;margin:auto" '
        'xmlns="http://www.w3.org/2000/svg" font-family="system-ui,sans-serif" font-size="15">'
        f"<title>{escape(description)}</title>{''.join(parts)}</svg>"
    )
    return HtmlFigure(svg, description)


def _x(column: int) -> int:
    """Give the middle of a column."""
    return _FIRST + column * _STEP


def _unit(column: int, top: int, name: str, token: str, fill: str) -> list[str]:
    """Draw one step: its state as a box, its input below."""
    x, bottom = _x(column), top + _HIGH
    return [
        f'<rect x="{x - _HALF}" y="{top}" width="{2 * _HALF}" height="{_HIGH}" rx="6" '
        f'fill="{fill}" stroke="{_INK}"></rect>',
        _text(x, top + 20, name),
        _arrow((x, bottom + 24), (x, bottom)),
        _text(x, bottom + 40, token, bold=True),
    ]


def _arrow(*points: tuple[int, int], dashed: bool = False) -> str:
    """Draw lines from point to point, along the axes, with a head at the last."""
    (x0, y0), (x, y) = points[-2:]
    dx, dy = (x > x0) - (x < x0), (y > y0) - (y < y0)
    base_x, base_y = x - 7 * dx, y - 7 * dy
    head = f"{x},{y} {base_x + 4 * dy},{base_y + 4 * dx} {base_x - 4 * dy},{base_y - 4 * dx}"
    line = " ".join(f"{px},{py}" for px, py in (*points[:-1], (base_x, base_y)))
    dashes = ' stroke-dasharray="4 3"' if dashed else ""
    return (
        f'<polyline points="{line}" fill="none" stroke="{_INK}" stroke-width="1.5"{dashes}>'
        f'</polyline><polygon points="{head}" fill="{_INK}"></polygon>'
    )


def _text(x: int, y: int, text: str, *, bold: bool = False) -> str:
    """Write a text in the middle of x."""
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x}" y="{y}" text-anchor="middle" fill="{_INK}"{weight}>{escape(text)}</text>'


def _label(x: int, y: int, text: str) -> str:
    """Write a small text that begins at x."""
    return f'<text x="{x}" y="{y}" font-size="13" fill="#4b5563">{escape(text)}</text>'
