"""The segmented sample: what a hand that types 58 sentences may get wrong."""

from itertools import pairwise

import regex

from seq2seq_tutor.data import DATASETS, segmented_sample
from seq2seq_tutor.text import normalize

MARKS = set("。，？！·")


def test_words_are_whole_and_sentences_end():
    sample = segmented_sample()
    assert len(sample) == 58
    assert len(set(map("".join, sample))) == 58
    for words in sample:
        assert all(words)
        assert words[-1] in "。？！"
        # a mark is a word, Latin letters and digits in a row are one
        assert all(len(word) == 1 or not MARKS & set(word) for word in words)
        text = "".join(words)
        assert text == normalize(text)
        assert regex.fullmatch(r"[\p{Han}A-Za-z0-9０-９.%。，？！·-]+", text)


def test_no_two_neighbours_are_pieces_of_a_latin_word():
    for words in segmented_sample():
        for first, second in pairwise(words):
            assert not (first[-1].isascii() and second[0].isascii())


def test_it_is_simplified():
    text = "".join(word for words in segmented_sample() for word in words)
    assert not set("們這個說會來對為學") & set(text)


def test_function_words_stand_alone_unless_inside_a_word_of_the_standard():
    inside = {"了": set(), "着": set(), "的": set(), "得": set(), "地": set()}
    for words in segmented_sample():
        for word in words:
            for character, found in inside.items():
                if character in word and len(word) > 1:
                    found.add(word)
    assert inside == {"了": set(), "着": set(), "的": set(), "得": set(), "地": set()}


def test_it_is_the_callers_and_no_data_set():
    first = segmented_sample()
    first.clear()
    assert len(segmented_sample()) == 58
    assert "segmented_sample" not in DATASETS
