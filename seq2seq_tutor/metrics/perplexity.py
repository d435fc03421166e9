"""Perplexity: how many equally likely tokens a model hesitates between.

Chapter: language models.
"""

import math


def perplexity(nll: float, tokens: int) -> float:
    """Give exp(nll / tokens), where ``nll`` is the summed negative log-likelihood in nats.

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
    if tokens < 1:
        raise ValueError(f"perplexity needs at least one token, got tokens={tokens}")
    nll = float(nll)
    if not nll >= 0:
        raise ValueError(f"nll is a sum of negative log-probabilities, at least 0, got {nll}")
    try:
        return math.exp(nll / tokens)
    except OverflowError:
        return math.inf
