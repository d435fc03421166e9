"""N-gram language models: the next token from counts of short runs of tokens.

Chapter: language models. Terms: an *n-gram* is a run of n tokens, its *context* the n - 1 before
its last. A token that *can occur* next is any but PAD and BOS: V - 2 of them, EOS and UNK included.
"""

import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from .._checks import check_int, check_number, is_int
from ..text.vocab import BOS, EOS, PAD
from .state import DecoderState, StepOutput

Context: TypeAlias = tuple[int, ...]
NGramCounts: TypeAlias = list[dict[Context, Counter[int]]]
_LARGEST_ALPHA = 1e100  # times a vocabulary it is still a float


def count_ngrams(sentences: Iterable[Sequence[int]], n: int) -> NGramCounts:
    """Count the n-grams of every order from 1 to ``n`` in sentences of ids.

    ``counts[k - 1][context][token]`` is how often ``token`` follows ``context``, k - 1 ids.
    A sentence is its ids without BOS and EOS; it is read as n - 1 times BOS, its ids, EOS. So EOS
    is counted as a next token and BOS is not, and ``counts[:k]`` are the counts up to order k.

    TypeError or ValueError if ``n`` or an id is out of its range; TypeError if a sentence is not a
    list of ids.

    >>> from seq2seq_tutor.models import count_ngrams
    >>> unigrams, bigrams = count_ngrams([[4, 5], [4, 4]], 2)
    >>> dict(bigrams[(4,)])
    {5: 1, 4: 1, 2: 1}
    """
    check_int("n", n, minimum=0)
    counts: list[defaultdict[Context, Counter[int]]] = [defaultdict(Counter) for _ in range(n)]
    _check_iterable("sentences", sentences, "sentences")
    for number, sentence in enumerate(sentences):
        for token, context in _positions(sentence, n, f"sentences[{number}]"):
            for order, counted in enumerate(counts, start=1):
                counted[context[n - order :]][token] += 1
    return [dict(counted) for counted in counts]


