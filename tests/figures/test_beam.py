"""The beam tree says what the search did, and is well-formed SVG that fits its frame."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from seq2seq_tutor.decoding import Hypothesis, beam_search, trace
from seq2seq_tutor.figures import beam_tree
from seq2seq_tutor.text import SPECIAL_TOKENS

from ..decoding.tables import LATTICE_A, Network, from_probabilities, random_table

SVG = "{http://www.w3.org/2000/svg}"
NAMES = [*SPECIAL_TOKENS, "A", "B", "C"]


def searched(table=LATTICE_A, *, beam_size=2, max_len=3, n_best=2):
    net = Network(table)
    step, state, record = trace(net.step, net.start())
    options = {"beam_size": beam_size, "max_len": max_len, "n_best": n_best}
    [hypotheses] = beam_search(step, state, **options)
    return record, hypotheses


def parse(figure):
    return ET.fromstring(figure.html).find(f"{SVG}svg")  # noqa: S314


def boxes(svg):
    """Give (token, probability, kind) for each extension, in the order drawn."""
    texts = list(svg.iter(f"{SVG}text"))
    found = []
    for name, number in pairwise(texts):
        if number.attrib["text-anchor"] == "end":
            found.append((name.text, number.text, "font-weight" in name.attrib))
    return found


def test_lattice_a_with_a_beam_of_two():
    figure = beam_tree(*searched(), NAMES)
    assert figure.description == (
        "beam search, step 1: followed A 0.500, B 0.300; 1 dropped. "
        "step 2: followed B A 0.180, A A 0.175; 6 dropped. "
        "step 3: ended B A EOS 0.144, A A EOS 0.070; 6 dropped"
    )
    assert boxes(parse(figure)) == [
        ("A", "0.500", True),
        ("B", "0.300", True),
        ("C", "0.200", False),
        ("A", "0.175", True),
        ("B", "0.150", False),
        ("C", "0.125", False),
        ("EOS", "0.050", False),
        ("A", "0.180", True),
        ("B", "0.060", False),
        ("C", "0.030", False),
        ("EOS", "0.030", False),
        ("A", "0.044", False),
        ("B", "0.035", False),
        ("C", "0.026", False),
        ("EOS", "0.070", True),
        ("A", "0.009", False),
        ("B", "0.011", False),
        ("C", "0.016", False),
        ("EOS", "0.144", True),
    ]


def test_lines_lead_from_each_parent_and_the_thick_ones_to_the_best():
    svg = parse(beam_tree(*searched(), NAMES))
    lines = [
        tuple(float(line.attrib[key]) for key in ("x1", "y1", "x2", "y2", "stroke-width"))
        for line in svg.iter(f"{SVG}line")
    ]
    assert len(lines) == 3 + 8 + 8
    thick = sorted(line for line in lines if line[4] > 1)
    assert len(thick) == 3
    # Each begins at the height where the one before it ends, right of it.
    for (_, _, x, y, _), (x0, y0, _, _, _) in pairwise(thick):
        assert y0 == y
        assert x0 > x
    # The last of them leads to the highest end, the lowest row: B A EOS.
    assert thick[-1][3] == max(line[3] for line in lines)


def test_what_ended_early_and_what_is_unfinished():
    figure = beam_tree(*searched(beam_size=3, n_best=3), NAMES)
    assert "ended C EOS 0.170; 8 dropped. step 3: ended B A EOS" in figure.description
    never = from_probabilities({}, other=(0.6, 0.4, 0.0, 0.0))
    figure = beam_tree(*searched(never, max_len=2), NAMES)
    assert figure.description.endswith("step 2: followed A A 0.360, A B 0.240; 2 dropped")
    assert "ended" not in figure.description


def test_a_finished_output_outside_the_n_best_list_is_dropped():
    both, best = (
        beam_tree(*searched(beam_size=3, n_best=n), NAMES).description.count("ended")
        for n in (3, 1)
    )
    assert (both, best) == (2, 1)


def test_what_is_improbable_is_said_to_be():
    table = from_probabilities({}, other=(0.9997, 0.0003, 0.0, 0.0))
    svg = parse(beam_tree(*searched(table, max_len=1), NAMES))
    assert boxes(svg) == [("A", "1.000", True), ("B", "<0.001", True)]


@pytest.mark.parametrize(
    ("names", "beam_size", "max_len"),
    [(["A", "B", "C"], 2, 3), (["我", "喜欢", "音乐"], 3, 3), (["a", "longer", "name"], 5, 6)],
)
def test_nothing_is_drawn_outside_the_frame(names, beam_size, max_len):
    record, hypotheses = searched(beam_size=beam_size, max_len=max_len)
    svg = parse(beam_tree(record, hypotheses, [*SPECIAL_TOKENS, *names]))
    _, _, width, height = map(float, svg.attrib["viewBox"].split())
    for shape in svg.iter(f"{SVG}rect"):
        x, y, wide, high = (float(shape.attrib[key]) for key in ("x", "y", "width", "height"))
        assert 0 <= x <= x + wide <= width
        assert 0 <= y <= y + high <= height
    for text in svg.iter(f"{SVG}text"):
        assert 0 <= float(text.attrib["x"]) <= width
        assert 0 < float(text.attrib["y"]) < height


def test_three_letters_and_three_steps_fit_a_phone():
    svg = parse(beam_tree(*searched(), NAMES))
    assert float(svg.attrib["viewBox"].split()[2]) <= 350
    assert min(int(text.attrib["font-size"]) for text in svg.iter(f"{SVG}text")) >= 12


def test_it_has_a_role_and_a_description_and_its_own_background_and_no_script_or_id():
    figure = beam_tree(*searched(), NAMES)
    svg = parse(figure)
    assert svg.attrib["role"] == "img"
    assert svg.find(f"{SVG}title").text == figure.description
    assert "background:#fff" in svg.attrib["style"]
    assert repr(figure) == f"<{figure.description}>"
    assert not any("id" in element.attrib for element in svg.iter())
    assert "script" not in figure.html


def test_it_is_drawn_the_same_again():
    assert beam_tree(*searched(), NAMES) == beam_tree(*searched(), NAMES)


def test_tokens_are_escaped():
    names = [*SPECIAL_TOKENS, "<b>", "&", "\x1b"]
    figure = beam_tree(*searched(), names)
    assert {name for name, _, _ in boxes(parse(figure))} == {"<b>", "&", "␛", "EOS"}


def test_figures_do_not_wait_for_torch():
    code = "import sys, seq2seq_tutor.figures; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "False\n"


def test_what_cannot_be_drawn_is_refused():
    record, hypotheses = searched()
    with pytest.raises(ValueError, match="the trace is empty"):
        beam_tree({}, hypotheses, NAMES)
    with pytest.raises(ValueError, match="names has 5 tokens, and none for the id 5"):
        beam_tree(record, hypotheses, NAMES[:5])
    with pytest.raises(TypeError, match="names must be a list of tokens"):
        beam_tree(record, hypotheses, "ABC")
    with pytest.raises(ValueError, match=r"the hypothesis \(6, 6, 2\) is not of this trace"):
        beam_tree(record, [Hypothesis((6, 6, 2), -1.0, finished=True)], NAMES)
    with pytest.raises(ValueError, match="7 steps, and 6 can be read; lower max_len"):
        beam_tree(*searched(from_probabilities({}, (0.5, 0.5, 0, 0)), max_len=7), NAMES)
    wide = [*SPECIAL_TOKENS, *map(str, range(15))]
    with pytest.raises(ValueError, match="34 extensions at step 2, and 30 can be read"):
        beam_tree(*searched(random_table(0, vocab_size=19)), wide)
