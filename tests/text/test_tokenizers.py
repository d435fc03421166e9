"""Tokenizers against jieba itself, Unicode's normal forms, and arbitrary text."""

import logging
import os
import subprocess
import sys
import unicodedata
import warnings
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_tutor.text import (
    CharTokenizer,
    JiebaTokenizer,
    WordTokenizer,
    normalize,
    to_simplified,
)

ROOT = Path(__file__).parents[2]
TOKENIZERS = (CharTokenizer, WordTokenizer, JiebaTokenizer)
FAMILY, FLAG = "👩\u200d👩\u200d👧", "🇩🇪"

# Characters at which tokenizers go wrong: marks, joiners, half flags, jamo, wide forms, controls.
TRICKY = [*"()[]«»“”.,!?;:%'’-_059aé¿…。，、（）「」ÅＡ﹐ﬁ½İß"]
TRICKY += [*" \u3000\u00a0\u202f\u2028\t\x00\x1b\x85"]
TRICKY += [*"\u0301\u0338\u0344\u0600\u200b\u00ad\ufeff\ufe0f\u1100\u1161\u11a8\u3099か"]
TRICKY += [*"\u200c\u200d\u2060", "می\u200cخواهم", "ශ්\u200dරී"]
TRICKY += [FAMILY, *FLAG, "我", "喜欢", "北京大学", "10", "don't", "http://a.b"]
tricky = st.lists(st.sampled_from(TRICKY), max_size=12).map("".join)
texts = st.one_of(st.text(), tricky, st.lists(st.one_of(tricky, st.text(max_size=3))).map("".join))
forms = st.sampled_from(["NFC", "NFKC"])
quick = settings(max_examples=200, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def jieba(tmp_path_factory):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    jieba.setLogLevel(logging.WARNING)
    jieba.dt.tmp_dir = str(tmp_path_factory.mktemp("jieba"))
    return jieba


def boundaries(tokens):
    return set(accumulate(map(len, tokens)))


# normalize


@quick
@given(texts, forms)
def test_normalize_is_idempotent_and_in_normal_form(text, form):
    normal = normalize(text, form)
    assert normalize(normal, form) == normal
    assert unicodedata.is_normalized(form, normal)
    assert normal.split(" ") == (normal.split() or [""])


@quick
@given(texts)
def test_normalize_changes_nothing_else_than_it_says(text):
    def visible(s):
        return [c for c in s if not c.isspace() and c not in "\u200b\u2060\u00ad\ufeff"]

    # Canonical decomposition undoes NFC; removing a character may let marks change places.
    decomposed = unicodedata.normalize("NFD", normalize(text))
    assert sorted(visible(decomposed)) == sorted(visible(unicodedata.normalize("NFD", text)))


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("", ""),
        (" \t\r\n\u3000\u00a0\u2028\x85", ""),
        ("Va\u202f!\u00a0Oui", "Va ! Oui"),
        ("\ufeffhello", "hello"),
        ("zero\u200bwidth soft\u00adhyphen", "zerowidth softhyphen"),
        ("word\u2060joiner e\u2060\u0301", "wordjoiner é"),
        ("می\u200cخواهم ශ්\u200dරී", "می\u200cخواهم ශ්\u200dරී"),
        ("e\u0301", "é"),
        ("ＡＢＣ，１２３", "ＡＢＣ，１２３"),
        ("a\x00b", "a\x00b"),
    ],
)
def test_normalize_by_hand(text, normal):
    assert normalize(text) == normal


def test_accents_written_in_two_ways_give_the_same_tokens():
    for tokenizer in TOKENIZERS:
        assert tokenizer().tokenize("cafe\u0301") == tokenizer().tokenize("café")


def test_nfkc_makes_wide_letters_plain():
    assert WordTokenizer(form="NFKC").tokenize("ＡＢＣ１２３，ﬁn") == ["ABC123", ",", "fin"]


# what every tokenizer keeps


@quick
@given(texts, forms, st.sampled_from(TOKENIZERS))
def test_no_character_is_lost_or_invented(text, form, tokenizer):
    tokens = tokenizer(form=form).tokenize(text)
    assert "".join(tokens).replace(" ", "") == normalize(text, form).replace(" ", "")
    assert all(tokens)


@quick
@given(texts, st.sampled_from(TOKENIZERS))
def test_no_token_can_break_a_line_or_a_column(text, tokenizer):
    tokens = tokenizer().tokenize(text)
    assert not any(character.isspace() and character != " " for character in "".join(tokens))


