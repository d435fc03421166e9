"""A small book in a temporary folder, with one chapter that keeps every rule."""

import base64

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import notebook_form as form

CONFIG = "repository:\n  url: https://github.com/someone/book\n  branch: v1\n"
TOC = "root: book/index\nparts:\n- chapters:\n  - file: book/part/chapter\n"


def code(source, count, outputs=(), **metadata):
    return new_code_cell(source, execution_count=count, outputs=list(outputs), metadata=metadata)


def printed(text, name="stdout"):
    return new_output("stream", name=name, text=text)


@pytest.fixture
def book(tmp_path):
    """Make a book of one chapter, ``book/part/chapter.ipynb``, and return its folder."""
    (tmp_path / "_config.yml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "_toc.yml").write_text(TOC, encoding="utf-8")
    (tmp_path / "book" / "part").mkdir(parents=True)
    (tmp_path / "book" / "index.md").write_text("# A book\n", encoding="utf-8")
    png = base64.b64encode(b"\x89PNG a small picture").decode()
    figure = {"figure": {"caption": "A line.", "name": "fig-line"}, "image": {"alt": "A line."}}
    chapter = new_notebook(
        metadata={"accelerator": "GPU", "colab": {"gpuType": "T4", "provenance": []}},
        cells=[
            new_markdown_cell("# A chapter\n\nIts first word is 我."),
            code(form.setup_lines(tmp_path) + '\ndevice = "cpu"', 1),
            code("print(0.123, device)", 2, [printed("0.123 cpu\n")], tags=["nbval-ignore-output"]),
            code('assert 0.123 < 1\nprint("small: True")', 3, [printed("small: True\n")]),
            code("draw()", 4, [new_output("display_data", data={"image/png": png})], mystnb=figure),
        ],
    )
    form.write(tmp_path / "book" / "part" / "chapter.ipynb", chapter)
    return tmp_path


@pytest.fixture
def chapter(book):
    """Return the path of the chapter of a small book."""
    return book / "book" / "part" / "chapter.ipynb"
