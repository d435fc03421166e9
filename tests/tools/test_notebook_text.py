"""A chapter as Markdown."""

from nbformat.v4 import new_code_cell, new_notebook, new_output

import notebook_form as form
from notebook_text import as_markdown


def of_output(output):
    """Return the last paragraph of a notebook with one cell and one output."""
    return as_markdown(new_notebook(cells=[new_code_cell("1", outputs=[output])])).split("\n\n")[-1]


def test_prose_code_tags_outputs_and_pictures_are_shown(chapter):
    text = as_markdown(form.read(chapter))
    assert text.startswith("# A chapter\n\nIts first word is 我.\n\n```python\nimport sys\n")
    assert "[tags: nbval-ignore-output]\n\n```python\nprint(0.123, device)\n```" in text
    assert "```stdout\nsmall: True\n```" in text
    assert "[image/png 0 kB]" in text


def test_html_is_reduced_to_its_text():
    table = (
        "<style>td {color: red}</style><table><caption>Weights</caption><tr><th>我</th>"
        "<td>0.5</td><td>&lt;eos&gt;</td></tr><tr><td>1.0</td></tr></table>"
    )
    output = new_output("display_data", data={"text/html": table, "text/plain": "<object>"})
    assert of_output(output) == "```text/html\nWeights\n我 0.5 <eos>\n1.0\n```\n"


def test_svg_is_reduced_to_its_text():
    svg = '<svg role="img"><title>Beam</title><desc>step 0: a</desc><path d="M0 0"/></svg>'
    output = new_output("display_data", data={"image/svg+xml": svg})
    assert of_output(output) == "```image/svg+xml\nBeam\nstep 0: a\n```\n"


def test_an_error_is_its_name_and_message():
    output = new_output("error", ename="ValueError", evalue="no", traceback=["\x1b[31m..."])
    assert of_output(output) == "```error\nValueError: no\n```\n"


def test_a_result_is_its_text():
    output = new_output("execute_result", data={"text/plain": "42"}, execution_count=1)
    assert of_output(output) == "```output\n42\n```\n"


def test_a_fence_is_longer_than_any_in_the_text():
    output = new_output("stream", name="stdout", text="```\n")
    assert of_output(output) == "````stdout\n```\n````\n"
