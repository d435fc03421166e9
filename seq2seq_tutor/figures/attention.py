"""The attention table: which source token each target token looked at, as an HTML table.

Chapter: attention. A real table with headers and numbers, no script: a screen reader reads it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from .._checks import check_tokens

_LIGHT, _DARK = (247, 251, 255), (8, 48, 107)  # weight 0 and weight 1


@dataclass(frozen=True)
class AttentionTable:
    """A finished table, which notebooks show as HTML.

    >>> from seq2seq_tutor.figures import attention_table
    >>> attention_table([[0.9, 0.1]], ["我", "来"], ["I"])
    <attention of 1 target token over 2 source tokens>
    """

    html: str
    description: str

    def _repr_html_(self) -> str:
        """Give the table to the notebook."""
        return self.html

    def __repr__(self) -> str:
        """Describe the table in text."""
        return f"<{self.description}>"


def attention_table(
    weights: Sequence[Sequence[float]],
    src_tokens: Sequence[str],
    tgt_tokens: Sequence[str],
    *,
    caption: str = "Attention weights: one row for each target token",
) -> AttentionTable:
    """Draw attention weights (T, S), between 0 and 1, as a table: the darker, the more attention.

    ``weights`` may be a tensor or lists of numbers; every token is escaped.

    ValueError if the weights are not T rows of S numbers between 0 and 1, or there are none.

    >>> from seq2seq_tutor.figures import attention_table
    >>> "<th scope=\\"row\\">I</th>" in attention_table([[0.9, 0.1]], ["我", "来"], ["I"]).html
    True
    """
    check_tokens("src_tokens", src_tokens)
    check_tokens("tgt_tokens", tgt_tokens)
    rows = [[float(weight) for weight in row] for row in weights]
    if not rows or not src_tokens:
        raise ValueError("an attention table needs at least one source and one target token")
    if len(rows) != len(tgt_tokens) or any(len(row) != len(src_tokens) for row in rows):
        raise ValueError(
            f"weights are {len(rows)} rows of {sorted({len(row) for row in rows})} numbers, but there "
            f"are {len(tgt_tokens)} target and {len(src_tokens)} source tokens; cut off the padding"
        )
    for row in rows:
        for weight in row:
            if not -1e-6 <= weight <= 1 + 1e-6:
                raise ValueError(f"a weight is {weight}; attention weights lie between 0 and 1")
    head = "".join(f'<th scope="col">{escape(token)}</th>' for token in src_tokens)
    body = "".join(
        f'<tr><th scope="row">{escape(token)}</th>{"".join(map(_cell, row))}</tr>'
        for token, row in zip(tgt_tokens, rows, strict=True)
    )
    html = (
        '<div style="overflow-x:auto"><table class="attention-table" style="margin:auto">'
        f"<caption>{escape(caption)}</caption><thead><tr><td></td>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )
    plural = "" if len(rows) == 1 else "s"
    return AttentionTable(
        html, f"attention of {len(rows)} target token{plural} over {len(src_tokens)} source tokens"
    )


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
