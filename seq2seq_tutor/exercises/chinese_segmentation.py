"""The exercises of the chapter on Chinese segmentation."""

import random
from collections.abc import Iterator
from math import isclose, log
from typing import Any

from .._checks import is_int
from ..text import Dictionary, word_graph
from .checking import NotYet, ask, parts, shown

_REMEDIES = {
    "dictionary": "Which word would you add? Look up 学生会, 学生 and 会: which of them does the "
    "dictionary lack?",
    "hmm": "The HMM is given runs of single characters on the best path. Is there such a run of "
    "two here?",
    "context": "",
}
_CHANGES = ("rises", "stays", "falls")


def exercise_1(answer: Any) -> None:
    """What would help where both readings consist of words that the dictionary has."""
    if not isinstance(answer, str) or answer not in _REMEDIES:
        raise NotYet(
            f"The remedy must be 'dictionary', 'hmm' or 'context', and yours is {shown(answer)}."
        )
    if _REMEDIES[answer]:
        raise NotYet(_REMEDIES[answer])


def exercise_2(answer: Any) -> None:
    """What a change of settings after training does to the share of unknown words."""
    off_to_on, on_to_off = parts(answer, "off, then on", "on, then off")
    for name, value in (("off, then on", off_to_on), ("on, then off", on_to_off)):
        if value not in _CHANGES:
            raise NotYet(
                f"The answer for '{name}' must be one of {', '.join(_CHANGES)}; yours is "
                f"{shown(value)}."
            )
    if off_to_on != "rises":
        raise NotYet(
            f"For 'off, then on', you say it {off_to_on}. Take 这是: is it in a vocabulary that "
            "was built with the HMM off?"
        )
    if on_to_off != "falls":
        raise NotYet(
            f"The first is right. For 'on, then off', you say it {on_to_off}. What becomes of a "
            "word like 花不贵, and are its pieces known?"
        )


def exercise_3(answer: Any) -> None:
    """The number of paths through a word graph."""
    small = Dictionary.build({"研究": 4, "研究生": 2, "生命": 3, "起源": 1, "研": 1, "命": 1})
    cases: list[tuple[list[list[int]], str]] = [
        ([[1]], "a text of one character"),
        ([[1, 2], [2]], "two characters that are also a word"),
        (word_graph("研究生命起源", small), "研究生命起源 with six words"),
        ([[3], [2], [3], [4, 5], [5]], "a graph in which one place can't be reached"),
        (
            [list(range(n + 1, 21)) for n in range(20)],
            "20 characters, of which every run is a word",
        ),
        ([], "the empty text"),
    ]
    for graph, case in cases:
        found = ask(answer, [list(ends) for ends in graph], case=case)
        if not is_int(found):
            raise NotYet(f"For {case}, the number must be an int, and yours is {shown(found)}.")
        wanted = _paths(graph)
        if found != wanted:
            side = "too few" if found < wanted else "too many"
            raise NotYet(f"For {case}, {found} paths are {side}; the graph was {graph}.")


def exercise_4(answer: Any) -> None:
    """The segmentation with the fewest words, and of those the most probable."""
    draw = random.Random(0)
    folklore = {"研究": 4, "研究生": 2, "生命": 3, "起源": 1}
    cases = [
        ("研究生命起源", folklore),
        ("ab", {"ab": 1, "a": 100, "b": 100}),
        ("abcd", {"ab": 9, "cd": 9, "abc": 1, "bcd": 2, "a": 50, "d": 3}),
        ("abc", {"ab": 9, "c": 9, "a": 1, "bc": 1}),
        ("abc", {"ab": 1, "c": 1, "a": 9, "bc": 9}),
        ("abc", {"b": 5}),
        ("", {"b": 5}),
    ]
    for _ in range(30):
        words = {
            "".join(draw.choices("abc", k=draw.randint(1, 3))): draw.randint(1, 60)
            for _ in range(8)
        }
        cases.append(("".join(draw.choices("abc", k=draw.randint(2, 8))), words))
    for text, words in cases:
        dictionary = Dictionary.build(words)
        case = f"the text {text!r} and the words {words}"
        found = ask(answer, text, dictionary, case=case)
        is_list = isinstance(found, (list, tuple))
        if not is_list or not all(isinstance(word, str) for word in found):
            raise NotYet(f"For {case}, a list of words was to come; it is {shown(found)}.")
        found = list(found)
        if "".join(found) != text or "" in found:
            raise NotYet(f"For {case}, your words {found} are not the text, cut up.")
        for word in found:
            if len(word) > 1 and word not in dictionary:
                raise NotYet(f"For {case}, your words {found} hold {word!r}, which is none.")
        every = list(_segmentations(text, dictionary))
        if found not in every:
            raise NotYet(
                f"For {case}, your words {found} are no path of word_graph: a character that is no "
                "word stands where a word begins."
            )
        fewest = min(map(len, every))
        if len(found) > fewest:
            raise NotYet(f"For {case}, your {len(found)} words are {found}; {fewest} are enough.")
        best = max(_score(each, dictionary) for each in every if len(each) == fewest)
        if not isclose(_score(found, dictionary), best, abs_tol=1e-9):
            raise NotYet(
                f"For {case}, {found} has as few words as can be, but another segmentation with "
                f"{fewest} words is more probable."
            )


def _paths(graph: list[list[int]]) -> int:
    """Count the paths from the first place to behind the last."""
    ways = [1] + [0] * len(graph)
    for start, ends in enumerate(graph):
        for end in ends:
            ways[end] += ways[start]
    return ways[-1]


def _segmentations(text: str, dictionary: Dictionary) -> Iterator[list[str]]:
    """Give every segmentation of a short text."""
    if not text:
        yield []
        return
    for end in word_graph(text, dictionary)[0]:
        for rest in _segmentations(text[end:], dictionary):
            yield [text[:end], *rest]


def _score(words: list[str], dictionary: Dictionary) -> float:
    """Give the logarithm of the product of the relative frequencies."""
    counts = [dictionary.frequencies.get(word) or 1 for word in words]
    return sum(log(count / dictionary.total) for count in counts)
