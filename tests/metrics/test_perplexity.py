"""Perplexity and bits per character: values that follow from its definition."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_tutor.metrics import bits_per_character, perplexity


@pytest.fixture
def every_warning_of_torch():
    torch.set_warn_always(True)
    yield
    torch.set_warn_always(False)


@pytest.mark.parametrize(
    ("nll", "tokens", "value"),
    [
        (0.0, 1, 1),
        (-0.0, 3, 1),
        (4.0 + 9 * 0.1, 10, 1.632316),
        (5.626821, 4, 4.082483),
        (math.log(2) * 3, 3, 2),
        (1000.0, 1, math.inf),
        (math.inf, 1, math.inf),
        (1000, 1000, math.e),
        (np.float64(4.9), 10, 1.632316),
    ],
)
def test_values(nll, tokens, value):
    assert perplexity(nll, tokens) == pytest.approx(value, abs=1e-6)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.integers(1, 100_000), st.integers(1, 1000))
def test_a_uniform_model_hesitates_between_all_tokens(vocab_size, tokens):
    assert perplexity(tokens * math.log(vocab_size), tokens) == pytest.approx(vocab_size)


@pytest.mark.usefixtures("every_warning_of_torch")
def test_the_loss_may_still_carry_its_gradient():
    nll = torch.tensor(4.9, requires_grad=True, dtype=torch.float64) * 1
    assert perplexity(nll, 10) == pytest.approx(1.632316)


@pytest.mark.parametrize(
    ("nll", "tokens", "error", "said"),
    [
        (1.0, 0, ValueError, "tokens must be at least 1, got 0"),
        (1.0, -2, ValueError, "tokens must be at least 1, got -2"),
        (1.0, math.nan, TypeError, "tokens must be an int, got nan"),
        (1.0, 2.5, TypeError, r"tokens must be an int, got 2\.5"),
        (1.0, True, TypeError, "tokens must be an int, got True"),
        (math.nan, 3, ValueError, "at least 0, got nan"),
        (-0.5, 3, ValueError, r"nll is a sum of negative log-probabilities, at least 0, got -0\.5"),
    ],
)
def test_what_has_no_perplexity_is_refused(nll, tokens, error, said):
    with pytest.raises(error, match=said):
        perplexity(nll, tokens)


@pytest.mark.parametrize(
    ("nll", "characters", "bits"),
    [(0.0, 5, 0), (math.log(2), 1, 1), (math.log(8) * 4, 4, 3), (math.inf, 2, math.inf)],
)
def test_bits_per_character(nll, characters, bits):
    assert bits_per_character(nll, characters) == pytest.approx(bits)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.floats(0, 700), st.integers(1, 1000))  # e^710 is no float
def test_with_one_token_a_character_both_say_the_same(nll, characters):
    assert 2 ** bits_per_character(nll, characters) == pytest.approx(perplexity(nll, characters))


@pytest.mark.usefixtures("every_warning_of_torch")
def test_bits_of_a_loss_that_carries_its_gradient():
    nll = torch.tensor(math.log(2), requires_grad=True, dtype=torch.float64) * 3
    assert bits_per_character(nll, 3) == pytest.approx(1)


@pytest.mark.parametrize(
    ("nll", "characters", "error", "said"),
    [
        (1.0, 0, ValueError, "characters must be at least 1, got 0"),
        (1.0, 2.5, TypeError, r"characters must be an int, got 2\.5"),
        (math.nan, 3, ValueError, "at least 0, got nan"),
        (-0.5, 3, ValueError, r"at least 0, got -0\.5"),
    ],
)
def test_what_has_no_bits_is_refused(nll, characters, error, said):
    with pytest.raises(error, match=said):
        bits_per_character(nll, characters)


@pytest.mark.parametrize("measure", [perplexity, bits_per_character])
@pytest.mark.parametrize(
    "nll",
    ["4.9", b"4.9", True, np.True_, torch.tensor(True), None, torch.ones(2), np.ones(2), [4.9]],
)
def test_an_nll_that_is_not_one_number_is_refused(measure, nll):
    with pytest.raises(TypeError, match="nll must be a number, got"):
        measure(nll, 1)


@pytest.mark.parametrize("measure", [perplexity, bits_per_character])
def test_numbers_beyond_every_float(measure):
    assert measure(10**400, 10) == math.inf
    with pytest.raises(ValueError, match="at least 0, got -inf"):
        measure(-(10**400), 10)
    with pytest.raises(ValueError, match="must be at most"):
        measure(1.0, 10**400)


@pytest.mark.parametrize("measure", [perplexity, bits_per_character])
@pytest.mark.parametrize("count", [np.int64(10), torch.tensor(10)])
def test_a_count_of_numpy_or_torch_gives_the_same_float(measure, count):
    found = measure(4.9, count)
    assert type(found) is float
    assert found == measure(4.9, 10)
