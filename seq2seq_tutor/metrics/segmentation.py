"""Precision, recall and F1 of a word segmentation, over the words' places in their sentence.

Chapter: Chinese segmentation.
"""

from collections.abc import Container, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from .._checks import check_tokens


class SegmentationScores(NamedTuple):
    """Scores between 0 and 1, and the counts that they are ratios of.

    ``precision = correct / predicted``, ``recall = correct / gold``, and ``f1`` is their harmonic
    mean. ``oov_recall = oov_correct / oov`` is the recall over the gold words that are not known;
    None where there is no such word, or nobody said which words are known.

    >>> from seq2seq_tutor.metrics import segmentation_scores
    >>> segmentation_scores([["研究生", "命"]], [["研究", "生命"]]).f1
    0.0
    """

    precision: float
    recall: float
    f1: float
    correct: int
    predicted: int
    gold: int
    oov_recall: float | None
    oov_correct: int
    oov: int


def segmentation_scores(
    predicted: Sequence[Sequence[str]],
    gold: Sequence[Sequence[str]],
    *,
    known_words: Container[str] | None = None,
) -> SegmentationScores:
    """Score segmented sentences against gold ones; counts are summed over all sentences first.

    A word is correct if it begins and ends at the same places as a gold word, so the characters of
    both sides must be the same. With ``known_words``, commonly the set of those of a training text
    or a ``Dictionary``, the recall of the other gold words is given too. Give the dictionary, not
    its ``frequencies``, which hold beginnings of words as well.

    TypeError if a sentence is not a list of words, or ``known_words`` is a str or can't be asked
    whether it holds a word; ValueError if there are different numbers of sentences, or no word at
    all, if a word is empty, or if two sentences differ in a character.

    Source: the SIGHAN bakeoffs, as in Emerson (2005).

    >>> from seq2seq_tutor.metrics import segmentation_scores
    >>> scores = segmentation_scores(
    ...     [["研究生", "命", "的", "起源"]], [["研究", "生命", "的", "起源"]], known_words={"的"}
    ... )
    >>> scores.correct, scores.precision, scores.recall, scores.f1
    (2, 0.5, 0.5, 0.5)
    >>> scores.oov_correct, scores.oov
    (1, 3)
    """
    for name, sentences in (("predicted", predicted), ("gold", gold)):
        _check_sentences(name, sentences)
    if len(predicted) != len(gold):
        raise ValueError(
            f"{len(predicted)} predicted sentences but {len(gold)} gold ones; give one for each"
        )
    known = known_words
    if isinstance(known_words, (list, tuple)):
        check_tokens("known_words", known_words)
        known = frozenset(known_words)
    elif known_words is not None and (
        isinstance(known_words, (str, bytes)) or not hasattr(known_words, "__contains__")
    ):
        raise TypeError(f"known_words must be a set of words, got {known_words!r:.60}")
    correct = words_predicted = words_gold = oov = oov_correct = 0
    for number, (ours, theirs) in enumerate(zip(predicted, gold, strict=True)):
        _check_same_text(number, "".join(ours), "".join(theirs))
        found = set(_spans(ours))
        words_predicted += len(ours)
        words_gold += len(theirs)
        for word, span in zip(theirs, _spans(theirs), strict=True):
            correct += span in found
            if known is not None and word not in known:
                oov += 1
                oov_correct += span in found
    if not words_gold:
        raise ValueError("there is no word to score")
    return SegmentationScores(
        precision=correct / words_predicted,
        recall=correct / words_gold,
        f1=2 * correct / (words_predicted + words_gold),
        correct=correct,
        predicted=words_predicted,
        gold=words_gold,
        oov_recall=oov_correct / oov if oov else None,
        oov_correct=oov_correct,
        oov=oov,
    )


def _spans(words: Sequence[str]) -> list[tuple[int, int]]:
    """Give the start and the end of each word."""
    return list(pairwise(accumulate(map(len, words), initial=0)))


def _check_sentences(name: str, sentences: Sequence[Sequence[str]]) -> None:
    """Refuse anything but a list of lists of words."""
    if isinstance(sentences, (str, bytes)) or not isinstance(sentences, (list, tuple)):
        raise TypeError(
            f"{name} must be a list of sentences, each a list of words; got "
            f"{type(sentences).__name__}: {sentences!r:.60}"
        )
    for number, words in enumerate(sentences):
        check_tokens(f"{name}[{number}]", words)
        if "" in words:
            raise ValueError(f"{name}[{number}][{list(words).index('')}] is an empty word")


def _check_same_text(number: int, ours: str, theirs: str) -> None:
    """Refuse two sentences that differ in a character, and say where."""
    if ours == theirs:
        return
    shared = zip(ours, theirs, strict=False)
    place = next((i for i, (a, b) in enumerate(shared) if a != b), min(len(ours), len(theirs)))
    raise ValueError(
        f"sentence {number} has other characters than its gold sentence, first at character "
        f"{place}: {ours[place : place + 10]!r} against {theirs[place : place + 10]!r}; segment "
        "the joined gold words, and change no character"
    )
