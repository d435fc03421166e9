"""The beam tree: what a beam search looked at, what it kept, and what it dropped.

Chapter: search. One column a step; in it all extensions by one token of the hypotheses that were
live, beside their parents.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import east_asian_width

from .._checks import check_tokens
from ..text.vocab import EOS
from .html import HtmlFigure, visible

if TYPE_CHECKING:
    import torch

    from ..decoding import Hypothesis

_INK, _PALE, _DROPPED = "#1f2937", "#d1d5db", "#6b7280"
_FILL = {"kept": "#dbeafe", "ended": "#fef3c7", "dropped": "none"}
_MEANING = {"kept": "followed", "ended": "ended", "dropped": "dropped"}
_TOP, _ROW, _HIGH = 26, 24, 20  # the first row's top, from row to row, a box's height
_MARGIN, _ROOT, _GAP, _NUMBER = 4, 36, 20, 40  # widths: margin, root, between columns, a number
_MAX_STEPS, _MAX_ROWS = 6, 30


class _Node(NamedTuple):
    """One prefix in the tree: where it stands, and what became of it."""

    prefix: tuple[int, ...]
    log_prob: float
    fate: str  # a key of _MEANING


def beam_tree(
    trace: "Mapping[tuple[int, ...], torch.Tensor]",
    hypotheses: "Sequence[Hypothesis]",
    names: Sequence[str],
) -> HtmlFigure:
    """Draw a beam search of one sentence as a tree, from the ``trace`` of it and its n-best list.

    A box holds a token, ``names[id]`` or EOS, and the probability of the output up to it. Followed
    are the extensions that the search stepped on from or gave back unfinished; ended are the
    finished ``hypotheses``; all others with a probability above 0 are dropped, a finished one too
    if it is not in the n-best list. Thick lines lead to the first hypothesis.

    ValueError if the trace is empty or another search's, a name is missing, or the tree has more
    than 6 steps or 30 extensions at one step.

    >>> from seq2seq_tutor.decoding import beam_search, trace
    >>> from seq2seq_tutor.figures import beam_tree
    >>> from seq2seq_tutor.models import LanguageModel
    >>> model = LanguageModel(5, 3, 4).eval()
    >>> step, state, record = trace(model.step, model.start(rows=1))
    >>> [found] = beam_search(step, state, beam_size=2, max_len=1, n_best=2)
    >>> figure = beam_tree(record, found, ["<pad>", "<bos>", "<eos>", "<unk>", "A"])
    >>> figure.description.startswith("beam search, step 1: ")
    True
    """
    check_tokens("names", names)
    columns = _columns(trace, hypotheses)
    _refuse_what_does_not_fit(columns, names)
    names = ["EOS" if token == EOS else name for token, name in enumerate(names)]
    wide = max(_width(names[node.prefix[-1]]) for column in columns for node in column)
    box = math.ceil(wide) + _NUMBER + 12
    rows = max(map(len, columns))
    # Where the lines to a prefix's extensions begin.
    place: dict[tuple[int, ...], tuple[int, float]] = {
        (): (_MARGIN + _ROOT, _TOP + rows * _ROW / 2)
    }
    best = hypotheses[0].tokens if hypotheses else ()
    boxes = [_root(_TOP + rows * _ROW / 2)]
    lines: dict[str, list[str]] = {fate: [] for fate in ("dropped", "kept", "ended")}
    for number, column in enumerate(columns, start=1):
        left = _MARGIN + _ROOT + number * _GAP + (number - 1) * box
        boxes.append(_text(left + box / 2, 16, f"step {number}", fill=_DROPPED, anchor="middle"))
        top = _TOP + (rows - len(column)) * _ROW / 2
        for row, node in enumerate(column):
            y = top + (row + 0.5) * _ROW
            place[node.prefix] = (left + box, y)
            x0, y0 = place[node.prefix[:-1]]
            lines[node.fate].append(_line(x0, y0, left, y, node, best[:number] == node.prefix))
            boxes.append(_box(left, y, box, node, names[node.prefix[-1]]))
    height = _TOP + rows * _ROW + 34
    legend, least = _legend(height - 12)
    width = max(_MARGIN * 2 + _ROOT + len(columns) * (_GAP + box), least)
    description = _describe(columns, names)
    drawn = [*lines["dropped"], *lines["kept"], *lines["ended"], *boxes, *legend]
    svg = (
        f'<svg role="img" viewBox="0 0 {width} {height}" width="100%" style="max-width:'
        f"{round(1.3 * width)}px;min-width:{round(0.9 * width)}px;background:#fff;display:block;"
        'margin:auto" xmlns="http://www.w3.org/2000/svg" font-family="system-ui,sans-serif" '
        f'font-size="13"><title>{visible(description)}</title>{"".join(drawn)}</svg>'
    )
    html = (
        '<div style="overflow-x:auto" tabindex="0" role="region" aria-label="beam tree">'
        f"{svg}</div>"
    )
    return HtmlFigure(html, description)


def _columns(
    trace: "Mapping[tuple[int, ...], torch.Tensor]", hypotheses: "Sequence[Hypothesis]"
) -> list[list[_Node]]:
    """Give the extensions at each step, those of one parent together, in their parents' order."""
    if () not in trace:
        raise ValueError("the trace is empty; search with the step and state that trace() gave")
    results = {hypothesis.tokens: hypothesis.finished for hypothesis in hypotheses}
    columns, parents = [], [_Node((), 0.0, "kept")]
    while parents:
        column = []
        for parent in parents:
            gains = [float(gain) for gain in trace[parent.prefix]]
            # EOS last, where a reader looks for an end.
            for token in sorted(range(len(gains)), key=lambda token: (token == EOS, token)):
                prefix = (*parent.prefix, token)
                finished = results.get(prefix, False)
                followed = prefix in trace or prefix in results
                fate = "ended" if finished else "kept" if followed else "dropped"
                if gains[token] > -math.inf:
                    column.append(_Node(prefix, parent.log_prob + gains[token], fate))
        columns.append(column)
        parents = [node for node in column if node.prefix in trace]
    drawn = {node.prefix for column in columns for node in column}
    for tokens in results:
        if tokens not in drawn:
            raise ValueError(f"the hypothesis {tokens} is not of this trace")
    return columns


