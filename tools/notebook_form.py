"""Where the chapters are, and the one form they are stored in.

A run that changes nothing changes no byte: everything that differs between two runs or two
editors is left out, and what remains is written in one way.
"""

import uuid
from pathlib import Path
from typing import Any

import nbformat
import yaml

ROOT = Path(__file__).resolve().parent.parent

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}

# The metadata that is kept. None keeps a whole value, a dict keeps the named parts of it.
NOTEBOOK_METADATA: dict[str, Any] = {
    "accelerator": None,
    "colab": {"gpuType": None, "provenance": None, "toc_visible": None},
    "kernelspec": {"display_name": None, "language": None, "name": None},
}
CELL_METADATA: dict[str, Any] = {
    "jupyter": {"source_hidden": None},
    "mystnb": {"figure": None, "image": None},
    "tags": None,
}

SETUP = """\
import sys

if "google.colab" in sys.modules:
    %pip install -q "seq2seq-tutor @ git+{url}@{ref}"
"""


def chapters(root: Path = ROOT) -> list[Path]:
    """Return the notebooks that ``_toc.yml`` names, in the order of the book."""
    notebooks = [root / f"{page}.ipynb" for page in pages(root)]
    return [path for path in notebooks if path.exists()]


def pages(root: Path = ROOT) -> list[str]:
    """Return the pages that ``_toc.yml`` names, in the order of the book."""
    return _pages(yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8")))


def _pages(entry: Any) -> list[str]:
    """Collect every ``root`` and ``file`` of a table of contents, from the top down."""
    if isinstance(entry, list):
        return [page for item in entry for page in _pages(item)]
    if not isinstance(entry, dict):
        return []
    own = [entry[key] for key in ("root", "file") if key in entry]
    return own + [page for value in entry.values() for page in _pages(value)]


def setup_lines(root: Path = ROOT) -> str:
    """Return the lines that open every chapter, for the repository that ``_config.yml`` names."""
    repository = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))["repository"]
    return SETUP.format(url=repository["url"], ref=repository["branch"])


def code_cells(notebook: Any) -> list[tuple[int, Any]]:
    """Return the code cells, each with its number among all the cells, counted from 1."""
    return [(n, cell) for n, cell in enumerate(notebook.cells, 1) if cell.cell_type == "code"]


def tags(cell: Any) -> list[str]:
    """Return the tags of a cell."""
    return list(cell.metadata.get("tags", []))


def says_data_is_missing(cell: Any) -> bool:
    """Tell whether a cell printed the line that stands for a data set that is not there."""
    printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
    return any(
        line.startswith("Data set '") and "is not here" in line for line in printed.splitlines()
    )


def image_size(data: str) -> int:
    """Return the number of bytes of an image stored as base64."""
    return len(data.replace("\n", "")) * 3 // 4


def read(path: Path) -> Any:
    """Read a notebook."""
    return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)


def dumps(notebook: Any) -> str:
    """Return the canonical text of a notebook."""
    notebook = nbformat.from_dict(notebook)
    notebook.metadata = {**_keep(notebook.metadata, NOTEBOOK_METADATA), "kernelspec": KERNELSPEC}
    notebook.nbformat_minor = 5
    for cell in notebook.cells:
        cell.metadata = _keep(cell.metadata, CELL_METADATA)
        cell.setdefault("id", uuid.uuid4().hex[:8])
        if cell.cell_type == "code":
            cell.outputs = _merge_streams(cell.outputs)
    text: str = nbformat.writes(nbformat.from_dict(notebook))
    return text.rstrip("\n") + "\n"


def write(path: Path, notebook: Any) -> None:
    """Store a notebook in canonical form, whole or not at all."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(dumps(notebook), encoding="utf-8", newline="\n")
    temporary.replace(path)


def foreign_keys(metadata: Any, allowed: dict[str, Any]) -> list[str]:
    """Name the metadata that is not kept, parts of parts with a dot."""
    found = []
    for key, value in metadata.items():
        if key not in allowed:
            found.append(key)
        elif allowed[key] is not None:
            found += [f"{key}.{part}" for part in foreign_keys(value, allowed[key])]
    return found


def _keep(metadata: Any, allowed: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value if allowed[key] is None else _keep(value, allowed[key])
        for key, value in metadata.items()
        if key in allowed
    }


def _merge_streams(outputs: list[Any]) -> list[Any]:
    """Join neighbouring pieces of one stream: where the kernel flushed differs between runs."""
    merged: list[Any] = []
    for output in outputs:
        last = merged[-1] if merged else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            merged.append(output)
    return merged
