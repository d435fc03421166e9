"""A chapter as Markdown, for reading, for review, and for `git diff`."""

import html
import re
from typing import Any

import notebook_form as form

# Style sheets and scripts go with what they hold, other tags go alone; cells of a table keep apart.
HIDDEN_HTML = re.compile(r"<(style|script)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
END_OF_LINE = re.compile(r"</(?:tr|p|div|caption|title|desc|text|li|h\d)>|<br */?>", re.IGNORECASE)
TAG = re.compile(r"<[^>]*>")


def as_markdown(notebook: Any) -> str:
    """Return a notebook as Markdown: prose as it is, code and printed text in fences."""
    return "\n\n".join(part for cell in notebook.cells for part in _cell(cell)) + "\n"


def _cell(cell: Any) -> list[str]:
    if cell.cell_type != "code":
        return [cell.source]
    tags = form.tags(cell)
    return [
        *([f"[tags: {', '.join(tags)}]"] if tags else []),
        _fence("python", cell.source),
        *(_output(output) for output in cell.outputs),
    ]


def _output(output: Any) -> str:
    if output.output_type == "stream":
        return _fence(output.name, output.text)
    if output.output_type == "error":
        return _fence("error", f"{output.ename}: {output.evalue}")
    data = output.data
    if "image/png" in data:
        return f"[image/png {form.image_size(data['image/png']) // 1000} kB]"
    for kind in ("text/html", "image/svg+xml"):
        if kind in data:
            return _fence(kind, _words(data[kind]))
    return _fence("output", data.get("text/plain", ", ".join(data)))


def _words(markup: str) -> str:
    """Return the text of some HTML or SVG, a line for each row or paragraph."""
    lines = END_OF_LINE.sub("\n", HIDDEN_HTML.sub("", markup)).split("\n")
    words = (" ".join(html.unescape(TAG.sub(" ", line)).split()) for line in lines)
    return "\n".join(line for line in words if line)


def _fence(info: str, text: str) -> str:
    """Fence a text with more backticks than it holds in a row."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{info}\n{text.rstrip()}\n{fence}"
