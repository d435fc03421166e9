"""Perplexity and bits per character: how well a model predicts, per token and per character.

Chapter: language models.
"""

import math
import sys
from typing import SupportsFloat

from .._checks import check_int


def perplexity(nll: SupportsFloat, tokens: int) -> float:
    """Give exp(nll / tokens), where ``nll`` is the summed negative log-likelihood in nats.

    ``nll`` and ``tokens`` are what ``masked_cross_entropy`` returns, or sums of them.

    Sum over all tokens of all batches first: a mean of means weighs short batches too much.
    Infinity where the exponential overflows. ValueError if there is no token, or ``nll`` is NaN or
    negative; TypeError if ``nll`` is not one number.

    Source: Jelinek et al. (1977).

    >>> from seq2seq_tutor.metrics import perplexity
    >>> round(perplexity(4.9, 10), 6)
    1.632316
    >>> perplexity(1000.0, 1)
    inf
    """
    check_int("tokens", tokens, minimum=1, maximum=sys.maxsize)
    try:
        return math.exp(_checked(nll) / int(tokens))
    except OverflowError:
        return math.inf


def bits_per_character(nll: SupportsFloat, characters: int) -> float:
    """Give nll / (characters ln 2), where ``nll`` is the summed negative log-likelihood in nats.

    ``characters`` are those of the text, whatever tokens a model cuts it into, so that models over
    different tokens can be compared on one text, if each gives all of it a probability: an UNK does
    not say which characters it stands for. Count the characters alone and let ``nll`` keep its EOS.

    Infinity if ``nll`` is. ValueError if there is no character, or ``nll`` is NaN or negative;
    TypeError if it is not one number.

    Source: Brown et al. (1992).

    >>> from seq2seq_tutor.metrics import bits_per_character
    >>> round(bits_per_character(4.9, 10), 6)
    0.706921
    """
    check_int("characters", characters, minimum=1, maximum=sys.maxsize)
    return _checked(nll) / (int(characters) * math.log(2))


def _checked(nll: SupportsFloat) -> float:
    """Give a summed negative log-likelihood as a float, or refuse what is none."""
    value: object = nll
    if hasattr(nll, "item"):  # a tensor may carry a gradient
        try:
            value = nll.item()
        except (RuntimeError, ValueError):  # of torch and of numpy: not one number
            value = None
    if isinstance(value, bool) or not isinstance(value, SupportsFloat):
        raise TypeError(f"nll must be a number, got {nll!r:.60} ({type(nll).__name__})")
    try:
        total = float(value)
    except OverflowError:  # an int or a fraction beyond every float
        total = math.inf if nll > 0 else -math.inf  # type: ignore[operator]
    if not total >= 0:
        raise ValueError(f"nll is a sum of negative log-probabilities, at least 0, got {total}")
    return total
