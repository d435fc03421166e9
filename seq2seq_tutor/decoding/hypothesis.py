"""A hypothesis: one possible output, with its score.

Chapter: search.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from torch import Tensor

from .length import power_penalty


@dataclass(frozen=True)
class Hypothesis:
    """One output of a search.

    ``tokens`` are the ids after the first ``prev``, EOS included when ``finished``. ``log_prob`` is
    the sum of the model's log-probabilities of these tokens, in nats. ``weights`` (len(tokens), S)
    are the attention weights of each step at the batch's padded width, or None.

    >>> from seq2seq_tutor.decoding import Hypothesis
    >>> Hypothesis((7, 5, 2), -3.0, finished=True).score(length_penalty=1.0)
    -1.0
    """

    tokens: tuple[int, ...]
    log_prob: float
    finished: bool
    weights: Tensor | None = field(default=None, compare=False, repr=False)

    def score(self, length_penalty: float) -> float:
        """Give log_prob / len(tokens) ** length_penalty: 0 leaves the log-probability as it is.

        A log-probability is negative, so a positive penalty helps long outputs.

        Source: the pure power of the length, as in Hugging Face; at 1 the mean, as in OpenNMT-py's
        option ``avg``. ``gnmt_penalty`` is the divisor of Wu et al. (2016).
        """
        return self.log_prob / power_penalty(max(1, len(self.tokens)), length_penalty)


def best_first(
    hypotheses: Iterable[Hypothesis], length_penalty: float, n_best: int
) -> list[Hypothesis]:
    """Give the ``n_best`` hypotheses: finished ones first, then by score, then by token ids.

    >>> from seq2seq_tutor.decoding.hypothesis import Hypothesis, best_first
    >>> a, b = Hypothesis((5, 2), -2.0, finished=True), Hypothesis((5, 6), -1.0, finished=False)
    >>> best_first([b, a], length_penalty=0.0, n_best=2) == [a, b]
    True
    """
    return sorted(hypotheses, key=lambda h: (not h.finished, -h.score(length_penalty), h.tokens))[
        :n_best
    ]
