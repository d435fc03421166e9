"""The word graph as a table: every word once, where it stands."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_tutor.figures import word_graph_table
from seq2seq_tutor.text import Dictionary, best_path, word_graph

quick = settings(max_examples=100, deadline=None, derandomize=True)
dictionaries = st.dictionaries(
    st.text("abc", min_size=1, max_size=4), st.integers(1, 9), min_size=1, max_size=9
).map(Dictionary.build)
GRAPH = [[1, 2, 3], [2], [3]]


def bars(html):
    """Return (start, word) of each bar, and check that every row is as wide as the text."""
    found, widths = [], set()
    for row in re.findall(r"<tr>(<td.*?)</tr>", html):
        place = 0
        for span, word in re.findall(r'<td colspan="(\d+)"[^>]*>(.*?)</td>', row):
            if word:
                assert len(word) == int(span)
                found.append((place, word))
            place += int(span)
        widths.add(place)
    return sorted(found), widths


@quick
@given(st.text("abc", min_size=1, max_size=9), dictionaries)
def test_every_word_is_drawn_once_at_its_place(text, dictionary):
    graph = word_graph(text, dictionary)
    path = best_path(text, dictionary)
    expected = sorted((s, text[s:e]) for s, ends in enumerate(graph) for e in ends)
    for words in ([], path):
        found, widths = bars(word_graph_table(text, graph, words).html)
        assert found == expected
        assert widths == {len(text)}


def test_the_chosen_words_are_bold_and_in_the_first_row():
    html = word_graph_table("研究生", GRAPH, ["研究", "生"]).html
    first = re.search(r"<tbody><tr>(.*?)</tr>", html).group(1)
    assert re.findall(r"font-weight:600\">(.*?)<", first) == ["研究", "生"]
    assert html.count("font-weight:600") == 2


def test_ends_of_numpy_are_ends():
    graph = [np.array(ends) for ends in GRAPH]
    drawn, expected = (word_graph_table("研究生", g, ["研究", "生"]) for g in (graph, GRAPH))
    assert (drawn.html, repr(drawn)) == (expected.html, repr(expected))


def test_what_html_reads_as_its_own_is_escaped():
    assert "&lt;" in word_graph_table("<", [[1]]).html


@pytest.mark.parametrize(
    ("text", "graph", "words", "error"),
    [
        ("", [], [], ValueError),
        ("研究", GRAPH, [], ValueError),
        ("研究生", [[4], [2], [3]], [], ValueError),
        ("研究生", [[1], [1], [3]], [], ValueError),
        ("研究生", GRAPH, ["研究"], ValueError),
        ("研究生", GRAPH, ["", "研究", "生"], ValueError),
        ("研究生", GRAPH, ["研", "究生"], ValueError),
        ("研究生", [[1.0, 2], [2], [3]], [], TypeError),
        ("\ud800", [[1]], [], ValueError),
        (None, GRAPH, [], TypeError),
        ("研究生", GRAPH, "研究生", TypeError),
    ],
)
def test_refuses_what_does_not_fit(text, graph, words, error):
    with pytest.raises(error):
        word_graph_table(text, graph, words)
