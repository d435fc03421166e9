"""The hidden Markov model that tags each character with its place in a word: B, M, E or S.

Chapter: Chinese segmentation. B begins a word, M is in its middle, E ends it, S is a word alone.
All numbers are natural logarithms of probabilities.
"""

import importlib.util
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .._checks import check_number, check_str, check_tokens
from .loading import once

# After each tag, the tags that may follow.
FOLLOWERS = {"B": "ME", "M": "ME", "E": "BS", "S": "BS"}
_IMPOSSIBLE = -3.14e100  # jieba's logarithm of 0: finite, and whatever is added to it is lost


@dataclass(frozen=True, eq=False)
class WordTagModel:
    """A hidden Markov model over the tags BMES, in log-probabilities.

    ``starts[tag]`` of the first tag, ``transitions[tag][next]``, ``emissions[tag][character]``, and
    ``unseen[tag]`` of a character for which that tag has no emission. What a table lacks otherwise
    is -3.14e100, which stands for impossible; a tag without transitions or emissions may be left
    out. The tables are copied and can't be changed. TypeError if one is no mapping.

    Source: Rabiner (1989); the four tags are those of Xue (2003) under other names.

    >>> from seq2seq_tutor.text import jieba_hmm
    >>> round(jieba_hmm().transitions["B"]["E"], 2)
    -0.51
    """

    starts: Mapping[str, float]
    transitions: Mapping[str, Mapping[str, float]]
    emissions: Mapping[str, Mapping[str, float]]
    unseen: Mapping[str, float]

    def __post_init__(self) -> None:
        for name in ("starts", "unseen"):
            object.__setattr__(self, name, _read_only(name, getattr(self, name)))
        for name in ("transitions", "emissions"):
            empty: dict[str, Any] = {tag: {} for tag in "BMES"}
            rows = {
                tag: _read_only(f"{name}[{tag!r}]", row)
                for tag, row in (empty | _read_only(name, getattr(self, name))).items()
            }
            object.__setattr__(self, name, MappingProxyType(rows))

    def __reduce__(self) -> tuple[Any, ...]:
        transitions, emissions = (
            {tag: dict(row) for tag, row in rows.items()}
            for rows in (self.transitions, self.emissions)
        )
        return WordTagModel, (dict(self.starts), transitions, emissions, dict(self.unseen))

    def __repr__(self) -> str:
        return f"<WordTagModel of {len(set().union(*self.emissions.values()))} characters>"


def _read_only(name: str, table: Any) -> MappingProxyType[str, Any]:
    """Copy a table into one that can't be changed."""
    if not isinstance(table, Mapping):
        raise TypeError(f"{name} must be a mapping, got {type(table).__name__}: {table!r:.60}")
    return MappingProxyType(dict(table))


@once
def jieba_hmm() -> WordTagModel:
    """Give jieba's model: its three tables, read from its data files when first needed.

    A character that a tag has never emitted gets -3.14e100. Three of jieba's files are imported,
    which hold tables and nothing else; none of its functions is called. Where jieba itself is
    imported too, the tables are in memory twice.

    Source: jieba 0.42.1, ``finalseg``.

    >>> from seq2seq_tutor.text import jieba_hmm
    >>> jieba_hmm().unseen["S"]
    -3.14e+100
    """
    starts, transitions, emissions = (_table(f"prob_{name}") for name in ("start", "trans", "emit"))
    return WordTagModel(starts, transitions, emissions, dict.fromkeys("BMES", _IMPOSSIBLE))


def jieba_file(*parts: str) -> Path:
    """Find a file of the installed jieba without importing it, because its code warns."""
    spec = importlib.util.find_spec("jieba")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("No module named 'jieba'; run: pip install jieba==0.42.1")
    return Path(spec.origin).parent.joinpath(*parts)


def _table(name: str) -> Any:
    """Read one table of jieba's: a module that consists of a dict."""
    path = jieba_file("finalseg", f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"no table at {path}; reinstall jieba 0.42.1")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.P


