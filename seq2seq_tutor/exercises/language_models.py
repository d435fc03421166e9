"""The exercises of the chapter on language models."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from .._checks import is_number
from ..metrics import perplexity
from ..models import NGramModel, count_ngrams
from ..models.ngram import Context, NGramCounts
from ..text import EOS
from .checking import NotYet, ask, parts, shown

_COMPARABLE = {"a": False, "b": True, "c": False, "d": True, "e": False}
_VOCAB_SIZE = 8


def exercise_1(answer: Any) -> None:
    """Which of five comparisons of two models are fair."""
    if isinstance(answer, (list, tuple, set)) and all(isinstance(each, str) for each in answer):
        answer = "".join(answer)
    if not isinstance(answer, str):
        raise NotYet(f"The answer must be a string of letters, and yours is {shown(answer)}.")
    letters = set(answer.lower()) - set(" ,;.")
    if not letters <= set(_COMPARABLE):
        raise NotYet(f"The cases are a to e, and yours has {''.join(sorted(letters))}.")
    for case, fair in _COMPARABLE.items():
        if (case in letters) and not fair:
            raise NotYet(
                f"You trust the comparison in {case}. Could the two numbers differ although one "
                "model predicts as well as the other?"
            )
        if fair and case not in letters:
            raise NotYet(
                f"You don't trust the comparison in {case}. What is divided by what there, for "
                "each of the two models?"
            )


def exercise_2(answer: Any) -> None:
    """What becomes of weights that are chosen on the counted text."""
    weight, goes = parts(answer, "the trigram's weight", "the test perplexity")
    for name, value, choices in (
        ("trigram's weight", weight, ("below 0.1", "about a third", "above 0.9")),
        ("test perplexity", goes, ("down", "up")),
    ):
        if value not in choices:
            raise NotYet(f"The {name} is one of {choices}, and yours is {shown(value)}.")
    if weight != "above 0.9":
        raise NotYet(
            f"A weight {weight} for the trigram leaves the rest to the others. How often does the "
            "text that was counted hold a trigram that was not?"
        )
    if goes != "up":
        raise NotYet(
            "The weight is right. How many of the trigrams of the test sentences has such a model "
            "seen, and what is left for the others?"
        )


def exercise_3(answer: Any) -> None:
    """The perplexity of a model, of which only single probabilities may be asked."""
    counts = count_ngrams([[4, 5], [4, 4, 5], [5]], 2)
    mixed = NGramModel(counts, _VOCAB_SIZE, weights=(0.2, 0.3, 0.5))
    cases = {
        "two sentences of one length": (mixed, [[4, 5], [5, 6]]),
        "sentences of the lengths 1 and 6": (mixed, [[5], [6, 6, 4, 5, 7, 6]]),
        "a sentence and an empty one": (mixed, [[4, 5], []]),
        "3,000 sentences": (mixed, [[4, 6, 7]] * 3000),
        "a sentence with a token of probability 0": (
            NGramModel(counts, _VOCAB_SIZE, alpha=0),
            [[4, 5], [6]],
        ),
    }
    for case, (model, sentences) in cases.items():
        found = ask(answer, _Probabilities(model), [list(ids) for ids in sentences], case=case)
        _check_number(found, perplexity(*model.nll(sentences)), case)


def exercise_4(answer: Any) -> None:
    """Witten and Bell's rule, also after contexts that were never seen."""
    corpus = [[4, 5, 4, 5, 6], [4, 4, 5], [5, 6], [4, 5, 4, 4]]
    for n, contexts in ((1, [()]), (2, [(4,), (5,), (7,)]), (3, [(4, 5), (5, 5), (7, 7), (7, 5)])):
        for context in contexts:
            for token in (EOS, 4, 6, 7):
                vocab_size = _VOCAB_SIZE + 3 * (n % 2)
                case = (
                    f"token {token} after {context} with counts up to order {n} and a vocabulary "
                    f"of {vocab_size}"
                )
                counts = count_ngrams(corpus, n)
                found = ask(answer, counts, vocab_size, context, token, case=case)
                wanted = _witten_bell(count_ngrams(corpus, n), vocab_size, context, token)
                _check_number(found, wanted, case)


class _Probabilities:
    """A model that answers nothing but ``probability``."""

    def __init__(self, model: NGramModel) -> None:
        """Keep the model to ask."""
        self._model = model

    def probability(self, token: int, before: Sequence[int] = ()) -> float:
        """Ask the model."""
        return self._model.probability(token, before)


def _witten_bell(counts: NGramCounts, vocab_size: int, context: Context, token: int) -> float:
    """Give the probability from the lowest order up."""
    p = 1 / (vocab_size - 2)
    for order, counted in enumerate(counts, start=1):
        row = counted.get(context[len(context) - order + 1 :], Counter())
        if row:
            p = (row[token] + len(row) * p) / (row.total() + len(row))
    return p


def _check_number(found: Any, wanted: float, case: str) -> None:
    """Compare a number with the right one."""
    if not is_number(found):
        raise NotYet(f"For {case}, your function gave {shown(found)}, no number.")
    if not math.isclose(float(found), wanted, rel_tol=1e-6, abs_tol=1e-9):
        raise NotYet(f"For {case}, your function gave {float(found):.6g}; it is {wanted:.6g}.")
