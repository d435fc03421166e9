"""Chinese word segmentation: by longest matches, by the best path in the word graph, and as jieba.

Chapter: Chinese segmentation. The words of a result, joined, are the text again, always.
"""

import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from types import MappingProxyType
from typing import Any

from .._checks import check_int, check_str, check_tokens
from .hmm import WordTagModel, jieba_file, jieba_hmm, viterbi, words_of_tags
from .loading import once

# jieba 0.42.1's patterns. A block goes through the dictionary; around it stand single characters.
_BLOCK_OR_NOT = re.compile(r"([\u4E00-\u9FD5a-zA-Z0-9+#&._%-]+)|\r\n|.", re.DOTALL)
_LETTER_OR_DIGIT = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
# In a run of single characters: Chinese, then letters and digits with a fraction, then the rest.
_PIECE = re.compile(r"([\u4E00-\u9FD5]+)|[a-zA-Z0-9]+(?:\.[0-9]+)?%?|[^\u4E00-\u9FD5a-zA-Z0-9]+")


@dataclass(frozen=True, eq=False)
class Dictionary:
    """Words and how often each occurred in some corpus.

    ``frequencies`` holds every word, and with frequency 0 every beginning of a word that is none
    itself: where a string isn't in it, no word begins so, and a search may stop. It can't be
    changed. Made by ``Dictionary.build``; TypeError if an entry is no str or a number no int,
    ValueError if there is no entry, one is empty, a beginning is missing, a frequency is negative,
    ``total`` is not above 0, or ``longest`` is not the length of the longest entry.

    >>> from seq2seq_tutor.text import Dictionary
    >>> small = Dictionary.build({"研究": 4, "研究生": 2, "生命": 3})
    >>> small.total, small.longest, "研究" in small, "研" in small
    (9, 3, True, False)
    """

    frequencies: Mapping[str, int]
    total: int
    longest: int

    def __post_init__(self) -> None:
        entries = _checked("frequencies", self.frequencies, minimum=0)
        lost = next((w for w in entries if w[:-1] and w[:-1] not in entries), None)
        if lost is not None:
            raise ValueError(f"{lost[:-1]!r}, a beginning of {lost!r}, is missing; use build")
        check_int("total", self.total, minimum=1)
        check_int("longest", self.longest, minimum=1)
        if self.longest != max(map(len, entries)):
            raise ValueError(
                f"longest is {self.longest}, not the longest entry's length; use build"
            )
        object.__setattr__(self, "frequencies", MappingProxyType(entries))
        object.__setattr__(self, "total", operator.index(self.total))
        object.__setattr__(self, "longest", operator.index(self.longest))

    def __reduce__(self) -> tuple[Any, ...]:
        return Dictionary, (dict(self.frequencies), self.total, self.longest)

    @classmethod
    def build(cls, words: Mapping[str, int]) -> "Dictionary":
        """Make a dictionary of words and their frequencies, each at least 1.

        For words, not sentences: the beginnings of n characters hold about n * n / 2 together.

        TypeError or ValueError if a word is not a str, is empty, or has no such frequency.
        """
        words = _checked("words", words, minimum=1)
        return cls(_with_beginnings(words), sum(words.values()), max(map(len, words)))

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self.frequencies.get(word, 0) > 0

    def __repr__(self) -> str:
        return f"<Dictionary of {sum(map(bool, self.frequencies.values()))} words>"


@once
def jieba_dictionary() -> Dictionary:
    """Give jieba's dictionary of 349,045 words, read from its data file when first needed.

    Source: jieba 0.42.1, ``dict.txt``.

    >>> from seq2seq_tutor.text import jieba_dictionary
    >>> "今天天气" in jieba_dictionary()
    True
    """
    with jieba_file("dict.txt").open(encoding="utf-8") as lines:
        rows = [(word, int(frequency)) for word, frequency, *_ in map(str.split, lines)]
    # One word stands there twice, and jieba's total counts both.
    total, longest = sum(number for _, number in rows), max(len(word) for word, _ in rows)
    return Dictionary(_with_beginnings(dict(rows)), total, longest)


def forward_maximum_matching(text: str, dictionary: Dictionary) -> list[str]:
    """Take from the left the longest word that fits, again and again.

    Where none fits, one character. TypeError if an argument is of another type.

    >>> from seq2seq_tutor.text import Dictionary, forward_maximum_matching
    >>> small = Dictionary.build({"研究": 4, "研究生": 2, "生命": 3, "起源": 1})
    >>> forward_maximum_matching("研究生命起源", small)
    ['研究生', '命', '起源']
    """
    _check(text, dictionary)
    words, start = [], 0
    while start < len(text):
        end = min(start + dictionary.longest, len(text))
        while end > start + 1 and text[start:end] not in dictionary:
            end -= 1
        words.append(text[start:end])
        start = end
    return words


