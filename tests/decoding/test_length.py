import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq_tutor.decoding import Hypothesis, gnmt_penalty, power_penalty

LENGTHS, ALPHAS = st.integers(1, 1000), st.floats(-3, 3)


@pytest.mark.parametrize(
    ("length", "alpha", "penalty"),
    [
        (2, 0.6, 1.096903),
        (2, 1, 1.166667),
        (3, 0.6, 1.188402),
        (3, 1, 1.333333),
        (4, 0.6, 1.275425),
        (4, 1, 1.5),
    ],
)
def test_the_values_of_the_gnmt_penalty(length, alpha, penalty):
    assert gnmt_penalty(length, alpha) == pytest.approx(penalty, abs=5e-7)


@pytest.mark.parametrize(
    ("length", "alpha", "penalty"), [(9, 0.5, 3.0), (7, 1, 7.0), (3, 2, 9.0), (4, -0.5, 0.5)]
)
def test_the_values_of_the_power(length, alpha, penalty):
    assert power_penalty(length, alpha) == penalty


@given(LENGTHS)
def test_no_alpha_is_no_penalty(length):
    assert power_penalty(length, 0) == gnmt_penalty(length, 0) == 1


@given(ALPHAS)
def test_both_are_1_for_one_token(alpha):
    assert power_penalty(1, alpha) == gnmt_penalty(1, alpha) == 1


@given(LENGTHS, st.floats(0.01, 3))
def test_longer_is_more_and_the_power_grows_faster(length, alpha):
    power, gnmt = (
        penalty(length + 1, alpha) / penalty(length, alpha)
        for penalty in (power_penalty, gnmt_penalty)
    )
    assert power > gnmt > 1


@given(st.lists(st.integers(3, 9), min_size=1, max_size=20), st.floats(-50, 0), ALPHAS)
def test_a_score_is_the_log_probability_over_the_power(tokens, log_prob, alpha):
    score = Hypothesis(tuple(tokens), log_prob, finished=False).score(alpha)
    assert score == log_prob / power_penalty(len(tokens), alpha)


@pytest.mark.parametrize("penalty", [power_penalty, gnmt_penalty])
@pytest.mark.parametrize(
    ("length", "alpha", "error", "message"),
    [
        (0, 1.0, ValueError, "length must be at least 1, got 0"),
        (-5, 1.0, ValueError, "length must be at least 1, got -5"),
        (2.0, 1.0, TypeError, "length must be an int, got 2.0"),
        (2, math.nan, ValueError, "alpha must be finite, got nan"),
        (2, "1", TypeError, "alpha must be a number, got '1'"),
    ],
)
def test_refuses(penalty, length, alpha, error, message):
    with pytest.raises(error, match=message):
        penalty(length, alpha)