class NGramModel:
    """Predict each next token from the n - 1 before it, by counts; n is ``len(counts)``.

    Give one of ``alpha`` and ``weights``. With V' = ``vocab_size`` - 2 tokens that can occur, and
    c(h w) the count of token w after context h, the probability of w is

    - with ``alpha``, (c(h w) + alpha) / (c(h) + alpha V'). One is Laplace's rule; zero is relative
      frequency, where all probabilities after a context never seen are 0. Contexts of n - 1 ids
      only: the lower orders are not used, and a context never seen has the uniform distribution;
    - with ``weights``, one for each order from 0 to n, the weighted mean of the relative
      frequencies of all orders, where order 0 is 1 / V'. An order whose context was never seen is
      left out, and the other weights are scaled to sum to one.

    PAD and BOS have probability 0; the others sum to one. Unless ``alpha`` is zero, EOS never has
    less than a fixed share, so that all sentences together have probability one. Without counts
    (n = 0) the model is uniform. ``step`` and ``start`` are those of ``LanguageModel``, so that
    each search runs on it.

    The counts are kept, not copied, and their sums are taken once: don't change them afterwards.

    TypeError or ValueError if the counts are not those of ``count_ngrams``: ValueError if they hold
    a next token that can't occur, or there are not n + 1 weights of at least 0 (the first above 0)
    that sum to one.

    Source: Jelinek and Mercer (1980) for ``weights``, here the same for every context; theirs
    depend on how often the context was seen.

    >>> from seq2seq_tutor.models import NGramModel, count_ngrams
    >>> counts = count_ngrams([[4, 5], [4, 4]], 2)
    >>> NGramModel(counts, vocab_size=6, alpha=1).probability(5, [4])
    0.2857142857142857
    >>> NGramModel(counts, vocab_size=6, weights=(0.1, 0.4, 0.5)).nll([[4, 5]])[1]
    3
    """

    def __init__(
        self,
        counts: NGramCounts,
        vocab_size: int,
        *,
        alpha: float | None = None,
        weights: Sequence[float] | None = None,
    ) -> None:
        """Sum up the counts of each context."""
        check_int("vocab_size", vocab_size, minimum=EOS + 1)
        if (alpha is None) == (weights is None):
            raise ValueError(
                "give alpha, to add to every count, or weights of the orders; not both"
            )
        if alpha is not None:
            check_number("alpha", alpha, at_least=0, at_most=_LARGEST_ALPHA)
        _check_counts(counts, vocab_size)
        self.counts, self.n, self.vocab_size = counts, len(counts), vocab_size
        self.alpha = None if alpha is None else float(alpha)
        self.weights = None if weights is None else _checked_weights(weights, self.n)
        self._width, self._possible = max(0, self.n - 1), vocab_size - 2
        self._totals = [
            {context: counter.total() for context, counter in counted.items()} for counted in counts
        ]
        self._unigrams = torch.zeros(vocab_size, dtype=torch.float64)
        if self._totals and self._totals[0]:
            counter = counts[0][()]
            self._unigrams[list(counter)] = _relative(counter)

    def probability(self, token: int, before: Sequence[int] = ()) -> float:
        """Give the probability of ``token`` after the ids ``before`` it, with or without BOS.

        Only the last n - 1 of them are read.
        """
        check_int("token", token, minimum=0, maximum=self.vocab_size - 1)
        context = self._context(before)
        if token in (PAD, BOS):
            return 0.0
        return sum(part for _, part in self._parts(int(token), context))

    def nll(self, sentences: Iterable[Sequence[int]]) -> tuple[float, int]:
        """Give the summed negative log-likelihood, in nats, and the number of tokens with each EOS.

        They are what ``metrics.perplexity`` takes. Infinity if a token has probability 0.
        """
        _check_iterable("sentences", sentences, "sentences")
        total, tokens = 0.0, 0
        for number, sentence in enumerate(sentences):
            for token, context in _positions(
                sentence, self.n, f"sentences[{number}]", self.vocab_size
            ):
                p = sum(part for _, part in self._parts(token, context))
                total -= math.log(p) if p > 0 else -math.inf
                tokens += 1
        return total, tokens

    def start(self, rows: int) -> DecoderState:
        """Make the state before the first token, for ``rows`` texts: the n - 1 last ids, BOS."""
        check_int("rows", rows, minimum=1)
        return DecoderState((torch.full((1, rows, self._width), BOS),))

    def step(self, prev: Tensor, state: DecoderState) -> StepOutput:
        """Read one token, (B,); the logits (B, V) are log-probabilities in float64.

        With ``alpha=0`` a row after a context never seen is -inf throughout: no distribution.
        """
        if not isinstance(prev, Tensor) or prev.dtype != torch.int64:
            raise TypeError(f"prev must be an int64 tensor (B,), got {prev!r:.60}")
        if prev.shape != (len(state),):
            raise ValueError(f"prev must be ({len(state)},), one id a row, got {tuple(prev.shape)}")
        if ((prev < 0) | (prev >= self.vocab_size)).any():
            raise ValueError(f"prev must be ids from 0 to {self.vocab_size - 1}, got {prev}")
        last = state.recurrent[0][0]
        if last.shape[1] != self._width:
            raise ValueError(
                f"the state has the last {last.shape[1]} ids of each row, and a model of order "
                f"{self.n} reads {self._width}; begin with this model's start"
            )
        window = torch.cat([last, prev.unsqueeze(1)], dim=1)[:, 1:]  # (B, n - 1)
        contexts = [tuple(row) for row in window.tolist()]
        distinct = {context: self._distribution(context) for context in dict.fromkeys(contexts)}
        logits = torch.stack([distinct[context] for context in contexts]).log()
        return StepOutput(logits, DecoderState((window.unsqueeze(0),)), None)

    def _context(self, before: Sequence[int]) -> Context:
        """Give the last n - 1 ids, filled up with BOS in front."""
        _check_iterable("before", before, "ids")
        ids = list(before)
        first = max(0, len(ids) - self._width)
        for position in range(first, len(ids)):
            check_int(f"before[{position}]", ids[position], minimum=0, maximum=self.vocab_size - 1)
        read = tuple(map(int, ids[first:]))
        return (BOS,) * (self._width - len(read)) + read

    def _shares(self, context: Context) -> list[tuple[int, float]]:
        """Say how much of the probability after a context comes from each order, where any does.

        Adding alpha mixes two orders: c(h) / (c(h) + alpha V') of n, and of the uniform order 0 the
        rest, which is less the more often the context was seen.
        """
        seen = [
            0,
            *(k for k in range(1, self.n + 1) if context[self.n - k :] in self.counts[k - 1]),
        ]
        if self.weights is not None:
            total = sum(self.weights[order] for order in seen)
            return [(order, self.weights[order] / total) for order in seen]
        if self.n == 0:
            return [(0, 1.0)]
        count = self._totals[-1].get(context, 0)
        added = (self.alpha or 0.0) * self._possible
        return [
            (order, share / (count + added))
            for order, share in ((self.n, count), (0, added))
            if share
        ]

    def _parts(self, token: int, context: Context) -> list[tuple[int, float]]:
        """Split the probability of a token that can occur into what each order gives."""
        parts = []
        for order, share in self._shares(context):
            if order == 0:
                parts.append((0, share / self._possible))
            else:
                lower = context[self.n - order :]
                count = self.counts[order - 1][lower][token]  # 0 if the Counter lacks it
                parts.append((order, share * count / self._totals[order - 1][lower]))
        return parts

    def _distribution(self, context: Context) -> Tensor:
        """Give the probabilities of all tokens after a context of n - 1 ids, (V,)."""
        p = torch.zeros(self.vocab_size, dtype=torch.float64)
        for order, share in self._shares(context):
            if order == 0:
                p[EOS:] += share / self._possible
            elif order == 1:
                p += share * self._unigrams
            else:
                counter = self.counts[order - 1][context[self.n - order :]]
                p[list(counter)] += share * _relative(counter)
        return p


