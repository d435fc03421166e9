"""Segmentation scores against tags, hand counts, and what must be refused."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_tutor.metrics import segmentation_scores
from seq2seq_tutor.text import Dictionary, tags_of_words

quick = settings(max_examples=200, deadline=None, derandomize=True)


@st.composite
def corpora(draw):
    """Draw sentences that are cut in two ways, at least one character in all."""
    cut = st.lists(st.text("ab", min_size=1, max_size=4), max_size=6)
    gold = draw(st.lists(cut, min_size=1, max_size=5).filter(any))
    predicted = []
    for words in gold:
        text = "".join(words)
        cuts = [n for n in range(1, len(text)) if draw(st.booleans())]
        ends = [0, *cuts, len(text)] if text else [0]
        predicted.append([text[a:b] for a, b in pairwise(ends)])
    return predicted, gold


def correct_by_tags(predicted, gold):
    """Count the words whose tags agree from a B or S to the E or S."""
    correct = 0
    for ours, theirs in zip(predicted, gold, strict=True):
        agrees = False
        for a, b in zip(tags_of_words(ours), tags_of_words(theirs), strict=True):
            agrees = (agrees or a in "BS") and a == b
            if agrees and a in "ES":
                correct += 1
                agrees = False
    return correct


@quick
@given(corpora())
def test_counts_are_those_that_the_tags_give(corpus):
    predicted, gold = corpus
    scores = segmentation_scores(predicted, gold)
    correct = correct_by_tags(predicted, gold)
    assert scores.correct == correct
    assert scores.precision == correct / sum(map(len, predicted))
    assert scores.recall == correct / sum(map(len, gold))
    if correct:
        harmonic = 2 / (1 / scores.precision + 1 / scores.recall)
        assert math.isclose(scores.f1, harmonic)
    else:
        assert scores.f1 == 0
    assert scores.oov_recall is None


@quick
@given(corpora(), st.sets(st.text("ab", max_size=3)))
def test_known_and_unknown_words_add_up(corpus, known):
    predicted, gold = corpus
    scores = segmentation_scores(predicted, gold, known_words=known)
    rest = {w for words in gold for w in words} - known
    turned = segmentation_scores(predicted, gold, known_words=rest)
    assert scores.oov + turned.oov == scores.gold
    assert scores.oov_correct + turned.oov_correct == scores.correct
    assert (scores.oov_recall is None) == (scores.oov == 0)


@quick
@given(corpora())
def test_gold_against_itself_is_perfect_and_sides_turn_round(corpus):
    predicted, gold = corpus
    assert segmentation_scores(gold, gold)[:3] == (1, 1, 1)
    there, back = segmentation_scores(predicted, gold), segmentation_scores(gold, predicted)
    assert (there.precision, there.recall) == (back.recall, back.precision)


def test_by_hand_over_two_sentences():
    # 1 of 3 against 3, and 2 of 2 against 2: counts are summed before they are divided
    scores = segmentation_scores(
        [["研究生", "命", "起源"], ["我", "来"]],
        [["研究", "生命", "起源"], ["我", "来"]],
        known_words=["研究", "我"],
    )
    assert scores == (3 / 5, 3 / 5, 3 / 5, 3, 5, 5, 2 / 3, 2, 3)


def test_a_word_at_another_place_is_not_correct():
    assert segmentation_scores([["a", "aa"]], [["aa", "a"]]).correct == 0


def test_without_a_right_word_all_is_zero():
    assert segmentation_scores([["abc"]], [["a", "b", "c"]])[:4] == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("predicted", "gold", "error", "message"),
    [
        (["ab"], [["a", "b"]], TypeError, r"predicted\[0\] must be a list of tokens, got str"),
        ("ab", [["a", "b"]], TypeError, "predicted must be a list of sentences"),
        ([["ab"]], [["a", None]], TypeError, r"gold\[0\]\[1\] must be a str"),
        ([["ab", ""]], [["ab"]], ValueError, r"predicted\[0\]\[1\] is an empty word"),
        ([["ab"]], [["ab"], ["c"]], ValueError, "1 predicted sentences but 2 gold"),
        ([[]], [[]], ValueError, "no word to score"),
        ([], [], ValueError, "no word to score"),
        (
            [["a"], ["我", "来了"]],
            [["a"], ["我", "来啦"]],
            ValueError,
            "sentence 1 has other characters .* at character 2: '了' against '啦'",
        ),
        ([["我", "来"]], [["我"]], ValueError, "at character 1: '来' against ''"),
    ],
)
def test_refuses_what_cannot_be_compared(predicted, gold, error, message):
    with pytest.raises(error, match=message):
        segmentation_scores(predicted, gold)


@pytest.mark.parametrize("known", ["a", b"a", 5, iter(["a"])])
def test_refuses_known_words_that_are_no_set(known):
    with pytest.raises(TypeError, match="known_words must be a set of words"):
        segmentation_scores([["a"]], [["a"]], known_words=known)


def test_refuses_a_known_word_that_is_no_str():
    with pytest.raises(TypeError, match=r"known_words\[0\] must be a str, got None"):
        segmentation_scores([["a"]], [["a"]], known_words=[None])


def test_a_dictionary_knows_its_words_and_not_their_beginnings():
    dictionary = Dictionary.build({"研究": 4})
    gold = [["研究", "研", "我"]]
    assert segmentation_scores(gold, gold, known_words=dictionary).oov == 2
