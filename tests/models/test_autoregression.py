"""Linear autoregression against unfold, numpy's least squares, and recurrences that are known."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from seq2seq_tutor.models import LinearAutoregression, lagged

quick = settings(max_examples=60, deadline=None, derandomize=True)
RIDDLE = [2, 4, 6, 12, 22, 40, 74, 136, 250, 460]


def noise(length, seed=0):
    drawn = torch.Generator().manual_seed(seed)
    return torch.randn(length, dtype=torch.float64, generator=drawn)


def stable(order, seed=0):
    """Weights whose roots lie within the unit circle, from the roots: pairs, and one real one."""
    draws = np.random.default_rng(seed)
    pairs = draws.uniform(0.3, 0.9, order // 2) * np.exp(1j * draws.uniform(0.3, 2.8, order // 2))
    roots = np.concatenate([pairs, pairs.conj(), [0.5] * (order % 2)])
    return torch.tensor(-np.poly(roots).real[:0:-1].copy(), dtype=torch.float64), roots


# windows


@quick
@given(st.integers(1, 8), st.integers(1, 5), st.integers(0, 20))
def test_windows_and_targets_place_by_place(order, ahead, more):
    series = torch.arange(order + ahead + more)
    windows, targets = lagged(series, order, ahead=ahead)
    assert windows.shape == (more + 1, order)
    assert windows.tolist() == [list(range(i, i + order)) for i in range(more + 1)]
    assert targets.tolist() == [i + order - 1 + ahead for i in range(more + 1)]


def test_windows_are_those_of_unfold():
    series = noise(30)
    windows, targets = lagged(series, 4)
    both = series.unfold(0, 5, 1)
    assert torch.equal(windows, both[:, :-1])
    assert torch.equal(targets, both[:, -1])


def test_windows_and_targets_are_copies():
    series = noise(9)
    before = series.clone()
    for made in lagged(series, 3):
        made.zero_()
    assert torch.equal(series, before)


# fitting


def test_the_riddle_is_solved():
    model = LinearAutoregression.fit(torch.tensor(RIDDLE[:8], dtype=torch.float64), 3)
    assert_close(model.weights, torch.ones(3, dtype=torch.float64), atol=1e-9, rtol=0)
    assert abs(model.bias) < 1e-9


@quick
@given(st.integers(1, 5), st.integers(0, 30), st.floats(-2, 2))
def test_a_recurrence_without_noise_is_recovered(order, seed, bias):
    weights, _ = stable(order, seed)
    start = noise(order, seed)
    # short, so that none of its modes has died away
    series = torch.cat((start, LinearAutoregression(weights, bias).forecast(start, 3 * order + 6)))
    found = LinearAutoregression.fit(series, order)
    windows, targets = lagged(series, order)
    assert_close(found.predict(windows), targets, atol=1e-7, rtol=0)


@pytest.mark.parametrize("order", [1, 2, 5])
@pytest.mark.parametrize("ahead", [1, 4])
def test_the_fit_is_numpys_least_squares(order, ahead):
    series = noise(200).cumsum(0) * 0.1 + 3
    model = LinearAutoregression.fit(series, order, ahead=ahead)
    x = np.lib.stride_tricks.sliding_window_view(series.numpy()[:-ahead], order)
    y = series.numpy()[order - 1 + ahead :]
    found, *_ = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y, rcond=None)
    assert_close(model.weights.numpy(), found[:-1])
    assert model.bias == pytest.approx(found[-1])


def test_residuals_are_orthogonal_to_what_was_read():
    series = noise(300).cumsum(0)
    windows, targets = lagged(series, 3)
    error = targets - LinearAutoregression.fit(series, 3).predict(windows)
    assert_close(windows.T @ error, torch.zeros(3, dtype=torch.float64), atol=1e-7, rtol=0)
    assert abs(float(error.mean())) < 1e-10


def test_a_constant_series_has_many_solutions_and_all_predict_it():
    model = LinearAutoregression.fit(torch.full((20,), 5.0, dtype=torch.float64), 3)
    assert_close(model.predict(torch.full((3,), 5.0, dtype=torch.float64)).item(), 5.0)
    # the smallest of all: the projection of 0 on 5 (w + w + w) + b = 5
    assert_close(model.weights, torch.full((3,), 25 / 76, dtype=torch.float64))
    assert model.bias == pytest.approx(5 / 76)


def test_a_series_may_carry_its_gradient():
    series = noise(20)
    found = LinearAutoregression.fit(series.clone().requires_grad_(), 3)
    wanted = LinearAutoregression.fit(series, 3)
    assert_close(found.weights, wanted.weights)
    assert found.bias == pytest.approx(wanted.bias)
    assert not found.weights.requires_grad


def test_a_model_keeps_its_own_numbers():
    weights = torch.ones(2)
    model = LinearAutoregression(weights, np.float32(0.5))
    weights.zero_()
    assert model.predict(torch.ones(2)).item() == 2.5
    assert type(model.bias) is float


# prediction


def test_the_last_weight_belongs_to_the_latest_value():
    model = LinearAutoregression(torch.tensor([0.0, 1.0]), 0.0)
    assert model.order == 2
    assert model.predict(torch.tensor([[7.0, 9.0], [1.0, 2.0]])).tolist() == [9.0, 2.0]


def test_a_forecast_is_one_step_fed_back():
    model = LinearAutoregression(torch.tensor([0.3, -0.2, 0.9], dtype=torch.float64), 0.4)
    windows = noise(12).view(2, 2, 3)
    found = model.forecast(windows, 6)
    assert found.shape == (2, 2, 6)
    for i in range(2):
        for j in range(2):
            values = windows[i, j].tolist()
            for _ in range(6):
                values.append(0.3 * values[-3] - 0.2 * values[-2] + 0.9 * values[-1] + 0.4)
            assert found[i, j].tolist() == pytest.approx(values[3:])


def test_a_forecast_changes_nothing_it_was_given():
    windows = noise(6).view(2, 3)
    before = windows.clone()
    LinearAutoregression(torch.ones(3, dtype=torch.float64), 0.0).forecast(windows, 4)
    assert torch.equal(windows, before)


@pytest.mark.parametrize("order", [2, 3, 4, 5])
def test_a_shock_dies_away_as_the_roots_say(order):
    """With distinct roots r, the response to a shock of 1 is the sum of c * r**j over the roots."""
    weights, roots = stable(order, seed=order)
    shock = torch.zeros(order, dtype=torch.float64)
    shock[-1] = 1.0
    found = LinearAutoregression(weights, 0.0).forecast(shock, 30).numpy()
    shares = [r ** (order - 1) / np.prod([r - s for s in roots if s != r]) for r in roots]
    wanted = [
        sum(share * root**j for share, root in zip(shares, roots, strict=True)).real
        for j in range(1, 31)
    ]
    assert_close(found, np.array(wanted))


def test_errors_of_a_known_process_grow_as_the_theory_says():
    weights = torch.tensor([-0.64, 1.2], dtype=torch.float64)
    true, shocks, values = LinearAutoregression(weights, 0.0), noise(40_000), [0.0, 0.0]
    for shock in shocks.tolist():
        values.append(-0.64 * values[-2] + 1.2 * values[-1] + shock)
    series = torch.tensor(values[200:], dtype=torch.float64)
    response = true.forecast(torch.tensor([0.0, 1.0], dtype=torch.float64), 20)
    response = torch.cat([torch.ones(1, dtype=torch.float64), response])
    for k in (1, 2, 5, 20):
        windows, targets = lagged(series, 2, ahead=k)
        error = (true.forecast(windows, k)[:, -1] - targets).square().mean()
        assert float(error / response[:k].square().sum()) == pytest.approx(1, abs=0.06)


# refusals

GOOD = noise(20)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: lagged([1.0, 2.0], 1), TypeError, r"series must be a tensor \(T,\), got \[1\.0"),
        (lambda: lagged(GOOD.view(4, 5), 1), TypeError, r"shape \(4, 5\)"),
        (lambda: lagged(GOOD, 20), ValueError, "take 21 values, and the series has 20"),
        (lambda: lagged(GOOD, 10, ahead=11), ValueError, "a window of 10 and a value 11 after it"),
        (lambda: lagged(GOOD, 0), ValueError, "order must be at least 1, got 0"),
        (lambda: lagged(GOOD, 2.0), TypeError, "order must be an int"),
        (lambda: lagged(GOOD, 1, ahead=0), ValueError, "ahead must be at least 1, got 0"),
        (lambda: LinearAutoregression.fit(GOOD, 10), ValueError, "at least 11 equations.*gives 10"),
        (lambda: LinearAutoregression.fit(torch.arange(20), 2), TypeError, "series .*torch.int64"),
        (lambda: LinearAutoregression.fit(GOOD.half(), 2), TypeError, "float32, got torch.float16"),
        (lambda: LinearAutoregression.fit(GOOD / 0, 2), ValueError, r"the value at \(0,\) is"),
        (lambda: LinearAutoregression(torch.ones(2, 2), 0.0), ValueError, r"weights .* \(2, 2\)"),
        (lambda: LinearAutoregression(torch.ones(0), 0.0), ValueError, r"weights must be \(order"),
        (lambda: LinearAutoregression([1.0], 0.0), TypeError, "weights must be a tensor"),
        (lambda: LinearAutoregression(torch.ones(2), float("nan")), ValueError, "bias .* finite"),
        (lambda: LinearAutoregression(torch.ones(2), "0"), TypeError, "bias must be a number"),
    ],
)
def test_a_wrong_series_or_model_is_refused(call, error, said):
    with pytest.raises(error, match=said):
        call()


@pytest.mark.parametrize(
    ("windows", "error", "said"),
    [
        (torch.ones(4, 3), ValueError, r"windows must be \(\.\.\., 2\).*shape \(4, 3\)"),
        (torch.tensor(1.0), ValueError, r"shape \(\)"),
        (torch.ones(4, 2, dtype=torch.float64), TypeError, "make them alike"),
        (torch.ones(2, dtype=torch.int64), TypeError, "floating type"),
        (torch.tensor([1.0, torch.nan]), ValueError, r"the value at \(1,\) is nan"),
        ([1.0, 2.0], TypeError, "windows must be a tensor"),
    ],
)
def test_wrong_windows_are_refused(windows, error, said):
    model = LinearAutoregression(torch.ones(2), 0.0)
    for call in (lambda: model.predict(windows), lambda: model.forecast(windows, 3)):
        with pytest.raises(error, match=said):
            call()


def test_a_wrong_number_of_steps_is_refused():
    model = LinearAutoregression(torch.ones(2), 0.0)
    with pytest.raises(ValueError, match="steps must be at least 1, got 0"):
        model.forecast(torch.ones(2), 0)