def backward_maximum_matching(text: str, dictionary: Dictionary) -> list[str]:
    """Take from the right the longest word that fits, again and again.

    Where none fits, one character. TypeError if an argument is of another type.

    >>> from seq2seq_tutor.text import Dictionary, backward_maximum_matching
    >>> small = Dictionary.build({"研究": 4, "研究生": 2, "生命": 3, "起源": 1})
    >>> backward_maximum_matching("研究生命起源", small)
    ['研究', '生命', '起源']
    """
    _check(text, dictionary)
    words, end = [], len(text)
    while end > 0:
        start = max(0, end - dictionary.longest)
        while start < end - 1 and text[start:end] not in dictionary:
            start += 1
        words.append(text[start:end])
        end = start
    return words[::-1]


def bidirectional_maximum_matching(text: str, dictionary: Dictionary) -> list[str]:
    """Choose between forward and backward maximum matching.

    The result with fewer words; of equally many, the one with fewer single characters; of equally
    many again, the backward one. TypeError if an argument is of another type.

    >>> from seq2seq_tutor.text import Dictionary, bidirectional_maximum_matching
    >>> small = Dictionary.build({"研究": 4, "研究生": 2, "生命": 3, "起源": 1})
    >>> bidirectional_maximum_matching("研究生命起源", small)
    ['研究', '生命', '起源']
    """
    found = (
        backward_maximum_matching(text, dictionary),
        forward_maximum_matching(text, dictionary),
    )
    return min(found, key=lambda words: (len(words), sum(len(word) == 1 for word in words)))


def word_graph(text: str, dictionary: Dictionary) -> list[list[int]]:
    """Give, for each place in the text, where the words that begin there end.

    ``text[start:end]`` is a word for every ``end`` in ``graph[start]``; the ends rise. Where no
    word begins, the single character stands for one. TypeError if an argument is of another type.

    >>> from seq2seq_tutor.text import Dictionary, word_graph
    >>> word_graph("研究生命", Dictionary.build({"研究": 4, "研究生": 2, "生命": 3}))
    [[2, 3], [2], [4], [4]]
    """
    _check(text, dictionary)
    return _graph(text, dictionary.frequencies)


def best_path(text: str, dictionary: Dictionary) -> list[str]:
    """Give the segmentation whose words have the highest product of relative frequencies.

    The segmentations are the paths of ``word_graph``: a character that is no word is taken for one
    where no word begins, and counts as seen once. Of equal products the longer word wins at the
    first difference. TypeError if an argument is of another type.

    Source: jieba 0.42.1, ``Tokenizer.calc``: the same sums of logarithms in the same order.

    >>> from seq2seq_tutor.text import Dictionary, best_path
    >>> small = Dictionary.build({"研究": 4, "研究生": 2, "生命": 3, "起源": 1})
    >>> best_path("研究生命起源", small)
    ['研究', '生命', '起源']
    """
    _check(text, dictionary)
    return _best_words(text, dictionary)


def join_letters(words: Sequence[str]) -> list[str]:
    """Put Latin letters and digits that stand alone in a row together again.

    A dictionary of Chinese words takes them apart. TypeError if ``words`` is not a list of str.

    >>> from seq2seq_tutor.text import join_letters
    >>> join_letters(["第", "1", "8", "天", "U", "盘"])
    ['第', '18', '天', 'U', '盘']
    """
    check_tokens("words", words)
    joined: list[list[str]] = []
    after_letter = False
    for word in words:
        is_letter = word in _LETTER_OR_DIGIT
        if is_letter and after_letter:
            joined[-1].append(word)
        else:
            joined.append([word])
        after_letter = is_letter
    return ["".join(run) for run in joined]


