"""Segmentation against jieba itself, brute force, and arbitrary text."""

import copy
import math
import subprocess
import sys
from itertools import combinations, pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_tutor.data import load
from seq2seq_tutor.text import (
    Dictionary,
    JiebaTokenizer,
    backward_maximum_matching,
    best_path,
    bidirectional_maximum_matching,
    estimate_hmm,
    forward_maximum_matching,
    jieba_dictionary,
    join_letters,
    segment,
    word_graph,
)
from seq2seq_tutor.text.tokenizers import _jieba

MATCHERS = (
    forward_maximum_matching,
    backward_maximum_matching,
    bidirectional_maximum_matching,
    best_path,
)
FOLKLORE = Dictionary.build({"研究": 4, "研究生": 2, "生命": 3, "起源": 1})
quick = settings(max_examples=300, deadline=None, derandomize=True)

# What jieba's patterns and tables treat in ways of their own: the edges of the Chinese block,
# characters the HMM has never seen, decimals, signs, letters of all kinds, line ends.
PIECES = [*"\u4dff\u4e00\u9fd5\u9fd6\u3400〇々ー的了玩吧龘鱻贠0９aＡÀſK"]
PIECES += [*".%+#&_-·，。（）\r\n\t \u3000\u2028\x85\x00😀\u0301\u200d\ud800𠀀"]
PIECES += ["\r\n", "10.5", "3.", ".5%", "C++", "AT&T", "CALL机", "北京大学", "杭研", "这是", "B超"]
PIECES += ["研究生命起源", "南京市长江大桥", "乒乓球拍卖完了", "iPhone15", "一万二千六百", "臺灣的"]
tricky = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
han = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FD5), max_size=12)
texts = st.one_of(tricky, han, st.text(), st.lists(st.one_of(tricky, han)).map("".join))
small_words = st.text("abc", min_size=1, max_size=4)
dictionaries = st.dictionaries(small_words, st.integers(1, 20), min_size=1, max_size=12).map(
    Dictionary.build
)
small_texts = st.text("abcd", max_size=9)


def every_segmentation(text):
    for number in range(len(text)):
        for cuts in combinations(range(1, len(text)), number):
            yield [text[a:b] for a, b in pairwise([0, *cuts, len(text)])]


def words_only(words, dictionary):
    return all(word in dictionary or len(word) == 1 for word in words)


def is_path(words, dictionary):
    """Tell whether each is a word, or a single character where no word begins."""
    text, start = "".join(words), 0
    for word in words:
        begins = any(text[start:end] in dictionary for end in range(start + 1, len(text) + 1))
        if not (word in dictionary or (len(word) == 1 and not begins)):
            return False
        start += len(word)
    return True


# As jieba


@pytest.mark.parametrize("hmm", [False, True])
def test_is_jieba_on_every_sentence_of_hsk(hmm):
    for pair in load("hsk"):
        assert segment(pair.src, hmm=hmm) == _jieba().lcut(pair.src, HMM=hmm)


@settings(quick, max_examples=1000)
@given(texts, st.booleans())
def test_is_jieba_on_any_text_and_loses_nothing(text, hmm):
    words = segment(text, hmm=hmm)
    assert words == _jieba().lcut(text, HMM=hmm)
    assert "".join(words) == text
    assert "" not in words


def test_the_dictionary_is_jieba_s():
    ours = jieba_dictionary()
    assert ours.frequencies == _jieba().FREQ
    assert ours.total == _jieba().total
    assert ours.longest == max(map(len, _jieba().FREQ))
    assert jieba_dictionary() is ours


@pytest.mark.parametrize(
    ("text", "without", "with_hmm"),
    [
        ("", [], []),
        ("玩吧！", ["玩吧", "！"], ["玩吧", "！"]),  # in the dictionary
        ("这是", ["这", "是"], ["这是"]),
        ("10.5公里", ["10", ".", "5", "公里"], ["10.5", "公里"]),
        ("15%", ["15", "%"], ["15%"]),
        ("a b", ["a", " ", "b"], ["a", " ", "b"]),
        ("一\r\n二", ["一", "\r\n", "二"], ["一", "\r\n", "二"]),
        ("３０２", ["３", "０", "２"], ["３", "０", "２"]),
        ("四海之内皆兄弟", ["四海之内皆兄弟"], ["四海之内皆兄弟"]),
    ],
)
def test_by_hand(text, without, with_hmm):
    assert segment(text, hmm=False) == without
    assert segment(text) == with_hmm


def test_is_the_tokenizer_on_normal_text():
    text = "今天天气真好，我们一起去公园玩吧！"
    assert segment(text) == JiebaTokenizer().tokenize(text)


def test_another_dictionary_and_another_model():
    model = estimate_hmm([["天", "地"], ["玄", "黄"]])
    assert segment("研究生命起源", dictionary=FOLKLORE, hmm=False) == ["研究", "生命", "起源"]
    assert segment("天地生命", dictionary=FOLKLORE, hmm=model) == ["天", "地", "生命"]
    assert segment("天地", dictionary=Dictionary.build({"天": 1, "地": 1}), hmm=model) == [*"天地"]


