"""BLEU: clipped n-gram precision, a geometric mean, and a penalty for brevity.

Chapter: BLEU. The way to a score: count the statistics of each segment, add them up over the
corpus, and only then divide. Reported scores come from sacreBLEU, with its signature; this one is
for understanding, and equal to it.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

from .._checks import check_choice, check_int, check_tokens

Smoothing = Literal["none", "floor", "add-k", "exp"]
_SMOOTHINGS = ("none", "floor", "add-k", "exp")
_FLOOR, _K = 0.1, 1


@dataclass(frozen=True)
class BLEUScore:
    """A BLEU score and what it was made of.

    ``score`` and ``precisions`` (one for each order) run from 0 to 100, ``brevity_penalty`` from 0
    to 1; ``sys_len`` and ``ref_len`` count tokens.

    >>> from seq2seq_tutor.metrics import corpus_bleu
    >>> corpus_bleu([["a", "b", "c", "d"]], [[["a", "b", "c", "d", "e", "f", "g", "h"]]])
    BLEU 36.79 (100.0/100.0/100.0/100.0, brevity penalty 0.368, 4 tokens against 8)
    """

    score: float
    precisions: tuple[float, ...]
    brevity_penalty: float
    sys_len: int
    ref_len: int

    def __repr__(self) -> str:
        """Write the score as papers do."""
        precisions = "/".join(f"{precision:.1f}" for precision in self.precisions)
        return (
            f"BLEU {self.score:.2f} ({precisions}, brevity penalty {self.brevity_penalty:.3f}, "
            f"{self.sys_len} tokens against {self.ref_len})"
        )


@dataclass(frozen=True)
class _Statistics:
    """What BLEU needs to know: for each order the n-grams found and all there are, and lengths."""

    correct: tuple[int, ...]
    total: tuple[int, ...]
    sys_len: int
    ref_len: int


def corpus_bleu(
    hypotheses: Sequence[Sequence[str]],
    references: Sequence[Sequence[Sequence[str]]],
    *,
    max_order: int = 4,
    smoothing: Smoothing = "none",
) -> BLEUScore:
    """Score a corpus: one list of tokens a hypothesis, and one list of references for each.

    The statistics are pooled over the corpus before any division, so this is not the mean of
    sentence scores. ``smoothing`` says what an order without a match counts: nothing, ``"floor"``
    0.1 matches, ``"add-k"`` one more match and n-gram at every order above 1, ``"exp"`` halves
    1 / total once more for each such order. An empty hypothesis or reference has length 0.

    ValueError if the numbers of hypotheses and references differ, or are 0, or a hypothesis has no
    reference; TypeError if a str stands where a list of tokens belongs.

    Source: Papineni et al. (2002), section 2.3; smoothing as Chen and Cherry (2014), methods 1 to
    3; equal to sacreBLEU (Post, 2018) with ``tokenize="none"``.

    >>> from seq2seq_tutor.metrics import corpus_bleu
    >>> hypothesis = "the cat sat on the mat".split()
    >>> reference = "the cat is on the mat".split()
    >>> round(corpus_bleu([hypothesis], [[reference]], max_order=3).score, 4)
    50.0
    """
    _check_options(max_order, smoothing)
    _check_corpus(hypotheses, references)
    segments = _corpus_statistics(hypotheses, references, max_order)
    return _score(_pooled(segments), smoothing, effective_order=False)


def sentence_bleu(
    hypothesis: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    max_order: int = 4,
    smoothing: Smoothing = "exp",
) -> BLEUScore:
    """Score one sentence against its references, by the orders that its length allows.

    A hypothesis of three tokens has no 4-gram, and is scored up to order 3. Errors as in
    ``corpus_bleu``.

    Source: as ``corpus_bleu``; equal to sacreBLEU with ``effective_order=True``.

    >>> from seq2seq_tutor.metrics import sentence_bleu
    >>> sentence_bleu(["a", "b", "c"], [["a", "b", "c"]]).score
    100.0
    """
    _check_options(max_order, smoothing)
    _check_segment(hypothesis, references, "hypothesis", "references")
    statistics = _segment_statistics(hypothesis, references, max_order)
    return _score(statistics, smoothing, effective_order=True)


def _corpus_statistics(
    hypotheses: Sequence[Sequence[str]],
    references: Sequence[Sequence[Sequence[str]]],
    max_order: int,
) -> list[_Statistics]:
    """Count the statistics of each segment."""
    return [
        _segment_statistics(hypothesis, own, max_order)
        for hypothesis, own in zip(hypotheses, references, strict=True)
    ]


def _pooled(segments: Sequence[_Statistics]) -> _Statistics:
    """Add the statistics of segments up."""
    return _Statistics(
        correct=tuple(map(sum, zip(*(segment.correct for segment in segments), strict=True))),
        total=tuple(map(sum, zip(*(segment.total for segment in segments), strict=True))),
        sys_len=sum(segment.sys_len for segment in segments),
        ref_len=sum(segment.ref_len for segment in segments),
    )


def _segment_statistics(
    hypothesis: Sequence[str], references: Sequence[Sequence[str]], max_order: int
) -> _Statistics:
    """Count the n-grams of one hypothesis, each found at most as often as in one reference."""
    found = _ngrams(hypothesis, max_order)
    allowed = _ngrams(references[0], max_order)
    for reference in references[1:]:
        allowed |= _ngrams(reference, max_order)
    correct = [0] * max_order
    for ngram in found.keys() & allowed.keys():
        correct[len(ngram) - 1] += min(found[ngram], allowed[ngram])
    length = len(hypothesis)
    total = tuple(max(0, length - order + 1) for order in range(1, max_order + 1))
    closest = min((len(reference) for reference in references), key=lambda n: (abs(n - length), n))
    return _Statistics(tuple(correct), total, length, closest)


def _ngrams(tokens: Sequence[str], max_order: int) -> Counter[tuple[str, ...]]:
    """Count the n-grams of orders 1 to ``max_order``."""
    # The n-grams of an order are the tokens beside the tokens 1, 2, ... places further on.
    shifted = [tokens[start:] for start in range(max_order)]
    orders = range(1, max_order + 1)
    return Counter(chain.from_iterable(zip(*shifted[:order], strict=False) for order in orders))


def _score(statistics: _Statistics, smoothing: Smoothing, *, effective_order: bool) -> BLEUScore:
    """Turn pooled statistics into the score."""
    sys_len, ref_len = statistics.sys_len, statistics.ref_len
    if sys_len >= ref_len:
        brevity_penalty = 1.0
    else:
        brevity_penalty = math.exp(1 - ref_len / sys_len) if sys_len else 0.0
    precisions = _precisions(statistics, smoothing) if any(statistics.correct) else []
    missing = len(statistics.total) - len(precisions)
    used = precisions if effective_order else precisions + [0.0] * missing
    score = 0.0
    if used and all(used):
        # BP * exp of the mean log precision: every order weighs the same
        mean_log = sum(math.log(precision / 100) for precision in used) / len(used)
        score = 100 * brevity_penalty * math.exp(mean_log)
    return BLEUScore(score, (*precisions, *[0.0] * missing), brevity_penalty, sys_len, ref_len)


def _precisions(statistics: _Statistics, smoothing: Smoothing) -> list[float]:
    """Give the precisions in percent, as far as the hypotheses are long enough to have n-grams."""
    precisions, halvings = [], 0
    for order, (correct, total) in enumerate(
        zip(statistics.correct, statistics.total, strict=True), start=1
    ):
        if smoothing == "add-k" and order > 1:
            correct, total = correct + _K, total + _K
        if total == 0:
            break
        matches: float = correct
        if correct == 0 and smoothing == "floor":
            matches = _FLOOR
        if correct == 0 and smoothing == "exp":
            halvings += 1
            matches = 0.5**halvings
        precisions.append(100.0 * matches / total)
    return precisions


_SHAPE = (
    "hypotheses is a list of token lists, references a list with a list of token lists for each "
    "hypothesis"
)


def _check_options(max_order: int, smoothing: str) -> None:
    """Refuse an order or a smoothing that there is not."""
    check_int("max_order", max_order, minimum=1, maximum=10)
    check_choice("smoothing", smoothing, _SMOOTHINGS)


def _check_corpus(hypotheses: Any, references: Any, name: str = "hypotheses") -> None:
    """Refuse what would be scored wrongly without a word."""
    _check_list(name, hypotheses)
    _check_list("references", references)
    if len(hypotheses) != len(references):
        raise ValueError(f"{len(hypotheses)} {name} but references for {len(references)}; {_SHAPE}")
    if not hypotheses:
        raise ValueError(f"no {name} to score: BLEU of nothing is not defined")
    for row, (hypothesis, own) in enumerate(zip(hypotheses, references, strict=True)):
        _check_segment(hypothesis, own, f"{name}[{row}]", f"references[{row}]")


def _check_segment(hypothesis: Any, references: Any, name: str, names: str) -> None:
    """Refuse a hypothesis that is not tokens, and references that are not lists of tokens."""
    check_tokens(name, hypothesis)
    _check_list(names, references)
    if not references:
        raise ValueError(f"{names} is empty; every hypothesis needs a reference")
    for number, reference in enumerate(references):
        if isinstance(reference, str):
            raise TypeError(
                f"{names} must be a list of token lists, but {names}[{number}] is the str "
                f"{reference!r:.60}; {_SHAPE}"
            )
        check_tokens(f"{names}[{number}]", reference)


def _check_list(name: str, value: Any) -> None:
    """Refuse anything but a list (or tuple)."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError(f"{name} must be a list, got {value!r:.60}; {_SHAPE}")
