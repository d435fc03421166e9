"""The commands of tools/notebooks.py, on notebooks that are really executed."""

import json

import pytest
from nbformat.v4 import new_code_cell, new_notebook

import notebook_form as form
import notebooks


@pytest.fixture
def stored(tmp_path):
    """Return a function that stores a notebook of the given sources, not run."""

    def store(*sources):
        path = tmp_path / "chapter.ipynb"
        cells = [new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(sources)]
        form.write(path, new_notebook(cells=cells))
        return path

    return store


def test_a_run_stores_counts_and_outputs_and_a_second_run_changes_nothing(stored, capsys):
    path = stored(
        "import os\nprint('a', flush=True)\nprint('b')",
        "print(os.path.basename(os.getcwd()), os.environ['OMP_NUM_THREADS'])",
        "from tqdm import tqdm\nsum(tqdm(range(3)))",
    )
    assert notebooks.main(["run", str(path)]) == 0
    first = path.read_bytes()
    cells = json.loads(first)["cells"]
    assert [cell["execution_count"] for cell in cells] == [1, 2, 3]
    assert [output["text"] for output in cells[0]["outputs"]] == [["a\n", "b\n"]]
    assert cells[1]["outputs"][0]["text"] == [f"{path.parent.name} 1\n"]
    assert [output["output_type"] for output in cells[2]["outputs"]] == ["execute_result"]
    assert notebooks.main(["run", str(path)]) == 0
    assert path.read_bytes() == first
    assert capsys.readouterr().out == f"{path} stored\n" * 2


def test_a_chapter_that_fails_is_not_stored(stored, capsys):
    path = stored("print('before')", "1 / 0")
    before = path.read_bytes()
    assert notebooks.main(["run", str(path)]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_a_chapter_without_its_data_is_not_stored(stored, capsys):
    path = stored("""print("Data set 'hsk' is not here; download it to ...")""")
    before = path.read_bytes()
    assert notebooks.main(["run", str(path)]) == 1
    assert "cell 1 has no data" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_check_prints_every_problem_with_its_place(stored, capsys):
    path = stored("print(1)")
    assert notebooks.main(["check", str(path)]) == 1
    printed = capsys.readouterr().err.splitlines()
    assert f"{path}: cell 1: run as None, not as 1; run the chapter again" in printed


def test_text_prints_markdown(chapter, capsys):
    assert notebooks.main(["text", str(chapter)]) == 0
    assert capsys.readouterr().out.startswith("# A chapter\n")


def test_address_is_rewritten_and_nothing_else_is(book, chapter):
    before = form.read(chapter)
    config = "repository:\n  url: https://github.com/else/where\n  branch: v2\n"
    (book / "_config.yml").write_text(config, encoding="utf-8")
    notebooks.write_address(book)
    after = form.read(chapter)
    assert "git+https://github.com/else/where@v2" in after.cells[1].source
    assert after.cells[1].source.startswith(form.setup_lines(book))
    after.cells[1].source = before.cells[1].source
    assert after == before


def test_address_says_which_chapter_has_no_set_up(book, chapter):
    form.write(chapter, new_notebook(cells=[new_code_cell("1")]))
    with pytest.raises(notebooks.NotStoredError, match="chapter.ipynb: no set-up line"):
        notebooks.write_address(book)


def test_list_prints_the_chapters_and_fails_when_there_are_none(chapter, capsys, monkeypatch):
    monkeypatch.setattr(form, "chapters", lambda: [chapter])
    monkeypatch.chdir(chapter.parent)
    assert notebooks.main(["list"]) == 0
    assert capsys.readouterr().out == "chapter.ipynb\n"
    monkeypatch.setattr(form, "chapters", list)
    with pytest.raises(SystemExit):
        notebooks.main(["list"])
