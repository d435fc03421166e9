"""The stored form: the same content always gives the same bytes."""

import json

from nbformat.v4 import new_code_cell, new_notebook, new_output

import notebook_form as form


def test_writing_what_was_read_changes_nothing(chapter):
    before = chapter.read_bytes()
    form.write(chapter, form.read(chapter))
    assert chapter.read_bytes() == before
    assert [path.name for path in chapter.parent.iterdir()] == ["chapter.ipynb"]


def test_the_text_is_sorted_indented_and_readable(chapter):
    text = chapter.read_text(encoding="utf-8")
    content = json.loads(text)
    assert text == json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    assert "我" in text
    assert content["metadata"]["kernelspec"] == form.KERNELSPEC
    assert content["metadata"]["colab"] == {"gpuType": "T4", "provenance": []}


def test_foreign_metadata_is_dropped_and_ids_are_kept():
    cell = new_code_cell("1", id="one", metadata={"tags": ["x"], "execution": {"start": "now"}})
    notebook = new_notebook(cells=[cell], metadata={"language_info": {"name": "python"}})
    stored = json.loads(form.dumps(notebook))
    assert stored["cells"][0]["metadata"] == {"tags": ["x"]}
    assert stored["cells"][0]["id"] == "one"
    assert stored["metadata"] == {"kernelspec": form.KERNELSPEC}


def test_a_cell_of_an_older_format_gets_an_id(tmp_path):
    path = tmp_path / "old.ipynb"
    cell = {"cell_type": "markdown", "metadata": {}, "source": "old"}
    old = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    path.write_text(json.dumps(old), encoding="utf-8")
    form.write(path, form.read(path))
    first = path.read_bytes()
    form.write(path, form.read(path))
    assert path.read_bytes() == first
    assert json.loads(first)["cells"][0]["id"]


def test_neighbouring_pieces_of_one_stream_are_joined():
    pieces = [("stdout", "a"), ("stdout", "b"), ("stderr", "c"), ("stdout", "d")]
    outputs = [new_output("stream", name=name, text=text) for name, text in pieces]
    notebook = new_notebook(cells=[new_code_cell("1", outputs=outputs)])
    [cell] = json.loads(form.dumps(notebook))["cells"]
    assert [output["text"] for output in cell["outputs"]] == [["ab"], ["c"], ["d"]]


def test_chapters_are_the_notebooks_of_the_table_of_contents_in_its_order(tmp_path):
    toc = """
root: index
parts:
- chapters:
  - file: b
    sections:
    - file: a
- chapters:
  - file: page
"""
    (tmp_path / "_toc.yml").write_text(toc, encoding="utf-8")
    for name in ("a.ipynb", "b.ipynb", "page.md", "unlisted.ipynb"):
        (tmp_path / name).touch()
    assert [path.name for path in form.chapters(tmp_path)] == ["b.ipynb", "a.ipynb"]


def test_the_set_up_names_the_repository_of_the_configuration(book):
    assert "git+https://github.com/someone/book@v1" in form.setup_lines(book)
