"""The attention table: read back by an XML parser, and readable at every weight."""

import re
from xml.etree import ElementTree

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_tutor.figures import attention_table

# Everything that XML can hold: no controls, halves of surrogate pairs and non-characters.
tokens = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), max_size=5)
weights = st.floats(0, 1)
quick = settings(max_examples=100, deadline=None, derandomize=True)


@pytest.fixture
def every_warning_of_torch():
    torch.set_warn_always(True)
    yield
    torch.set_warn_always(False)


def read(table):
    """Read a table back: its column headers, row headers and numbers."""
    root = ElementTree.fromstring(table.html)  # noqa: S314
    assert {element.tag for element in root.iter()} == set(
        "div table caption thead tbody tr th td".split()
    )
    headers = {scope: root.findall(f".//th[@scope='{scope}']") for scope in ("col", "row")}
    rows = [[cell.text for cell in row.findall("td")] for row in root.findall(".//tbody/tr")]
    return [h.text or "" for h in headers["col"]], [h.text or "" for h in headers["row"]], rows


def backgrounds_and_inks(table):
    style = r"background:rgb\((\d+),(\d+),(\d+)\);color:#(000|fff)"
    return [
        ([int(r), int(g), int(b)], [0] * 3 if ink == "000" else [255] * 3)
        for r, g, b, ink in re.findall(style, table.html)
    ]


def luminance(colour):
    """WCAG 2.2's relative luminance."""
    parts = [c / 255 for c in colour]
    r, g, b = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@quick
@given(st.data(), st.integers(1, 4), st.integers(1, 4))
def test_tokens_and_weights_read_back(data, rows, columns):
    src = data.draw(st.lists(tokens, min_size=columns, max_size=columns))
    tgt = data.draw(st.lists(tokens, min_size=rows, max_size=rows))
    row = st.lists(weights, min_size=columns, max_size=columns)
    given_weights = data.draw(st.lists(row, min_size=rows, max_size=rows))
    shown = [["␣" if token == " " else token for token in side] for side in (src, tgt)]
    expected = (*shown, [[f"{weight:.2f}" for weight in row] for row in given_weights])
    assert read(attention_table(given_weights, src, tgt)) == expected
    assert read(attention_table(torch.tensor(given_weights).double(), src, tgt))[:2] == expected[:2]


@pytest.mark.parametrize(
    "payload",
    [
        "<img src=x onerror=alert(1)>",
        "</th></table><script>alert(1)</script>",
        '" onmouseover="alert(1)',
        "'><svg onload=alert(1)>",
        "&lt;b&gt; &amp; &#60;",
        "\u202eevil\u202c",
        "<!-- ",
        "]]>",
        "$x^{$ _a_",
    ],
)
def test_what_looks_like_html_is_shown_as_text(payload):
    table = attention_table([[1.0]], [payload], [payload], caption=payload)
    assert read(table) == ([payload], [payload], [["1.00"]])
    assert ElementTree.fromstring(table.html).findtext(".//caption") == payload  # noqa: S314
    assert "<img" not in table.html
    assert "<svg" not in table.html
    assert "<script" not in table.html


def test_control_characters_are_shown_by_their_pictures():
    table = attention_table([[1.0]], ["\x1b[31m\x00"], ["a\tb\n"])
    assert read(table)[:2] == (["␛[31m␀"], ["a␉b␊"])


def test_every_weight_can_be_read_on_its_background():
    fine = [i / 2000 for i in range(2001)]
    pairs = backgrounds_and_inks(attention_table([fine], ["s"] * len(fine), ["t"]))
    assert len(pairs) == len(fine)
    for background, ink in pairs:
        dark, light = sorted((luminance(background), luminance(ink)))
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_more_attention_is_darker():
    shades = backgrounds_and_inks(attention_table([[i / 50 for i in range(51)]], ["s"] * 51, ["t"]))
    lightness = [luminance(background) for background, _ in shades]
    assert lightness == sorted(lightness, reverse=True)
    assert len(set(lightness)) == 51


def test_the_notebook_gets_the_table_and_text_gets_a_description():
    one = attention_table([[1.0]], ["我"], ["I"])
    more = attention_table(torch.eye(2), ["我", "来"], ["I", "come"])
    assert one._repr_html_() == one.html
    assert repr(one) == "<attention of 1 target token over 1 source token>"
    assert repr(more) == "<attention of 2 target tokens over 2 source tokens>"


def test_a_large_table_scrolls_instead_of_failing():
    table = attention_table(torch.full((60, 60), 1 / 60), ["词"] * 60, ["word"] * 60)
    src, tgt, rows = read(table)
    assert (len(src), len(tgt)) == (60, 60)
    assert {len(row) for row in rows} == {60}
    assert table.html.startswith('<div style="overflow-x:auto" tabindex="0" role="region"')


@pytest.mark.usefixtures("every_warning_of_torch")
def test_weights_may_still_carry_their_gradient():
    weights = torch.softmax(torch.zeros(1, 4, requires_grad=True), dim=1)
    assert read(attention_table(weights, list("abcd"), ["x"]))[2] == [["0.25"] * 4]


def test_rounding_errors_of_float32_are_forgiven():
    assert read(attention_table([[1.0000001, -1e-7]], ["a", "b"], ["x"]))[2] == [["1.00", "0.00"]]


@pytest.mark.parametrize(
    ("weights", "src", "tgt", "error", "said"),
    [
        ([], ["a"], [], ValueError, "at least one source and one target token"),
        ([[]], [], ["x"], ValueError, "at least one source and one target token"),
        ([], ["a"], ["x"], ValueError, "at least one source and one target token"),
        (
            torch.eye(3),
            list("ab"),
            list("xyz"),
            ValueError,
            r"3 rows of \[3\] .* 3 target and 2 so",
        ),
        (
            torch.eye(3),
            list("abc"),
            list("xy"),
            ValueError,
            "2 target and 3 source .* cut off the pad",
        ),
        ([[1.0], [0.5, 0.5]], ["a"], list("xy"), ValueError, r"2 rows of \[1, 2\] numbers"),
        (
            [[0.5, float("nan")]],
            list("ab"),
            ["x"],
            ValueError,
            r"weights\[0\]\[1\] is nan; .* 0 and 1",
        ),
        ([[1.0], [1.5]], ["a"], list("xy"), ValueError, r"weights\[1\]\[0\] is 1\.5"),
        ([[-0.2]], ["a"], ["x"], ValueError, r"weights\[0\]\[0\] is -0\.2"),
        (torch.ones(1, 1, 1), ["a"], ["x"], TypeError, r"rows of numbers, \(T, S\): one sentence"),
        (torch.ones(2), list("ab"), ["x"], TypeError, "not one row"),
        (torch.tensor(1.0), ["a"], ["x"], TypeError, "weights must be rows of numbers"),
        (None, ["a"], ["x"], TypeError, "weights must be rows of numbers"),
        ([[1.0]], "a", ["x"], TypeError, "src_tokens must be a list of tokens, got str: 'a'"),
        ([[1.0]], ["a"], [7], TypeError, r"tgt_tokens\[0\] must be a str, got 7"),
    ],
)
def test_what_is_not_a_table_is_refused(weights, src, tgt, error, said):
    with pytest.raises(error, match=said):
        attention_table(weights, src, tgt)


def test_a_caption_is_text():
    with pytest.raises(TypeError, match="caption must be a str, got NoneType"):
        attention_table([[1.0]], ["a"], ["x"], caption=None)


def test_a_space_is_shown():
    assert "␣</th>" in attention_table([[1.0]], [" "], ["a"]).html
