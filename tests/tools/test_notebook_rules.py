"""Every rule is shown to fire: a chapter that keeps them all, broken in one place at a time."""

import base64
import json

import pytest
from nbformat.v4 import new_code_cell, new_output

import notebook_form as form
from notebook_rules import problems

SETUP, IGNORED, CHECK, FIGURE = 1, 2, 3, 4  # indices into the cells of the chapter


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def test_the_good_chapter_has_no_problem(book, chapter):
    assert problems(chapter, book) == []


def put_output(index, output):
    return lambda cells: cells[index].update(outputs=[output])


def put_source(index, source):
    return lambda cells: cells[index].update(source=source)


def put_tag(index, *tags):
    return lambda cells: cells[index].metadata.update(tags=list(tags))


def add_two_ignored(cells):
    """Add two cells that are not compared and their checks, of which one shows nothing."""
    for count in (5, 7):
        cells += [
            new_code_cell("1", execution_count=count, metadata={"tags": ["nbval-ignore-output"]}),
            new_code_cell("assert True", execution_count=count + 1),
        ]


def add_check(cells):
    """Add a compared cell that shows something."""
    check = new_code_cell("assert print(1)", execution_count=5, outputs=[stream("1\n")])
    cells.append(check)


BROKEN = {
    "not run": (lambda cells: cells[CHECK].update(execution_count=None), 4, "run as None, not as"),
    "run out of order": (lambda cells: cells[CHECK].update(execution_count=9), 4, "run as 9, not"),
    "empty cell": (
        lambda cells: cells.append(new_code_cell("", execution_count=5)),
        6,
        "an empty code cell",
    ),
    "stderr": (put_output(CHECK, stream("careful\n", "stderr")), 4, "wrote to stderr: 'careful"),
    "error": (
        put_output(CHECK, new_output("error", ename="KeyError", evalue="1", traceback=[])),
        4,
        "failed with KeyError",
    ),
    "address": (put_output(CHECK, stream("<A at 0x7f0a12345678>\n")), 4, "memory address 0x7f0a"),
    "address in HTML": (
        put_output(CHECK, new_output("display_data", data={"text/html": "<b>0x7f0a12345678</b>"})),
        4,
        "memory address 0x7f0a",
    ),
    "home": (put_output(CHECK, stream("read /home/me/a.txt\n")), 4, "absolute path /home/"),
    "root": (put_output(CHECK, stream("read '/root/a.txt'\n")), 4, "absolute path /root/"),
    "Windows": (put_output(CHECK, stream("read C:\\a.txt\n")), 4, "absolute path C:\\"),
    "Colab": (put_source(CHECK, 'assert open("/content/a.txt")'), 4, "absolute path /content/"),
    "temporary, in colour": (
        put_output(CHECK, stream("\x1b[32m/tmp/a.py\x1b[0m\n")),
        4,
        "absolute path /tmp/",
    ),
    "large image": (
        lambda cells: (
            cells[FIGURE]
            .outputs[0]
            .data.update({"image/png": base64.b64encode(bytes(61_000)).decode()})
        ),
        5,
        "an image of 61 kB",
    ),
    "large notebook": (put_output(CHECK, stream("word " * 90_000)), 0, "451 kB, over 400 kB"),
    "unknown tag": (put_tag(CHECK, "hide-inputs"), 4, "unknown tag 'hide-inputs'"),
    "unknown tag in prose": (put_tag(0, "remove"), 1, "unknown tag 'remove'"),
    "skipped": (put_tag(CHECK, "nbval-skip"), 4, "tagged nbval-skip"),
    "other set-up": (put_source(SETUP, "import sys\n"), 2, "doesn't begin with the set-up lines"),
    "no code": (lambda cells: cells.__delitem__(slice(1, None)), 0, "no code cell"),
    "device": (put_source(FIGURE, "draw(device)"), 5, "uses device"),
    "device in an f-string": (put_source(FIGURE, 'print(f"{device}")'), 5, "uses device"),
    "widget": (
        put_output(CHECK, new_output("display_data", data={"application/x-widget": "1"})),
        4,
        "shows a widget",
    ),
    "no check": (put_source(CHECK, "print(1)"), 3, "the next code cell asserts nothing"),
    "check not compared": (
        lambda cells: (
            put_tag(CHECK, "nbval-ignore-output")(cells),
            put_source(FIGURE, "assert draw()")(cells),
        ),
        3,
        "the next code cell asserts nothing",
    ),
    "too little compared": (add_two_ignored, 0, "3 cells are not compared and only 2 are"),
    "no alt text": (lambda cells: cells[FIGURE].metadata.mystnb.pop("image"), 5, "without alt"),
    "no caption": (
        lambda cells: cells[FIGURE].metadata.mystnb.pop("figure"),
        5,
        "without caption, name",
    ),
    "no data": (
        put_output(CHECK, stream("Data set 'tatoeba' is not here; put it in ...\n")),
        4,
        "stored without its data",
    ),
}


