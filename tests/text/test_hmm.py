"""The hidden Markov model against enumeration, jieba's own, and counts by hand."""

import copy
import math
import pickle
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_tutor.text import (
    WordTagModel,
    estimate_hmm,
    jieba_hmm,
    tags_of_words,
    viterbi,
    words_of_tags,
)
from seq2seq_tutor.text.tokenizers import _jieba

quick = settings(max_examples=200, deadline=None, derandomize=True)
AFTER = {"B": "ME", "M": "ME", "E": "BS", "S": "BS"}
words = st.lists(st.text("abc", min_size=1, max_size=4), max_size=6)
numbers = st.floats(-9, 0)
models = st.builds(
    WordTagModel,
    starts=st.fixed_dictionaries(dict.fromkeys("BS", numbers)),
    transitions=st.fixed_dictionaries(
        {tag: st.fixed_dictionaries(dict.fromkeys(after, numbers)) for tag, after in AFTER.items()}
    ),
    emissions=st.fixed_dictionaries(
        {tag: st.dictionaries(st.sampled_from("ab"), numbers) for tag in "BMES"}
    ),
    unseen=st.fixed_dictionaries(dict.fromkeys("BMES", numbers)),
)


def log_probability(tags, text, model):
    steps = sum(model.transitions[a][b] for a, b in pairwise(tags))
    emitted = sum(
        model.emissions[tag].get(character, model.unseen[tag])
        for tag, character in zip(tags, text, strict=True)
    )
    return model.starts[tags[0]] + steps + emitted


def tag_sequences(length):
    for tags in product("BMES", repeat=length):
        if tags[0] in "BS" and tags[-1] in "ES" and all(b in AFTER[a] for a, b in pairwise(tags)):
            yield "".join(tags)


@quick
@given(st.text("abc", min_size=1, max_size=6), models)
def test_viterbi_finds_the_best_of_all_tag_sequences(text, model):
    best = max(log_probability(tags, text, model) for tags in tag_sequences(len(text)))
    found = viterbi(text, model)
    assert found in set(tag_sequences(len(text)))
    assert math.isclose(log_probability(found, text, model), best, abs_tol=1e-9)


@quick
@given(st.text(st.sampled_from("玩吧的了杭研龘\u4dff\u9fd5\u3400這a是人"), max_size=10))
def test_words_are_those_of_jieba_s_own_viterbi(text):
    _jieba()
    from jieba import finalseg

    run = "".join(c for c in text if "\u4e00" <= c <= "\u9fd5")
    assert words_of_tags(run, viterbi(run, jieba_hmm())) == [w for w in finalseg.cut(run) if w]


def test_jieba_s_tables_are_those_of_its_own_module():
    _jieba()
    from jieba import finalseg

    model = jieba_hmm()
    assert model.starts == finalseg.start_P
    assert model.transitions == finalseg.trans_P
    assert model.emissions == finalseg.emit_P
    assert model.unseen == dict.fromkeys("BMES", finalseg.MIN_FLOAT)
    assert jieba_hmm() is model


def test_ties_go_to_the_later_tag():
    even = WordTagModel(
        {"B": 0.0, "S": 0.0},
        {tag: dict.fromkeys(after, 0.0) for tag, after in AFTER.items()},
        {tag: {} for tag in "BMES"},
        dict.fromkeys("BMES", 0.0),
    )
    assert viterbi("abc", even) == "SSS"


@quick
@given(words)
def test_tags_and_words_say_the_same(words):
    tags = tags_of_words(words)
    assert words_of_tags("".join(words), tags) == words
    assert len(tags) == sum(map(len, words))
    assert all(b in AFTER[a] for a, b in pairwise(tags))


@pytest.mark.parametrize(
    ("text", "tags", "expected"),
    [
        ("abc", "SBE", ["a", "bc"]),
        ("abc", "SBM", ["a", "bc"]),
        ("ab", "EE", ["a", "b"]),
        ("", "", []),
    ],
)
def test_a_cut_comes_after_each_e_and_s(text, tags, expected):
    assert words_of_tags(text, tags) == expected


# Estimation


def test_counts_by_hand():
    # tags S BE, S S; 甲 under S twice and under B once, 乙 under E once and under S once
    model = estimate_hmm([["甲", "甲乙"], ["甲", "乙"]], smoothing=1)
    assert model.starts == {"B": math.log(1 / 4), "S": math.log(3 / 4)}
    assert model.transitions["S"] == {"B": math.log(2 / 4), "S": math.log(2 / 4)}
    assert model.transitions["B"] == {"M": math.log(1 / 3), "E": math.log(2 / 3)}
    assert model.transitions["E"] == {"B": math.log(1 / 2), "S": math.log(1 / 2)}
    assert model.emissions["S"] == {"甲": math.log(3 / 6), "乙": math.log(2 / 6)}
    assert model.unseen["S"] == math.log(1 / 6)
    assert model.unseen["M"] == math.log(1 / 3)


