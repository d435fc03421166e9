"""What a stored chapter must be, one function a rule.

Each rule yields (number of the cell, what is wrong and what to do); number 0 is the whole file.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

import notebook_form as form

TAGS = {"hide-input", "hide-output", "nbval-ignore-output", "needs-data", "raises-exception"}
MAX_IMAGE, MAX_NOTEBOOK = 60_000, 400_000  # bytes

ANSI = re.compile(r"\x1b\[[0-9;]*m")
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}")
ABSOLUTE_PATH = re.compile(r"(?<![\w.-])/(?:home|tmp|root|content|Users)/|\bC:\\")

Problems = Iterator[tuple[int, str]]


def problems(path: Path, root: Path = form.ROOT) -> list[tuple[int, str]]:
    """Return everything that is wrong with a stored chapter, in the order of its cells."""
    text = path.read_text(encoding="utf-8")
    try:
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
    except (nbformat.ValidationError, nbformat.reader.NotJSONError, TypeError) as error:
        return [(0, f"not a valid notebook: {str(error).splitlines()[0]}")]
    found = list(_file(text, notebook)) + list(_setup(notebook, form.setup_lines(root)))
    for rule in CELL_RULES:
        found += rule(notebook)
    return sorted(found, key=lambda problem: problem[0])


def _file(text: str, notebook: Any) -> Problems:
    if text != form.dumps(notebook):
        yield 0, "not in canonical form; store it with 'tools/notebooks.py run'"
    if (size := len(text.encode())) > MAX_NOTEBOOK:
        yield 0, f"{size // 1000} kB, over {MAX_NOTEBOOK // 1000} kB; show less, or split it"


def _setup(notebook: Any, expected: str) -> Problems:
    cells = form.code_cells(notebook)
    if not cells:
        yield 0, "no code cell; the first one sets the chapter up"
    elif not (cells[0][1].source + "\n").startswith(expected):
        yield cells[0][0], "doesn't begin with the set-up lines; run 'tools/notebooks.py address'"


def _metadata(notebook: Any) -> Problems:
    for key in form.foreign_keys(notebook.metadata, form.NOTEBOOK_METADATA):
        yield 0, f"foreign metadata {key!r}; store the chapter with 'tools/notebooks.py run'"
    for number, cell in enumerate(notebook.cells, 1):
        for key in form.foreign_keys(cell.metadata, form.CELL_METADATA):
            yield number, f"foreign metadata {key!r}; store it with 'tools/notebooks.py run'"


def _run_in_order(notebook: Any) -> Problems:
    for count, (number, cell) in enumerate(form.code_cells(notebook), 1):
        if not cell.source.strip():
            yield number, "an empty code cell; delete it"
        if cell.execution_count != count:
            yield number, f"run as {cell.execution_count}, not as {count}; run the chapter again"


def _tags(notebook: Any) -> Problems:
    for number, cell in enumerate(notebook.cells, 1):
        for tag in form.tags(cell):
            if tag == "nbval-skip":
                yield number, "tagged nbval-skip; every cell is run, so remove the tag"
            elif tag not in TAGS:
                yield number, f"unknown tag {tag!r}; the tags are {', '.join(sorted(TAGS))}"


def _outputs(notebook: Any) -> Problems:
    for number, cell in form.code_cells(notebook):
        if form.says_data_is_missing(cell):
            yield number, "stored without its data; set SEQ2SEQ_TUTOR_DATA and run it again"
        for output in cell.outputs:
            if output.get("name") == "stderr":
                yield number, f"wrote to stderr: {output.text[:60]!r}; mend the cause"
            if output.output_type == "error" and "raises-exception" not in form.tags(cell):
                yield number, f"failed with {output.ename}; mend it, or tag it raises-exception"
            if any(kind.startswith("application/") for kind in output.get("data", {})):
                yield number, "shows a widget; show text, or 'from tqdm import tqdm' for a bar"


def _portable(notebook: Any) -> Problems:
    for number, cell in form.code_cells(notebook):
        shown = [ANSI.sub("", text) for output in cell.outputs for text in _texts(output)]
        for match in _matches(ADDRESS, shown):
            yield number, f"memory address {match} in the output; print something else"
        for match in _matches(ABSOLUTE_PATH, [cell.source, *shown]):
            yield number, f"absolute path {match}...; use a relative one, or print its name only"


def _figures(notebook: Any) -> Problems:
    for number, cell in form.code_cells(notebook):
        images = [o.data["image/png"] for o in cell.outputs if "image/png" in o.get("data", {})]
        for image in images:
            if (size := form.image_size(image)) > MAX_IMAGE:
                yield number, f"an image of {size // 1000} kB, over 60 kB; make it plainer"
        mystnb = cell.metadata.get("mystnb", {})
        given = {**mystnb.get("figure", {}), **mystnb.get("image", {})}
        missing = [key for key in ("caption", "name", "alt") if not given.get(key)]
        if images and missing:
            where = "mystnb.figure (caption, name) and mystnb.image (alt)"
            yield number, f"a figure without {', '.join(missing)}; give it in its cell's {where}"


def _compared(notebook: Any) -> Problems:
    cells = [cell for _, cell in form.code_cells(notebook)]
    followers = [*cells[1:], None]
    for (number, cell), follower in zip(form.code_cells(notebook), followers, strict=False):
        if not _is_ignored(cell) or "needs-data" in form.tags(cell):
            continue
        if follower is None or _is_ignored(follower) or not _asserts(follower):
            yield number, "not compared, and the next code cell asserts nothing; add a check"
    ignored = [cell for cell in cells if _is_ignored(cell)]
    compared = [cell for cell in cells if not _is_ignored(cell) and cell.outputs]
    if len(ignored) > len(compared):
        yield 0, f"{len(ignored)} cells are not compared and only {len(compared)} are; compare more"


def _device(notebook: Any) -> Problems:
    for number, cell in form.code_cells(notebook)[1:]:
        if _uses_device(cell) and not _is_ignored(cell):
            yield number, "uses device, so it may differ on a GPU; tag it nbval-ignore-output"


CELL_RULES = (
    _metadata,
    _run_in_order,
    _tags,
    _outputs,
    _portable,
    _figures,
    _compared,
    _device,
)


def _is_ignored(cell: Any) -> bool:
    return "nbval-ignore-output" in form.tags(cell)


def _asserts(cell: Any) -> bool:
    names = {getattr(node, "id", getattr(node, "attr", "")) for node in _nodes(cell.source)}
    return any(isinstance(node, ast.Assert) for node in _nodes(cell.source)) or any(
        name.startswith("assert_") for name in names
    )


def _uses_device(cell: Any) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "device" for node in _nodes(cell.source))


def _nodes(source: str) -> list[ast.AST]:
    """Return the syntax tree of a cell, its %magics translated first."""
    try:
        return list(ast.walk(ast.parse(TransformerManager().transform_cell(source))))
    except SyntaxError:  # a cell may show one
        return []


def _texts(output: Any) -> list[str]:
    """Return what an output shows in words: its stream, its traceback or its text data."""
    if output.output_type == "stream":
        return [output.text]
    if output.output_type == "error":
        return [output.evalue, *output.traceback]
    return [data for kind, data in output.data.items() if not kind.startswith("image/p")]


def _matches(pattern: re.Pattern[str], texts: list[str]) -> list[str]:
    """Return what a pattern finds in some texts, each find once."""
    return sorted({match for text in texts for match in pattern.findall(text)})
