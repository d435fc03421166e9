"""Perplexity: how many equally likely tokens a model hesitates between.

Chapter: language models.
"""

import math
from typing import SupportsFloat

from .._checks import check_int


def perplexity(nll: SupportsFloat, tokens: int) -> float:
    """Give exp(nll / tokens), where ``nll`` is the summed negative log-likelihood in nats.

    ``nll`` and ``tokens`` are what ``masked_cross_entropy`` returns, or sums of them.

    Sum over all tokens of all batches first: a mean of means weighs short batches too much.
    Infinity where the exponential overflows. ValueError if there is no token, or ``nll`` is NaN or
    negative.

    Source: Jelinek et al. (1977).

    >>> from seq2seq_tutor.metrics import perplexity
    >>> round(perplexity(4.9, 10), 6)
    1.632316
    >>> perplexity(1000.0, 1)
    inf
    """
    check_int("tokens", tokens, minimum=1)
    total = float(nll.item() if hasattr(nll, "item") else nll)  # a tensor may carry a gradient
    if not total >= 0:
        raise ValueError(f"nll is a sum of negative log-probabilities, at least 0, got {total}")
    try:
        return math.exp(total / tokens)
    except OverflowError:
        return math.inf