def fit_weights(
    counts: NGramCounts, vocab_size: int, held_out: Iterable[Sequence[int]], *, steps: int = 20
) -> tuple[float, ...]:
    """Choose the weights of ``NGramModel`` for held-out sentences, by steps of EM from equal ones.

    No step makes the held-out sentences less probable. They must not be those that were counted:
    of these the highest order alone takes everything.

    Seen from the top, an order keeps a share of the tokens that reach it and hands on the rest to
    the order below; one whose context was never seen is passed over. A step counts what each order
    is expected to have kept, and to have been reached by, under the weights before.

    Source: Jelinek and Mercer (1980), with one set of weights for all contexts.

    >>> from seq2seq_tutor.models import count_ngrams, fit_weights
    >>> counts = count_ngrams([[4, 5], [4, 4]], 2)
    >>> uniform, unigram, bigram = fit_weights(counts, 6, [[4, 4, 5]])
    >>> round(uniform + unigram + bigram, 6), bigram > unigram
    (1.0, True)
    """
    check_int("steps", steps, minimum=0)
    _check_iterable("held_out", held_out, "sentences")
    n = len(counts)
    positions = [
        position
        for number, sentence in enumerate(held_out)
        for position in _positions(sentence, n, f"held_out[{number}]", vocab_size)
    ]
    if not positions:
        raise ValueError("held_out has no sentence: there is nothing to fit the weights to")
    weights = (1 / (n + 1),) * (n + 1)
    equal = NGramModel(counts, vocab_size, weights=weights)
    # Equal weights leave the frequencies of the orders in proportion, the uniform one first.
    frequencies = [equal._parts(token, context) for token, context in positions]
    for _ in range(steps):
        uniform, *others = _em_step(weights, frequencies)
        # After many steps what the uniform distribution keeps may be too small for a float.
        weights = (max(uniform, sys.float_info.min), *others)
    return weights