@quick
@given(texts, forms, st.sampled_from([CharTokenizer, JiebaTokenizer]))
def test_char_and_jieba_detokenize_to_the_normal_form(text, form, tokenizer):
    tokenizer = tokenizer(form=form)
    assert tokenizer.detokenize(tokenizer.tokenize(text)) == normalize(text, form)


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize(
    "whole", [FAMILY, FLAG, "👍🏽", "n\u0303\u0323", "नि", "\u1100\u1161\u11a8"]
)
def test_what_a_reader_sees_as_one_character_stays_whole(tokenizer, whole):
    tokens = tokenizer().tokenize(f"音{whole}乐")
    assert any(unicodedata.normalize("NFC", whole) in token for token in tokens)


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_nothing_and_only_spaces_have_no_tokens(tokenizer):
    assert tokenizer().tokenize("") == []
    assert tokenizer().tokenize(" \u3000\u00a0\t\n") == []
    assert tokenizer().detokenize([]) == ""


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_punctuation_alone_is_kept(tokenizer):
    assert tokenizer().tokenize("。，！？") == ["。", "，", "！", "？"]


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_a_very_long_sentence_is_not_cut_short(tokenizer):
    text = normalize("我在 2024 年读了 3.5 本书, twice. " * 4000)
    tokens = tokenizer().tokenize(text)
    assert len(text) > 90_000
    assert "".join(tokens).replace(" ", "") == text.replace(" ", "")
    assert tokenizer().tokenize(tokenizer().detokenize(tokens)) == tokens


# CharTokenizer


def test_char_tokens_are_characters_and_spaces():
    assert CharTokenizer().tokenize(f"我 he\u0301{FLAG}🇫🇷{FAMILY}") == [
        *("我", " ", "h", "é", FLAG, "🇫🇷", FAMILY)
    ]


# WordTokenizer


@quick
@given(texts, forms)
def test_words_are_the_same_after_detokenizing(text, form):
    tokenizer = WordTokenizer(form)
    tokens = tokenizer.tokenize(text)
    assert tokenizer.tokenize(tokenizer.detokenize(tokens)) == tokens


WORDS = ["I", "Café", "ß", "don't", "l’ami", "mother-in-law", "7", "3.14", "12:30"]
WORDS += ["می\u200cخواهم", "ශ්\u200dරී", "അവന്\u200d"]
words = st.sampled_from(WORDS)
decorated = st.tuples(
    st.sampled_from(["", "", "(", "[", "“", "¿"]),
    words,
    st.sampled_from(["", "", ",", ".", "?!", ")", "]", "”", "%", "...", "),"]),
).map("".join)


@quick
@given(texts, forms)
def test_detokenized_words_are_in_normal_form_and_differ_by_spaces_alone(text, form):
    tokenizer = WordTokenizer(form)
    written = tokenizer.detokenize(tokenizer.tokenize(text))
    assert normalize(written, form) == written
    assert written.replace(" ", "") == normalize(text, form).replace(" ", "")


@quick
@given(st.lists(decorated, max_size=8).map(" ".join))
def test_well_spaced_text_comes_back_unchanged(text):
    tokenizer = WordTokenizer()
    assert tokenizer.detokenize(tokenizer.tokenize(text)) == text


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("I don't like it (much).", ["I", "don't", "like", "it", "(", "much", ")", "."]),
        ("It’s state-of-the-art!", ["It’s", "state-of-the-art", "!"]),
        ("3.14, 1,000 and 12:30.", ["3.14", ",", "1,000", "and", "12:30", "."]),
        ("a.b a,b 1.b", ["a", ".", "b", "a", ",", "b", "1", ".", "b"]),
        ("-a- 'tis dogs'", ["-", "a", "-", "'", "tis", "dogs", "'"]),
        ("snake_case ½ 5%", ["snake_case", "½", "5", "%"]),
        ("<pad> $5", ["<", "pad", ">", "$", "5"]),
        ("a\x00b", ["a", "\x00", "b"]),
        ("İSTANBUL", ["İSTANBUL"]),  # nothing is lower-cased; that would make İ two code points
        ("ＡＢＣ１２３", ["ＡＢＣ１２３"]),
        ("می\u200cخواهم.", ["می\u200cخواهم", "."]),  # Persian: a non-joiner inside the word
        ("ශ්\u200dරී ලංකා", ["ශ්\u200dරී", "ලංකා"]),  # Sinhala: a joiner inside it
        ("അവന്\u200d!", ["അവന്\u200d", "!"]),  # Malayalam: a joiner at its end
        ("\u200dsay 1\u200c.5", ["\u200d", "say", "1\u200c", ".", "5"]),
    ],
)
def test_words_by_hand(text, tokens):
    assert WordTokenizer().tokenize(text) == tokens


