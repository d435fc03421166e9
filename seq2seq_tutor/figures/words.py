"""The word graph as a table: the characters on top, below them every word where it stands.

Chapter: Chinese segmentation.
"""

from collections.abc import Sequence

from .._checks import check_text, check_tokens, is_int
from .html import HtmlFigure, visible

_CELL = "text-align:center;padding:.2em .6em;border:1px solid #6b7280"
_CHOSEN = f"{_CELL};background:#fef3c7;color:#1f2937;font-weight:600"


def word_graph_table(
    text: str, graph: Sequence[Sequence[int]], words: Sequence[str] = ()
) -> HtmlFigure:
    """Draw what ``word_graph`` gives: a bar for each word, over the characters that it covers.

    The chosen ``words``, if there are any, fill the first row, in bold. Words share a row where
    they don't overlap.

    TypeError if the text is not a str or an end in the graph not an int; ValueError if there is no
    character, or half a surrogate pair, the graph is another text's, the words joined are not the
    text, or one of them is empty or not in the graph.

    >>> from seq2seq_tutor.figures import word_graph_table
    >>> word_graph_table("研究生", [[1, 2, 3], [2], [3]], ["研究", "生"])
    <the word graph of 研究生: 研 研究 研究生 究 生; chosen: 研究 生>
    """
    check_text("text", text)
    check_tokens("words", words)
    size = len(text)
    if not text:
        raise ValueError("the text has no character to draw")
    for start, ends in enumerate(graph):
        for end in ends:
            if not is_int(end):
                raise TypeError(f"graph[{start}] must hold ints, got {end!r:.60}")
    if len(graph) != size or any(
        not start < end <= size for start, ends in enumerate(graph) for end in ends
    ):
        raise ValueError(f"the graph of {len(graph)} places is not one of {text!r:.60}")
    if words and "".join(words) != text:
        raise ValueError(f"the words, joined, are {''.join(words)!r:.60}, not {text!r:.60}")
    if "" in words:
        raise ValueError(f"words[{list(words).index('')}] is empty; a word has characters")
    chosen, start = [], 0
    for word in words:
        chosen.append((start, start + len(word)))
        start += len(word)
    arcs = [(start, int(end)) for start, ends in enumerate(graph) for end in ends]
    for start, end in chosen:
        if (start, end) not in arcs:
            raise ValueError(f"{text[start:end]!r} at place {start} is no word of the graph")
    rows = [chosen] if chosen else []
    # Of the others the long ones first, each in the first row that has room.
    others: list[list[tuple[int, int]]] = []
    for arc in sorted(set(arcs) - set(chosen), key=lambda arc: (arc[0] - arc[1], arc)):
        for row in others:
            if all(arc[1] <= start or end <= arc[0] for start, end in row):
                row.append(arc)
                break
        else:
            others.append([arc])
    head = "".join(f'<th scope="col">{visible(character)}</th>' for character in text)
    body = "".join(_row(text, row, chosen=row is chosen) for row in [*rows, *others])
    description = f"the word graph of {text}: {' '.join(text[a:b] for a, b in arcs)}"
    if words:
        description += f"; chosen: {' '.join(words)}"
    caption = f"Every word in {text}" + ("; the first row is the chosen path" if words else "")
    html = (
        '<div style="overflow-x:auto" tabindex="0" role="region" aria-label="word graph">'
        '<table class="word-graph" style="margin:auto;border-collapse:collapse">'
        f"<caption>{visible(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )
    return HtmlFigure(html, description)


def _row(text: str, arcs: Sequence[tuple[int, int]], *, chosen: bool) -> str:
    """Draw words that don't overlap, and the gaps between them."""
    cells, place = "", 0
    for start, end in sorted(arcs):
        if start > place:
            cells += f'<td colspan="{start - place}"></td>'
        style = _CHOSEN if chosen else _CELL
        cells += f'<td colspan="{end - start}" style="{style}">{visible(text[start:end])}</td>'
        place = end
    if place < len(text):
        cells += f'<td colspan="{len(text) - place}"></td>'
    return f"<tr>{cells}</tr>"
