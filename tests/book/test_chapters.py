"""The chapters as they are stored: run, compared and listed."""

import os
import subprocess
import sys

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

import notebook_form as form
from notebook_rules import problems

CHAPTERS = form.chapters()


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_a_stored_chapter_keeps_the_rules(chapter):
    assert problems(chapter) == []


def test_the_table_of_contents_and_the_notebooks_agree():
    stored = {
        path
        for path in (form.ROOT / "book").rglob("*.ipynb")
        if ".ipynb_checkpoints" not in str(path)
    }
    assert stored
    assert stored == set(CHAPTERS)


def test_every_page_of_the_table_of_contents_exists():
    for page in form.pages():
        found = [kind for kind in (".md", ".ipynb") if (form.ROOT / (page + kind)).exists()]
        assert len(found) == 1, f"{page}: {found or 'no file'}"


def nbval(path):
    """Run nbval on one notebook as ``make nbval`` does, and return its exit status and report."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval",
        "--nbval-current-env",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        [*command, "-c", str(form.ROOT / "pyproject.toml"), str(path)],
        capture_output=True,
        check=False,
        cwd=path.parent,
        env={**os.environ, "NO_COLOR": "1"},
        text=True,
    )
    return done.returncode, done.stdout


@pytest.fixture
def tiny(tmp_path):
    """Return a function that stores a notebook of one cell, which prints 2, with a given output."""

    def store(count, *texts):
        path = tmp_path / "tiny.ipynb"
        outputs = [new_output("stream", name="stdout", text=text) for text in texts]
        cell = new_code_cell("print(1 + 1)", execution_count=count, outputs=outputs)
        form.write(path, new_notebook(cells=[cell]))
        return path

    return store


def test_nbval_passes_what_is_stored_as_it_runs(tiny):
    status, report = nbval(tiny(1, "2\n"))
    assert status == 0, report
    assert "1 passed" in report


def test_nbval_fails_when_a_stored_output_was_changed(tiny):
    status, report = nbval(tiny(1, "3\n"))
    assert status == 1, report
    assert "1 failed" in report
    assert "mismatch" in report


def test_a_notebook_that_was_never_run_passes_nbval_and_is_refused_by_the_rules(tiny):
    path = tiny(None)
    status, report = nbval(path)
    assert status == 0, report  # nbval's trap, for which there is a rule
    assert any("run as None" in message for _, message in problems(path))