def test_a_run_that_is_a_word_is_not_given_to_the_model():
    # 天 and 地 are so frequent that the path takes them one by one
    dictionary = Dictionary.build({"天": 1000, "地": 1000, "天地": 1})
    model = estimate_hmm([["天地"], ["地天"]] * 9)
    assert segment("天地", dictionary=dictionary, hmm=model) == ["天", "地"]
    assert segment("地天", dictionary=dictionary, hmm=model) == ["地天"]


def test_nothing_of_jieba_is_run_or_printed():
    code = (
        "import sys; from seq2seq_tutor.text import segment; segment('他来到了网易杭研大厦');"
        "print('jieba' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, check=True, text=True
    )
    assert (done.stdout, done.stderr) == ("False\n", "")


# The best path


@quick
@given(small_texts, dictionaries)
def test_the_best_path_is_the_best_of_all_segmentations(text, dictionary):
    def score(words):
        return sum(math.log(dictionary.frequencies.get(w) or 1) for w in words) - len(
            words
        ) * math.log(dictionary.total)

    found = best_path(text, dictionary)
    legal = [s for s in every_segmentation(text) if is_path(s, dictionary)]
    assert "".join(found) == text
    assert found == [] if not text else found in legal
    assert math.isclose(score(found), max(map(score, legal), default=0.0), abs_tol=1e-9)


def test_a_character_that_is_no_word_stands_only_where_no_word_begins():
    # a bcc has the higher product, but ab begins where a would stand
    dictionary = Dictionary.build({"ab": 1, "bcc": 1})
    assert best_path("abcc", dictionary) == ["ab", "c", "c"]


def test_of_equal_products_the_longer_first_word_wins():
    # ab c: 2 * 1; a bc: 1 * 2
    dictionary = Dictionary.build({"ab": 2, "bc": 2, "a": 1, "c": 1})
    assert best_path("abc", dictionary) == ["ab", "c"]


def test_the_graph_holds_every_word_and_nothing_else():
    assert word_graph("研究生命起源", FOLKLORE) == [[2, 3], [2], [4], [4], [6], [6]]


@quick
@given(small_texts, dictionaries)
def test_the_graph_is_that_of_a_look_at_every_substring(text, dictionary):
    expected = [
        [e for e in range(s + 1, len(text) + 1) if text[s:e] in dictionary] or [s + 1]
        for s in range(len(text))
    ]
    assert word_graph(text, dictionary) == expected


def test_a_long_text_is_no_trouble():
    text = "研究生命起源" * 5000
    for cut in MATCHERS:
        assert len(cut(text, FOLKLORE)) == 15000


# Maximum matching


@quick
@given(st.one_of(texts, small_texts), dictionaries)
def test_no_character_is_lost_or_invented(text, dictionary):
    for cut in MATCHERS:
        words = cut(text, dictionary)
        assert "".join(words) == text
        assert words_only(words, dictionary)


@quick
@given(small_texts, dictionaries)
def test_no_longer_word_fits_where_a_match_was_taken(text, dictionary):
    start = 0
    for word in forward_maximum_matching(text, dictionary):
        fits = [e for e in range(start + 1, len(text) + 1) if text[start:e] in dictionary]
        assert start + len(word) == max(fits, default=start + 1)
        start += len(word)


@quick
@given(small_texts, dictionaries)
def test_backward_is_forward_in_the_mirror(text, dictionary):
    mirrored = Dictionary.build({w[::-1]: f for w, f in dictionary.frequencies.items() if f})
    found = forward_maximum_matching(text[::-1], mirrored)
    assert backward_maximum_matching(text, dictionary) == [word[::-1] for word in found[::-1]]


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        (["ab", "bcd"], "abcd", ["a", "bcd"]),  # fewer words
        (["abc", "bc", "de", "cd", "ab"], "abcde", ["abc", "de"]),  # both 2 words: no single
        (["ab", "bc"], "abc", ["a", "bc"]),  # all equal: backward
        (["abcd", "ef", "def", "abc", "bc"], "abcdef", ["abc", "def"]),  # all equal: backward
    ],
)
def test_which_of_the_two_is_chosen(words, text, expected):
    dictionary = Dictionary.build(dict.fromkeys(words, 1))
    assert bidirectional_maximum_matching(text, dictionary) == expected


def test_fewer_single_characters_decide_between_equally_many_words():
    dictionary = Dictionary.build(dict.fromkeys(["ab", "cd", "ef", "bcde", "fg"], 1))
    # forward ab cd ef g, backward a bcde fg: fewer words win before single ones are counted
    assert bidirectional_maximum_matching("abcdefg", dictionary) == ["a", "bcde", "fg"]
    dictionary = Dictionary.build(dict.fromkeys(["ab", "bcd", "cd"], 1))
    # forward ab cd, backward a bcd: two words each, and forward has no single one
    assert bidirectional_maximum_matching("abcd", dictionary) == ["ab", "cd"]