def _em_step(
    weights: tuple[float, ...], frequencies: Iterable[list[tuple[int, float]]]
) -> tuple[float, ...]:
    """Give weights that make the tokens more probable, or no less.

    For each token ``frequencies`` has pairs (order, relative frequency), from
    order 0 up, of the orders whose context was seen.
    """
    kept, handed_on = [0.0] * len(weights), [0.0] * len(weights)
    for pairs in frequencies:
        parts = [(order, weights[order] * p) for order, p in pairs]
        whole, below = sum(part for _, part in parts), 0.0
        for order, part in parts:
            kept[order] += part / whole
            handed_on[order] += below
            below += part / whole
    rest, from_the_top = 1.0, []
    for order in range(len(weights) - 1, 0, -1):
        reached = kept[order] + handed_on[order]
        if reached == 0:  # no token has a context that was seen
            from_the_top.append(0.0)
        else:
            from_the_top.append(rest * kept[order] / reached)
            rest *= handed_on[order] / reached
    return (rest, *reversed(from_the_top))


def _positions(
    sentence: Sequence[int], n: int, name: str, vocab_size: float = math.inf
) -> Iterator[tuple[int, Context]]:
    """Yield each token of a sentence, EOS the last, with the n - 1 ids before it."""
    _check_iterable(name, sentence, "ids")
    ids = list(sentence)
    for position, id_ in enumerate(ids):
        if not is_int(id_):
            raise TypeError(f"{name}[{position}] must be an id, got {id_!r}; encode the tokens")
        if not EOS < id_ < vocab_size:
            raise ValueError(
                f"{name}[{position}] is {id_}; the ids of a sentence are above {EOS} (BOS and EOS "
                f"are added here) and below vocab_size, {vocab_size}"
            )
    width = max(0, n - 1)
    padded = (BOS,) * width + tuple(map(int, ids)) + (EOS,)
    for end in range(width, len(padded)):
        yield padded[end], padded[end - width : end]


def _check_iterable(name: str, value: Any, of: str) -> None:
    """Refuse what can't be gone through, and text, which is no list of ids or of sentences."""
    empty_shape = getattr(value, "ndim", 1) == 0  # a tensor of one number says that it is iterable
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable) or empty_shape:
        raise TypeError(
            f"{name} must be a list of {of}, got {type(value).__name__}: {value!r:.60}; "
            "encode text, and put a single sentence into a list"
        )


def _check_counts(counts: Any, vocab_size: int) -> None:
    """Refuse counts that ``count_ngrams`` can't have made, and those of another vocabulary."""
    if not isinstance(counts, (list, tuple)) or not all(isinstance(c, dict) for c in counts):
        raise TypeError(
            f"counts must be a list of dicts, as count_ngrams gives them, got {counts!r:.60}"
        )
    for order, counted in enumerate(counts, start=1):
        width = order - 1
        if any(len(context) != width for context in counted):
            raise ValueError(f"the contexts of counts[{width}] must be tuples of {width} ids")
        for id_ in set().union(*counted.values()):
            if not is_int(id_):
                raise TypeError(f"the counts hold {id_!r:.60}, which is no id; encode the tokens")
            if not EOS <= id_ < vocab_size:
                raise ValueError(
                    f"the counts hold id {id_}, but vocab_size is {vocab_size}, and a next token "
                    f"is from {EOS} up"
                )


def _relative(counter: Counter[int]) -> Tensor:
    """Give the relative frequencies of what a counter counted, in its order."""
    frequencies = torch.tensor(list(counter.values()), dtype=torch.float64)
    return frequencies / frequencies.sum()


def _checked_weights(weights: Sequence[float], n: int) -> tuple[float, ...]:
    """Give the weights as a tuple, or refuse what is no weighting of the orders 0 to n."""
    if len(weights) != n + 1:
        raise ValueError(f"{len(weights)} weights for the orders 0 to {n}; give {n + 1}")
    for order, weight in enumerate(weights):
        check_number(f"weights[{order}]", weight, at_least=0)
    if not weights[0] > 0:
        raise ValueError("weights[0], of the uniform distribution, must be above 0")
    if not math.isclose(sum(weights), 1, abs_tol=1e-6):
        raise ValueError(f"the weights must sum to 1, got {sum(weights)}")
    return tuple(map(float, weights))