@quick
@given(st.lists(words).filter(any), st.floats(0.01, 5))
def test_every_table_is_a_distribution(sentences, smoothing):
    model = estimate_hmm(sentences, smoothing=smoothing)
    for table in (model.starts, *model.transitions.values()):
        assert math.isclose(sum(map(math.exp, table.values())), 1)
    for tag, table in model.emissions.items():
        assert math.isclose(sum(map(math.exp, [*table.values(), model.unseen[tag]])), 1)


def test_what_was_seen_often_is_found_again():
    model = estimate_hmm([["我", "爱", "北京"], ["你", "爱", "南京"]] * 5)
    assert words_of_tags("我爱南京", viterbi("我爱南京", model)) == ["我", "爱", "南京"]


# At the boundary


@pytest.mark.parametrize("text", [None, b"ab", ["a"]])
def test_refuses_what_is_no_text(text):
    with pytest.raises(TypeError, match="text must be a str"):
        viterbi(text, jieba_hmm())


@pytest.mark.parametrize("text", ["", "我"])
def test_refuses_what_is_no_model(text):
    with pytest.raises(TypeError, match="model must be a WordTagModel, got NoneType"):
        viterbi(text, None)


def test_a_model_says_little_and_can_be_hashed():
    model = estimate_hmm([["甲", "甲乙"]])
    assert repr(model) == "<WordTagModel of 2 characters>"
    assert model in {model}


def test_a_table_that_lacks_a_tag_makes_it_impossible():
    one_word = WordTagModel({"B": 0.0}, {"B": {"E": 0.0}}, {}, {"B": 0.0, "E": 0.0})
    assert viterbi("ab", one_word) == "BE"
    pairs = WordTagModel(  # of words of one or two characters: no M anywhere
        {"B": 0.0, "S": -5.0},
        {"B": {"E": 0.0}, "E": {"B": 0.0, "S": -9.0}, "S": {"B": 0.0}},
        {"B": {}, "E": {}, "S": {}},
        {"B": 0.0, "E": 0.0, "S": 0.0},
    )
    assert viterbi("abcd", pairs) == "BEBE"
    assert viterbi("abc", pairs) == "SBE"
    assert viterbi("ab", WordTagModel({}, {}, {}, {})) in set(tag_sequences(2))


@pytest.mark.parametrize("again", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])  # noqa: S301
def test_a_model_can_be_copied(again):
    model = estimate_hmm([["甲", "甲乙"]])
    other = again(model)
    for name in ("starts", "transitions", "emissions", "unseen"):
        assert getattr(other, name) == getattr(model, name)


def test_a_model_cannot_be_changed():
    starts, emissions = {"S": 0.0}, {"S": {"a": -1.0}}
    model = WordTagModel(starts, {}, emissions, {})
    starts["B"] = emissions["S"]["b"] = 0.0
    assert model.starts == {"S": 0.0}
    assert model.emissions == {"B": {}, "M": {}, "E": {}, "S": {"a": -1.0}}
    for table in (model.starts, model.unseen, *model.transitions.values(), jieba_hmm().starts):
        with pytest.raises(TypeError, match="item assignment"):
            table["B"] = 0.0
    for rows in (model.emissions, jieba_hmm().emissions):
        with pytest.raises(TypeError, match="item assignment"):
            rows["B"] = {}
        with pytest.raises(AttributeError, match="clear"):
            rows["B"].clear()


@pytest.mark.parametrize(
    ("tables", "name"),
    [
        ((None, {}, {}, {}), "starts"),
        (({}, [], {}, {}), "transitions"),
        (({}, {}, {"B": 3}, {}), r"emissions\['B'\]"),
        (({}, {}, {}, 0.0), "unseen"),
    ],
)
def test_refuses_what_is_no_table(tables, name):
    with pytest.raises(TypeError, match=f"{name} must be a mapping"):
        WordTagModel(*tables)


def test_an_empty_text_has_no_tags():
    assert viterbi("", jieba_hmm()) == ""


@pytest.mark.parametrize(("text", "tags"), [("ab", "S"), ("ab", "BX"), ("", "S")])
def test_refuses_tags_that_do_not_fit(text, tags):
    with pytest.raises(ValueError, match="tags, each B, M, E or S"):
        words_of_tags(text, tags)


def test_refuses_sentences_without_words():
    with pytest.raises(ValueError, match="no word"):
        estimate_hmm([[], []])
    with pytest.raises(ValueError, match=r"words\[1\] is empty"):
        estimate_hmm([["a", ""]])
    for sentences in (None, "ab", 3):
        with pytest.raises(TypeError, match="sentences must be lists of words"):
            estimate_hmm(sentences)
    with pytest.raises(TypeError, match="words must be a list"):
        estimate_hmm(["ab"])
    with pytest.raises(ValueError, match="smoothing must be greater than 0"):
        estimate_hmm([["a"]], smoothing=0)
