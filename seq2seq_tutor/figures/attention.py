"""The attention table: which source token each target token looked at, as an HTML table.

Chapter: attention. A real table with headers and numbers, no script: a screen reader reads it.
"""

import math
from collections.abc import Sequence
from typing import Any

from .._checks import check_str, check_tokens
from .html import HtmlFigure, visible

_LIGHT, _DARK = (247, 251, 255), (8, 48, 107)  # weight 0 and weight 1


def attention_table(
    weights: Sequence[Sequence[float]],
    src_tokens: Sequence[str],
    tgt_tokens: Sequence[str],
    *,
    caption: str = "Attention weights: one row for each target token",
) -> HtmlFigure:
    """Draw attention weights (T, S), between 0 and 1, as a table: the darker, the more attention.

    ``weights`` may be a tensor or lists of numbers; every token is escaped.

    TypeError if the weights are not rows of numbers; ValueError if they are not T rows of S numbers
    between 0 and 1, or there are none.

    >>> from seq2seq_tutor.figures import attention_table
    >>> attention_table([[0.9, 0.1]], ["我", "来"], ["I"])
    <attention of 1 target token over 2 source tokens>
    >>> "<th scope=\\"row\\">I</th>" in attention_table([[0.9, 0.1]], ["我", "来"], ["I"]).html
    True
    """
    check_tokens("src_tokens", src_tokens)
    check_tokens("tgt_tokens", tgt_tokens)
    check_str("caption", caption)
    rows = _rows(weights)
    if not rows or not src_tokens:
        raise ValueError("an attention table needs at least one source and one target token")
    if len(rows) != len(tgt_tokens) or any(len(row) != len(src_tokens) for row in rows):
        raise ValueError(
            f"weights are {len(rows)} rows of {sorted({len(row) for row in rows})} numbers, but "
            f"there are {len(tgt_tokens)} target and {len(src_tokens)} source tokens; "
            "cut off the padding"
        )
    for t, row in enumerate(rows):
        for s, weight in enumerate(row):
            if not -1e-6 <= weight <= 1 + 1e-6:
                raise ValueError(
                    f"weights[{t}][{s}] is {weight}; attention weights lie between 0 and 1"
                )
    head = "".join(f'<th scope="col">{visible(token)}</th>' for token in src_tokens)
    body = "".join(
        f'<tr><th scope="row">{visible(token)}</th>{"".join(map(_cell, row))}</tr>'
        for token, row in zip(tgt_tokens, rows, strict=True)
    )
    html = (
        f'<div style="overflow-x:auto" tabindex="0" role="region" aria-label="{visible(caption)}">'
        '<table class="attention-table" style="margin:auto">'
        f"<caption>{visible(caption)}</caption><thead><tr><td></td>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )
    target, source = _count(len(rows), "target token"), _count(len(src_tokens), "source token")
    return HtmlFigure(html, f"attention of {target} over {source}")


def _rows(weights: Any) -> list[list[float]]:
    """Turn a tensor or lists of numbers into lists of floats."""
    if hasattr(weights, "tolist"):
        weights = weights.tolist()
    try:
        return [[float(weight) for weight in row] for row in weights]
    except TypeError:
        raise TypeError(
            "weights must be rows of numbers, (T, S): one sentence, not a batch, and not one row"
        ) from None


def _count(number: int, noun: str) -> str:
    """Write a number and its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _cell(weight: float) -> str:
    """Draw one weight, in white or black, whichever can be read on its background."""
    weight = min(max(weight, 0.0), 1.0)
    colour = [
        round(light + (dark - light) * weight) for light, dark in zip(_LIGHT, _DARK, strict=True)
    ]
    ink = "#fff" if _luminance(colour) < 0.179 else "#000"
    return (
        f'<td style="background:rgb({colour[0]},{colour[1]},{colour[2]});color:{ink};'
        f'text-align:center;padding:.2em .5em">{weight:.2f}</td>'
    )


def _luminance(colour: Sequence[int]) -> float:
    """Give the relative luminance of an sRGB colour, as WCAG 2.2 defines it."""
    linear = [
        value / 12.92 if value <= 0.04045 else math.pow((value + 0.055) / 1.055, 2.4)
        for value in (channel / 255 for channel in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
