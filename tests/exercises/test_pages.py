"""The pages and the package have the same exercises, each with a stub and a solution."""

import ast
import re

import pytest
from IPython.core.inputtransformer2 import TransformerManager

import notebook_form as form
from seq2seq_tutor.exercises.checking import chapters, exercises

DIRECTIVE = re.compile(r"^:::\{exercise\} (\S+),.*\n:label: (\S+)\n:nonumber:\n\n", re.MULTILINE)
PAGES = {path.stem: form.read(path) for path in form.chapters()}
NAMES = [name for chapter in chapters() for name in exercises(chapter)]


def checked(cell):
    """Return the names that a cell checks, in order."""
    tree = ast.parse(TransformerManager().transform_cell(cell.source))
    return [
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "check"
    ]


def printed(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


def is_hidden(cell):
    folded = {"hide-input", "hide-output"} <= set(form.tags(cell))
    return folded and bool(cell.metadata.get("jupyter", {}).get("source_hidden"))


def test_the_pages_and_the_package_name_the_same_exercises():
    in_pages = {
        name
        for page in PAGES.values()
        for _, cell in form.code_cells(page)
        for name in checked(cell)
    }
    assert in_pages == set(NAMES)
    assert set(chapters()) <= set(PAGES)


@pytest.mark.parametrize("page", PAGES.values(), ids=list(PAGES))
def test_each_task_bears_the_name_of_its_check(page):
    prose = [cell.source for cell in page.cells if cell.cell_type == "markdown"]
    tasks = [pair for text in prose for pair in DIRECTIVE.findall(text)]
    assert len(tasks) == sum(text.count("{exercise}") for text in prose)
    assert all(title == label for title, label in tasks)
    order = [name for _, cell in form.code_cells(page) for name in checked(cell)]
    assert [name for name, _ in tasks] == list(dict.fromkeys(order))


@pytest.mark.parametrize("name", NAMES)
def test_each_exercise_has_a_stub_and_a_hidden_solution(name):
    page = PAGES[name.partition(".")[0]]
    stub, solution = (cell for _, cell in form.code_cells(page) if name in checked(cell))
    for cell in (stub, solution):
        assert cell.source.rstrip().splitlines()[-1].startswith(("check(", ")"))
        assert "nbval-ignore-output" not in form.tags(cell)
    assert not form.tags(stub)
    assert not stub.metadata.get("jupyter")
    assert printed(stub) == f"{name}: no answer yet.\n"
    assert is_hidden(solution)
    assert printed(solution).splitlines()[-1] == f"{name}: right."
