"""Scripts: counting letters by hand, and Traditional characters against OpenCC and HSK."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from seq2seq_tutor.data import load
from seq2seq_tutor.text import mostly_chinese, to_simplified

T2S = OpenCC("t2s")
SENTENCES = [pair.src for pair in load("hsk")]
traditional = st.sampled_from([*"髮發乾幹干後后臺台灣裏裡覆複著瞭徵麼藉坤隆", "皇后", "乾坤", "𠀀"])
mixed = st.lists(st.one_of(traditional, st.text(max_size=3))).map("".join)
quick = settings(max_examples=200, deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        (["我喜欢音乐。"], True),
        (["I like music."], False),
        (["我喜欢 a b c"], False),  # three of six letters
        (["我喜欢 a b"], True),
        (["我", "b", "欢"], True),  # over all texts together
        (["ひらがなの文"], False),
        (["2024-03-05", "。，"], False),
        ([""], False),
        ([], False),
        (["𠀀𠀁a"], True),  # beyond the basic plane
    ],
)
def test_more_than_half_of_the_letters(texts, verdict):
    assert mostly_chinese(texts) is verdict
    assert mostly_chinese(iter(texts)) is verdict


@pytest.mark.parametrize("texts", ["我喜欢", ["我", None], [["我"]]])
def test_refuses_what_is_no_list_of_texts(texts):
    with pytest.raises(TypeError, match="texts"):
        mostly_chinese(texts)


# to_simplified


@pytest.mark.parametrize(
    ("text", "simplified"),
    [
        ("頭髮 發展", "头发 发展"),
        ("乾淨 幹部 干涉", "干净 干部 干涉"),
        ("皇后 後面", "皇后 后面"),
        ("乾坤 乾隆", "乾坤 乾隆"),  # the word decides
        ("臺灣的資訊、軟體", "台湾的资讯、软体"),  # no word of another region
        ("吃著", "吃著"),  # Taiwan's variant
        ("我喜欢音乐。", "我喜欢音乐。"),
        ("I like 音樂.", "I like 音乐."),
        ("\0髮a\0發\0", "\0发a\0发\0"),
        ("", ""),
    ],
)
def test_simplified_by_hand(text, simplified):
    assert to_simplified(text) == simplified


@quick
@given(mixed)
def test_simplified_is_what_opencc_says_character_by_character(text):
    simplified = to_simplified(text)
    assert simplified == T2S.convert(text)
    assert len(simplified) == len(text)


@quick
@given(st.text(st.characters(exclude_categories=["Cs", "Lo"])))
def test_what_is_not_chinese_stays_as_it_is(text):
    assert to_simplified(text) == text


def test_simplified_sentences_stay_as_they_are():
    assert [text for text in SENTENCES if to_simplified(text) != text] == []


def test_traditional_sentences_become_simplified_ones():
    to_traditional = OpenCC("s2t")
    back = [to_simplified(to_traditional.convert(text)) for text in SENTENCES]
    changed = [pair for pair in zip(SENTENCES, back, strict=True) if len(set(pair)) == 2]
    assert len(changed) < 10  # s2t also writes 像 for 象
    assert all(to_simplified(text) == text for text in back)


def test_a_long_text_is_simplified_whole():
    assert to_simplified("我愛音樂，\0" * 50_000) == "我爱音乐，\0" * 50_000


@pytest.mark.parametrize("text", [None, "我".encode(), ["我"]])
def test_simplified_refuses_what_is_not_a_str(text):
    with pytest.raises(TypeError, match=f"text must be a str, got {type(text).__name__}"):
        to_simplified(text)


def test_simplified_refuses_half_a_surrogate_pair():
    with pytest.raises(
        ValueError, match=r"text has half a surrogate pair \('\\ud800'\) at position 1"
    ):
        to_simplified("髮\ud800")