def segment(
    text: str, *, hmm: bool | WordTagModel = True, dictionary: Dictionary | None = None
) -> list[str]:
    """Segment text as jieba does: ``segment(text, hmm=h) == jieba.lcut(text, HMM=h)``.

    That is jieba as installed: with no user dictionary, word added or removed, or paddle.

    Chinese characters, Latin letters, digits and ``+#&._%-`` form blocks, each of which is cut
    along its best path in the dictionary, jieba's unless another is given; any other character
    stands alone. With ``hmm``, True for jieba's or a model of yours, a run of single characters on
    that path that isn't a word itself goes to the hidden Markov model, its Chinese parts at least;
    without, ``join_letters`` does what is left. The text is taken as it is, so ``normalize`` first.

    TypeError if an argument is of another type.

    Source: jieba 0.42.1, whose output it is on every string that was tried.

    >>> from seq2seq_tutor.text import segment
    >>> segment("这是PyTorch。"), segment("这是PyTorch。", hmm=False)
    (['这是', 'PyTorch', '。'], ['这', '是', 'PyTorch', '。'])
    """
    _check_hmm(hmm)
    if dictionary is None:
        dictionary = jieba_dictionary()
    _check(text, dictionary)
    model = jieba_hmm() if hmm is True else hmm
    words = []
    for match in _BLOCK_OR_NOT.finditer(text):
        if match.group(1) is None:
            words.append(match.group())
            continue
        path = _best_words(match.group(), dictionary)
        if model:
            words += _repair(path, dictionary, model)
        else:
            words += join_letters(path)
    return words


def _repair(path: list[str], dictionary: Dictionary, model: WordTagModel) -> list[str]:
    """Look for words in the runs of single characters on a path."""
    words, run = [], ""
    for word in [*path, ""]:  # the empty one ends the last run
        if len(word) == 1:
            run += word
            continue
        words += _words_in_run(run, dictionary, model)
        run = ""
        words.append(word)
    return words[:-1]


def _words_in_run(run: str, dictionary: Dictionary, model: WordTagModel) -> list[str]:
    """Find the words in a run of single characters."""
    if len(run) < 2 or run in dictionary:
        return list(run)
    words = []
    for match in _PIECE.finditer(run):
        piece = match.group()
        if match.group(1) is None:
            words.append(piece)
        else:
            words += words_of_tags(piece, viterbi(piece, model))
    return words


def _checked(name: str, words: Any, *, minimum: int) -> dict[str, int]:
    """Copy words and frequencies, as ints of Python's own, whose sum never overflows."""
    if not isinstance(words, Mapping):
        raise TypeError(
            f"{name} must map words to frequencies, got {type(words).__name__}: {words!r:.60}"
        )
    if not words:
        raise ValueError("a dictionary needs at least one word")
    checked = dict(words)
    for word, frequency in checked.items():
        if type(frequency) is int and frequency >= minimum and isinstance(word, str) and word:
            continue  # as nearly always; jieba's dictionary has half a million entries
        check_str("a word", word)
        if not word:
            raise ValueError("the empty string is no word")
        check_int(f"the frequency of {word!r}", frequency, minimum=minimum)
        checked[word] = operator.index(frequency)
    return checked


def _with_beginnings(words: Mapping[str, int]) -> dict[str, int]:
    """Add every beginning of a word, with frequency 0 if it is no word."""
    beginnings = {word[:end]: 0 for word in words for end in range(1, len(word))}
    return {**beginnings, **words}


def _graph(text: str, frequencies: Mapping[str, int]) -> list[list[int]]:
    """Make the word graph."""
    graph = []
    for start in range(len(text)):
        ends, end = [], start + 1
        while end <= len(text) and (frequency := frequencies.get(text[start:end])) is not None:
            if frequency:
                ends.append(end)
            end += 1
        graph.append(ends or [start + 1])
    return graph


def _best_words(text: str, dictionary: Dictionary) -> list[str]:
    """Walk from the end to the beginning for the scores, and forward for the words."""
    frequencies, log_total = dictionary.frequencies, log(dictionary.total)
    graph = _graph(text, frequencies)
    scores, ends = [0.0] * (len(text) + 1), [0] * len(text)
    for start in range(len(text) - 1, -1, -1):
        scores[start], ends[start] = max(
            (log(frequencies.get(text[start:end]) or 1) - log_total + scores[end], end)
            for end in graph[start]
        )
    words, start = [], 0
    while start < len(text):
        words.append(text[start : ends[start]])
        start = ends[start]
    return words


def _check(text: str, dictionary: Dictionary) -> None:
    """Refuse what is no text, or no dictionary."""
    check_str("text", text)
    if not isinstance(dictionary, Dictionary):
        raise TypeError(
            f"dictionary must be a Dictionary, got {type(dictionary).__name__}; "
            "make one with Dictionary.build, or take jieba_dictionary()"
        )


def _check_hmm(hmm: bool | WordTagModel) -> None:
    """Refuse what is neither a switch nor a model."""
    if not isinstance(hmm, (bool, WordTagModel)):
        raise TypeError(f"hmm must be True, False or a WordTagModel, got {hmm!r:.60}")
