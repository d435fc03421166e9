"""Length penalties: what a log-probability is divided by, so that outputs of unlike length compare.

Chapter: search. Every further token makes a log-probability smaller, so that a search without a
penalty prefers short outputs. A length counts EOS.
"""

from .._checks import check_int, check_number


def power_penalty(length: int, alpha: float) -> float:
    """Give length ** alpha, by which ``Hypothesis.score`` divides a log-probability.

    ``alpha=0`` is 1 for every length; with ``alpha=1`` the score is the mean log-probability a
    token; an alpha below 0 helps short outputs.

    ValueError if ``length`` is below 1 or ``alpha`` is not finite.

    >>> from seq2seq_tutor.decoding import power_penalty
    >>> power_penalty(4, 0.5)
    2.0
    """
    check_int("length", length, minimum=1)
    check_number("alpha", alpha)
    return float(length**alpha)


def gnmt_penalty(length: int, alpha: float) -> float:
    """Give ((5 + length) / 6) ** alpha: 1 for one token, then slower than the power.

    Of two outputs with few tokens it favours the longer one less than ``power_penalty`` does.

    ValueError if ``length`` is below 1 or ``alpha`` is not finite.

    Source: Wu et al. (2016), section 7, equation 14.

    >>> from seq2seq_tutor.decoding import gnmt_penalty
    >>> gnmt_penalty(1, 0.6), gnmt_penalty(4, 1.0)
    (1.0, 1.5)
    """
    check_int("length", length, minimum=1)
    check_number("alpha", alpha)
    return float(((5 + length) / 6) ** alpha)