def test_chinese_punctuation_takes_no_space():
    assert WordTokenizer().detokenize(["你", "，", "《", "书", "》", "。"]) == "你，《书》。"


# JiebaTokenizer


@quick
@given(st.text(alphabet="我们喜欢北京大学音乐的了是不臺灣abcXY 0159.%-，。！《》"), st.booleans())
def test_jieba_tokens_are_those_of_jieba(jieba, text, hmm):
    assert JiebaTokenizer(hmm=hmm).tokenize(text) == jieba.lcut(normalize(text), HMM=hmm)


@quick
@given(texts, st.booleans())
def test_jieba_cuts_where_jieba_does_unless_inside_a_character(jieba, text, hmm):
    cuts = boundaries(jieba.lcut(normalize(text), HMM=hmm))
    characters = boundaries(CharTokenizer().tokenize(text))
    assert boundaries(JiebaTokenizer(hmm=hmm).tokenize(text)) == cuts & characters


def test_jieba_by_hand():
    assert JiebaTokenizer().tokenize("ＡＢＣ１２３") == [*"ＡＢＣ１２３"]
    assert JiebaTokenizer(form="NFKC").tokenize("ＡＢＣ１２３") == ["ABC123"]
    assert JiebaTokenizer().tokenize("iPhone15手机") == ["iPhone15", "手机"]
    assert JiebaTokenizer().tokenize("他来到了网易杭研大厦")[-2:] == ["杭研", "大厦"]
    assert JiebaTokenizer(hmm=False).tokenize("他来到了网易杭研大厦")[-3:] == ["杭", "研", "大厦"]


def test_jieba_knows_fewer_words_of_traditional_text():
    assert JiebaTokenizer().tokenize("臺灣的音樂") == ["臺", "灣的", "音樂"]
    assert JiebaTokenizer().tokenize(to_simplified("臺灣的音樂")) == ["台湾", "的", "音乐"]


def test_jieba_writes_nothing_anywhere_and_leaves_jieba_itself_unloaded(tmp_path):
    program = (
        "from seq2seq_tutor.text import JiebaTokenizer\n"
        "assert JiebaTokenizer().tokenize('我喜欢音乐。') == ['我', '喜欢', '音乐', '。']\n"
        "import jieba\n"
        "assert not jieba.dt.initialized\n"
    )
    temporary, home = tmp_path / "temporary", tmp_path / "home"
    temporary.mkdir()
    home.mkdir()
    env = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(temporary), "HOME": str(home)}
    env["PYTHONPYCACHEPREFIX"] = str(tmp_path / "bytecode")  # so that jieba is compiled, and warns
    done = subprocess.run(
        [sys.executable, "-W", "error", "-B", "-c", program],
        env=env,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [*temporary.iterdir(), *home.iterdir()] == []


# refusals


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "text must be a str, got NoneType"),
        ("我".encode(), "text must be a str, got bytes"),
        (["我", "们"], r"text must be a str, got list: \['我', '们'\]"),
    ],
)
def test_tokenize_refuses_what_is_not_a_str(tokenizer, text, said):
    with pytest.raises(TypeError, match=said):
        tokenizer().tokenize(text)


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_tokenize_refuses_half_a_surrogate_pair(tokenizer):
    with pytest.raises(ValueError, match=r"'\\ud800'\) at position 2: .* UTF-8"):
        tokenizer().tokenize("ab\ud800c")


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_detokenize_refuses_a_str_and_what_is_not_str(tokenizer):
    with pytest.raises(TypeError, match="tokens must be a list of tokens, got str: 'ab'; split"):
        tokenizer().detokenize("ab")
    with pytest.raises(TypeError, match=r"tokens\[1\] must be a str, got 7"):
        tokenizer().detokenize(["a", 7])


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_another_unicode_form_is_refused_by_name(tokenizer):
    with pytest.raises(ValueError, match="form must be one of NFC, NFKC; got 'NFD'"):
        tokenizer(form="NFD").tokenize("a")
