"""The diagram says what it shows, and is well-formed SVG that fits its frame."""

import xml.etree.ElementTree as ET

import pytest

from seq2seq_tutor.figures import encoder_decoder_diagram

SVG = "{http://www.w3.org/2000/svg}"


def draw(src, tgt, context="initial"):
    return ET.fromstring(encoder_decoder_diagram(src, tgt, context=context).html)  # noqa: S314


def texts(svg):
    return [element.text for element in svg.iter(f"{SVG}text")]


@pytest.mark.parametrize(("src", "tgt"), [("314", "413"), ("3", "41"), ("31415", "2")])
def test_every_token_is_read_fed_and_written_in_order(src, tgt):
    shown = [text for text in texts(draw(list(src), list(tgt))) if len(text) == 1 or text.isupper()]
    shown.remove("c")
    decoder = [token for pair in zip(["BOS", *tgt], [*tgt, "EOS"], strict=True) for token in pair]
    assert shown == [*src, "EOS", *decoder]


@pytest.mark.parametrize(("context", "dashed"), [("initial", 0), ("every_step", 4)])
def test_form_two_has_a_dashed_way_into_every_input(context, dashed):
    lines = draw(list("314"), list("413"), context).iter(f"{SVG}polyline")
    assert sum("stroke-dasharray" in line.attrib for line in lines) == dashed


@pytest.mark.parametrize("context", ["initial", "every_step"])
@pytest.mark.parametrize(("src", "tgt"), [("3", "4"), ("31", "41372"), ("31415", "2")])
def test_nothing_is_drawn_outside_the_frame(src, tgt, context):
    svg = draw(list(src), list(tgt), context)
    _, _, width, height = map(float, svg.attrib["viewBox"].split())
    for shape in [*svg.iter(f"{SVG}polyline"), *svg.iter(f"{SVG}polygon")]:
        for point in shape.attrib["points"].split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= width
            assert 0 <= y <= height


def test_tokens_are_escaped_and_described():
    figure = encoder_decoder_diagram(["<b>"], ["&"], context="initial")
    svg = ET.fromstring(figure.html)  # noqa: S314
    assert "<b>" in texts(svg)
    assert "&" in texts(svg)
    assert svg.find(f"{SVG}title").text == figure.description
    assert repr(figure) == f"<{figure.description}>"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("314", ["4"], "initial"), TypeError, "src_tokens must be a list of tokens"),
        (([], ["4"], "initial"), ValueError, "at least one source"),
        ((["3"], ["4"], "both"), ValueError, "context must be one of initial, every_step"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, error, message):
    src, tgt, context = arguments
    with pytest.raises(error, match=message):
        encoder_decoder_diagram(src, tgt, context=context)