def viterbi(text: str, model: WordTagModel) -> str:
    """Give the most probable tags of a text that consists of whole words.

    One tag for each character; the last is E or S, and a text without characters has none. Of equal
    scores the tag that is later in the alphabet wins, at each step and at the end. In jieba's
    model an unseen character makes all scores equal, because -3.14e100 - 5 is -3.14e100 in
    floating point; then this rule decides.

    TypeError if ``text`` is not a str or ``model`` not a WordTagModel.

    Source: Viterbi's algorithm as in Rabiner (1989); ties as in jieba 0.42.1.

    >>> from seq2seq_tutor.text import jieba_hmm, viterbi
    >>> viterbi("杭研", jieba_hmm())
    'BE'
    """
    check_str("text", text)
    if not isinstance(model, WordTagModel):
        raise TypeError(
            f"model must be a WordTagModel, got {type(model).__name__}: {model!r:.60}; "
            "take jieba_hmm(), or count one with estimate_hmm"
        )
    if not text:
        return ""
    emissions = {}
    for tag in "BMES":
        emitted, unseen = model.emissions[tag], model.unseen.get(tag, _IMPOSSIBLE)
        emissions[tag] = [emitted.get(character, unseen) for character in text]
    best = {tag: model.starts.get(tag, _IMPOSSIBLE) + emissions[tag][0] for tag in "BMES"}
    # For each tag, the tags that may stand before it and the log-probability of the step.
    before = {
        tag: [
            (previous, model.transitions[previous].get(tag, _IMPOSSIBLE))
            for previous in "BMES"
            if tag in FOLLOWERS[previous]
        ]
        for tag in "BMES"
    }
    back = []
    for position in range(1, len(text)):
        chosen = {
            tag: max(
                (best[previous] + step + emissions[tag][position], previous)
                for previous, step in before[tag]
            )
            for tag in "BMES"
        }
        best = {tag: score for tag, (score, _) in chosen.items()}
        back.append({tag: previous for tag, (_, previous) in chosen.items()})
    tags = [max("ES", key=lambda tag: (best[tag], tag))]
    for pointers in reversed(back):
        tags.append(pointers[tags[-1]])
    return "".join(reversed(tags))


def tags_of_words(words: Sequence[str]) -> str:
    """Write words as tags, one for each character.

    TypeError if ``words`` is not a list of str; ValueError if one of them is empty.

    >>> from seq2seq_tutor.text import tags_of_words
    >>> tags_of_words(["研究生", "命", "起源"])
    'BMESBE'
    """
    check_tokens("words", words)
    if "" in words:
        raise ValueError(f"words[{list(words).index('')}] is empty; a word has characters")
    return "".join("S" if len(word) == 1 else "B" + "M" * (len(word) - 2) + "E" for word in words)


def words_of_tags(text: str, tags: str) -> list[str]:
    """Cut a text after each E and S.

    TypeError if an argument is not a str; ValueError if the two differ in length or there is a tag
    that is none of BMES.

    >>> from seq2seq_tutor.text import words_of_tags
    >>> words_of_tags("研究生命起源", "BMESBE")
    ['研究生', '命', '起源']
    """
    check_str("text", text)
    check_str("tags", tags)
    if len(text) != len(tags) or set(tags) - set("BMES"):
        raise ValueError(
            f"{len(text)} characters need {len(text)} tags, each B, M, E or S; got {tags!r:.60}"
        )
    words, start = [], 0
    for end, tag in enumerate(tags, start=1):
        if tag in "ES":
            words.append(text[start:end])
            start = end
    return words if start == len(text) else [*words, text[start:]]


def estimate_hmm(sentences: Iterable[Sequence[str]], *, smoothing: float = 0.1) -> WordTagModel:
    """Estimate a model by counting in segmented sentences.

    ``smoothing`` is added to every count that is possible at all: two starts, two followers of each
    tag, and under each tag every character seen anywhere, and one more for all that are not.

    TypeError if ``sentences`` are not lists of words; ValueError if there is no word, or
    ``smoothing`` is not above 0.

    >>> from seq2seq_tutor.text import estimate_hmm, viterbi, words_of_tags
    >>> model = estimate_hmm([["我", "喜欢", "音乐"], ["我", "唱歌"]])
    >>> words_of_tags("我喜乐", viterbi("我喜乐", model))
    ['我', '喜乐']
    """
    check_number("smoothing", smoothing, above=0)
    if isinstance(sentences, str) or not isinstance(sentences, Iterable):
        raise TypeError(
            f"sentences must be lists of words, got {type(sentences).__name__}: {sentences!r:.60}"
        )
    starts: Counter[str] = Counter()
    steps: Counter[str] = Counter()
    emitted: dict[str, Counter[str]] = {tag: Counter() for tag in "BMES"}
    for words in sentences:
        tags = tags_of_words(words)
        starts.update(tags[:1])
        steps.update(first + second for first, second in pairwise(tags))
        for tag, character in zip(tags, "".join(words), strict=True):
            emitted[tag][character] += 1
    characters = sorted(set().union(*emitted.values()))
    if not characters:
        raise ValueError("sentences hold no word to count")

    def logarithms(counts: Mapping[str, int]) -> dict[str, float]:
        total = sum(counts.values()) + smoothing * len(counts)
        return {key: math.log((count + smoothing) / total) for key, count in counts.items()}

    tables = {tag: logarithms({c: emitted[tag][c] for c in [*characters, ""]}) for tag in "BMES"}
    return WordTagModel(
        starts=logarithms({tag: starts[tag] for tag in "BS"}),
        transitions={
            tag: logarithms({after: steps[tag + after] for after in FOLLOWERS[tag]})
            for tag in "BMES"
        },
        emissions=tables,
        unseen={tag: table.pop("") for tag, table in tables.items()},
    )