# Letters


@quick
@given(st.lists(st.sampled_from(["a", "Z", "0", "9", "ab", "我", "９", "é", ".", "", " "])))
def test_joined_letters_are_runs_of_single_ones(words):
    joined = join_letters(words)
    assert "".join(joined) == "".join(words)
    assert join_letters([w for w in words if len(w) != 1]) == [w for w in words if len(w) != 1]
    single = [len(w) == 1 and w in "aZ09" for w in words]
    starts = [i for i in range(len(words)) if not (single[i] and i > 0 and single[i - 1])]
    assert joined == ["".join(words[a:b]) for a, b in pairwise([*starts, len(words)])]


def test_a_very_long_run_of_letters_is_joined():
    assert join_letters(["我", *"a" * 1_000_000, "我"]) == ["我", "a" * 1_000_000, "我"]


# At the boundary


@pytest.mark.parametrize("text", [None, b"abc", ["a"], 3])
def test_refuses_what_is_no_text(text):
    with pytest.raises(TypeError, match="text must be a str"):
        segment(text)
    for function in (*MATCHERS, word_graph):
        with pytest.raises(TypeError, match="text must be a str"):
            function(text, FOLKLORE)


@pytest.mark.parametrize("function", [*MATCHERS, word_graph])
def test_refuses_what_is_no_dictionary(function):
    with pytest.raises(TypeError, match="dictionary must be a Dictionary, got set"):
        function("研究", {"研究"})


@pytest.mark.parametrize("hmm", [None, 1, "yes"])
def test_refuses_what_is_no_model(hmm):
    with pytest.raises(TypeError, match="hmm must be True, False or a WordTagModel"):
        segment("研究", hmm=hmm)


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (["研究"], TypeError, "must map words to frequencies"),
        ({}, ValueError, "at least one word"),
        ({"": 1}, ValueError, "empty string"),
        ({1: 1}, TypeError, "a word must be a str"),
        ({"研究": 0}, ValueError, "frequency of '研究' must be at least 1"),
        ({"研究": 1.5}, TypeError, "frequency of '研究' must be an int"),
    ],
)
def test_refuses_what_makes_no_dictionary(words, error, message):
    with pytest.raises(error, match=message):
        Dictionary.build(words)


def test_a_dictionary_says_little_and_knows_its_words():
    assert repr(FOLKLORE) == "<Dictionary of 4 words>"
    assert "研究生" in FOLKLORE
    assert "研" not in FOLKLORE
    assert None not in FOLKLORE


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (({"研究": 4}, 4, 2), "'研', a beginning of '研究', is missing"),
        (({"研": 4}, 0, 1), "total must be at least 1"),
        (({"研": 4}, 4, 2), "longest is 2"),
        (({}, 1, 0), "at least one word"),
        (({"": 1}, 1, 0), "empty string"),
        (({"研": -1}, 1, 1), "frequency of '研' must be at least 0"),
    ],
)
def test_a_dictionary_that_build_would_not_make_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Dictionary(*fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ((None, 1, 1), "frequencies must map words to frequencies"),
        (({1: 1}, 1, 1), "a word must be a str"),
        (({"研": "x"}, 1, 1), "frequency of '研' must be an int"),
        (({"研": 1}, 1, 1.0), "longest must be an int"),
        (({"研": 1}, 1.0, 1), "total must be an int"),
    ],
)
def test_a_dictionary_of_other_types_is_refused(fields, message):
    with pytest.raises(TypeError, match=message):
        Dictionary(*fields)


def test_numbers_of_numpy_and_torch_are_added_as_ints():
    large = Dictionary.build(dict.fromkeys("abc", np.int32(2_000_000_000)))
    assert (large.total, type(large.total)) == (6_000_000_000, int)
    assert best_path("abc", large) == ["a", "b", "c"]
    small = Dictionary.build({"a": torch.tensor(3), "b": np.int8(100), "c": np.int8(100)})
    assert (small.total, type(small.total)) == (203, int)
    given = Dictionary({"a": np.int8(100)}, np.int8(100), np.int64(1))
    assert {type(n) for n in (*given.frequencies.values(), given.total, given.longest)} == {int}


def test_a_dictionary_can_be_hashed_and_copied_but_not_changed():
    assert FOLKLORE in {FOLKLORE}
    assert copy.copy(FOLKLORE).frequencies == FOLKLORE.frequencies
    with pytest.raises(TypeError, match="item assignment"):
        FOLKLORE.frequencies["命"] = 1
    mine = {"研": 1}
    dictionary = Dictionary(mine, 1, 1)
    mine["究"] = 1
    assert "究" not in dictionary


@pytest.mark.parametrize("words", ["ab", None, [1]])
def test_refuses_what_are_no_words(words):
    with pytest.raises(TypeError, match="words"):
        join_letters(words)