def _refuse_what_does_not_fit(columns: list[list[_Node]], names: Sequence[str]) -> None:
    """Refuse a tree that nobody could read, and one without names."""
    if len(columns) > _MAX_STEPS:
        raise ValueError(
            f"the tree has {len(columns)} steps, and {_MAX_STEPS} can be read; lower max_len"
        )
    for number, column in enumerate(columns, start=1):
        if len(column) > _MAX_ROWS:
            raise ValueError(
                f"the tree has {len(column)} extensions at step {number}, and {_MAX_ROWS} can be "
                "read; draw a smaller beam or vocabulary"
            )
        for node in column:
            if node.prefix[-1] >= len(names):
                raise ValueError(
                    f"names has {len(names)} tokens, and none for the id {node.prefix[-1]}"
                )


def _describe(columns: list[list[_Node]], names: Sequence[str]) -> str:
    """Say in words what was followed and what ended at each step."""
    steps = []
    for number, column in enumerate(columns, start=1):
        parts = []
        for fate in ("kept", "ended"):
            nodes = sorted((n for n in column if n.fate == fate), key=lambda n: -n.log_prob)
            texts = [
                f"{' '.join(names[token] for token in n.prefix)} {_probability(n)}" for n in nodes
            ]
            if texts:
                parts.append(f"{_MEANING[fate]} {', '.join(texts)}")
        dropped = sum(n.fate == "dropped" for n in column)
        steps.append(f"step {number}: {'; '.join([*parts, f'{dropped} dropped'])}")
    return f"beam search, {'. '.join(steps)}"


def _probability(node: _Node) -> str:
    """Write a probability with three decimals, the same on every machine."""
    probability = round(math.exp(node.log_prob), 6)  # away from the edge of the third decimal
    return f"{probability:.3f}" if probability >= 0.0005 else "<0.001"


def _width(token: str) -> float:
    """Estimate the width of a token in bold, in units of the drawing."""
    return sum(13.0 if east_asian_width(character) in "WF" else 9.0 for character in token)


def _root(y: float) -> str:
    """Draw where the search begins."""
    return _rectangle(_MARGIN, y, _ROOT, "kept") + _text(
        _MARGIN + _ROOT / 2, y + 4.5, "BOS", anchor="middle", size=12
    )


def _box(left: float, y: float, width: float, node: _Node, name: str) -> str:
    """Draw one extension."""
    dropped = node.fate == "dropped"
    ink = _DROPPED if dropped else _INK
    return (
        ("" if dropped else _rectangle(left, y, width, node.fate))
        + _text(left + 6, y + 4.5, name, fill=ink, bold=not dropped)
        + _text(left + width - 5, y + 4.5, _probability(node), fill=ink, anchor="end", size=12)
    )


def _rectangle(left: float, y: float, width: float, fate: str) -> str:
    """Draw a box: square where the search went on, round and thick where it ended."""
    radius, stroke = (10, 2) if fate == "ended" else (3, 1)
    return (
        f'<rect x="{left:g}" y="{y - _HIGH / 2:g}" width="{width:g}" height="{_HIGH}" '
        f'rx="{radius}" fill="{_FILL[fate]}" stroke="{_INK}" stroke-width="{stroke}"></rect>'
    )


def _line(x0: float, y0: float, x: float, y: float, node: _Node, thick: bool) -> str:
    """Draw the way from a parent to its extension."""
    colour = _PALE if node.fate == "dropped" else _INK
    return (
        f'<line x1="{x0:g}" y1="{y0:g}" x2="{x:g}" y2="{y:g}" stroke="{colour}" '
        f'stroke-width="{3 if thick else 1}"></line>'
    )


def _legend(y: float) -> tuple[list[str], int]:
    """Explain boxes and lines; give the parts and the width they need."""
    parts, x = [], _MARGIN
    for fate, meaning in _MEANING.items():
        if fate != "dropped":
            parts.append(_rectangle(x, y - 4, 22, fate))
        ink = _DROPPED if fate == "dropped" else _INK
        start = x if fate == "dropped" else x + 28
        parts.append(_text(start, y, meaning, fill=ink, size=12))
        x = start + 8 * len(meaning) + 10
    parts.append(f'<path d="M{x} {y - 4}h22" stroke="{_INK}" stroke-width="3"></path>')
    parts.append(_text(x + 28, y, "best", size=12))
    return parts, x + 28 + 36


def _text(
    x: float,
    y: float,
    text: str,
    *,
    fill: str = _INK,
    anchor: str = "start",
    bold: bool = False,
    size: int = 13,
) -> str:
    """Write a text."""
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size}" fill="{fill}"'
        f"{weight}>{visible(text)}</text>"
    )