@pytest.mark.parametrize(("change", "cell", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_chapter_is_refused(book, chapter, change, cell, message):
    notebook = form.read(chapter)
    change(notebook.cells)
    form.write(chapter, notebook)
    found = problems(chapter, book)
    assert [number for number, text in found if message in text] == [cell], found


@pytest.mark.parametrize(
    "change",
    [
        put_source(FIGURE, "x.to('cpu').device\ndraw(device='cpu')"),
        put_source(CHECK, "torch.testing.assert_close(1, 1)"),
        put_source(FIGURE, "def ("),
        lambda cells: (
            put_tag(FIGURE, "needs-data", "nbval-ignore-output")(cells),
            cells[FIGURE].update(outputs=[]),
            add_check(cells),
        ),
        put_output(CHECK, stream("see https://example.org/tmp/ and src/root/\n")),
        lambda cells: (
            put_tag(CHECK, "raises-exception")(cells),
            put_output(CHECK, new_output("error", ename="E", evalue="", traceback=[]))(cells),
        ),
    ],
    ids=["no variable", "assert_close", "syntax error", "needs data", "no path", "tagged error"],
)
def test_what_only_looks_broken_is_not_refused(book, chapter, change):
    notebook = form.read(chapter)
    change(notebook.cells)
    form.write(chapter, notebook)
    assert problems(chapter, book) == []


def raw_change(chapter, change):
    """Change the stored text behind the back of the one writer."""
    content = json.loads(chapter.read_text(encoding="utf-8"))
    change(content)
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    chapter.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "cell", "key"),
    [
        (lambda nb: nb["metadata"].update(language_info={"name": "python"}), 0, "language_info"),
        (lambda nb: nb["metadata"]["colab"].update(name="x.ipynb"), 0, "colab.name"),
        (lambda nb: nb["cells"][1]["metadata"].update(id="x"), 2, "id"),
        (lambda nb: nb["cells"][0]["metadata"].update(jupyter={"x": 1}), 1, "jupyter.x"),
    ],
)
def test_foreign_metadata_is_refused(book, chapter, change, cell, key):
    raw_change(chapter, change)
    found = problems(chapter, book)
    assert (0, "not in canonical form; store it with 'tools/notebooks.py run'") in found
    assert [number for number, text in found if f"foreign metadata {key!r}" in text] == [cell]


@pytest.mark.parametrize("text", ["", "{}", '{"nbformat": 4, "nbformat_minor": 5, "cells": 1}'])
def test_what_is_no_notebook_is_refused(book, chapter, text):
    chapter.write_text(text, encoding="utf-8")
    [(number, message)] = problems(chapter, book)
    assert number == 0
    assert message.startswith("not a valid notebook")


def test_another_layout_of_the_same_content_is_refused(book, chapter):
    content = json.loads(chapter.read_text(encoding="utf-8"))
    chapter.write_text(json.dumps(content, indent=2), encoding="utf-8")
    assert [number for number, _ in problems(chapter, book)] == [0]
