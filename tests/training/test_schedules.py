import math
from itertools import pairwise
from typing import get_args

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from seq2seq_tutor.training import anneal
from seq2seq_tutor.training.schedules import Schedule

STEPS = 12
START, END = 0.4, 0.05
NAMES = get_args(Schedule)
shares = st.floats(0, 1)
values = st.floats(1e-3, 10)


def torchs(make):
    """Give the learning rates of torch's scheduler at every step of a run, and after it."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=START)
    scheduler = make(optimizer)
    rates = []
    for _ in range(STEPS + 1):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize(
    ("schedule", "make"),
    [
        (
            "linear",
            lambda optimizer: torch.optim.lr_scheduler.LinearLR(
                optimizer, start_factor=1.0, end_factor=END / START, total_iters=STEPS
            ),
        ),
        (
            "cosine",
            lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(
                optimizer, T_max=STEPS, eta_min=END
            ),
        ),
        (
            "exponential",
            lambda optimizer: torch.optim.lr_scheduler.ExponentialLR(
                optimizer, gamma=(END / START) ** (1 / STEPS)
            ),
        ),
    ],
)
def test_is_torchs(schedule, make):
    ours = [anneal(schedule, step / STEPS, start=START, end=END) for step in range(STEPS + 1)]
    assert ours == pytest.approx(torchs(make), rel=1e-9)


@pytest.mark.parametrize("k", [2.0, 50.0, 1000.0])
@pytest.mark.parametrize(("start", "end"), [(1.0, 0.0), (0.9, 0.2), (0.1, 0.6)])
def test_inverse_sigmoid_is_bengios_between_its_ends(k, start, end):
    # k / (k + exp(i / k)) is 1 / (1 + exp(x)) for i = k (x + log k); x goes from -5 to 5.
    def bengio(progress):
        i = k * (10 * progress - 5 + math.log(k))
        return k / (k + math.exp(i / k))

    for p in (0, 0.01, 0.25, 0.5, 0.7, 0.99, 1):
        stretched = (bengio(p) - bengio(1)) / (bengio(0) - bengio(1)) * (start - end) + end
        found = anneal("inverse_sigmoid", p, start=start, end=end)
        assert found == pytest.approx(stretched, abs=1e-12)


def test_inverse_sigmoid_is_half_way_in_the_middle_and_steepest_there():
    line = [anneal("inverse_sigmoid", p / 10, start=1.0, end=0.0) for p in range(11)]
    falls = [a - b for a, b in pairwise(line)]
    assert line[5] == pytest.approx(0.5)
    assert falls[:5] == sorted(falls[:5])
    assert falls[4] > 5 * falls[0]


def test_constant_stays():
    assert {anneal("constant", p / 7, start=0.3, end=0.9) for p in range(8)} == {0.3}


@given(st.sampled_from(NAMES[1:]), values, values)
def test_reaches_both_ends(schedule, start, end):
    assert anneal(schedule, 0, start=start, end=end) == start
    assert anneal(schedule, 1, start=start, end=end) == pytest.approx(end, rel=1e-9)


@given(st.sampled_from(NAMES[1:]), values, values, shares, shares)
def test_goes_one_way_and_stays_between(schedule, start, end, p, q):
    assume(p < q)
    first, second = (anneal(schedule, share, start=start, end=end) for share in (p, q))
    if start > end:
        first, second, start, end = second, first, end, start
    slack = 1e-9 * end
    assert start - slack <= first <= second + slack <= end + 2 * slack


@pytest.mark.parametrize("schedule", NAMES)
@pytest.mark.parametrize(("start", "end"), [(1.0, 0.1), (0.3, 1.0), (0.1, 1.0)])
def test_a_probability_stays_one_through_a_long_run(schedule, start, end):
    steps = 100_000
    for step in (0, 1, steps // 2, steps - 2, steps - 1):
        assert 0 <= anneal(schedule, step / steps, start=start, end=end) <= 1


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"schedule": "sigmoid"}, ValueError, "schedule must be one of constant, .*got 'sigmoid'"),
        ({"progress": -0.1}, ValueError, "progress must be at least 0, got -0.1"),
        ({"progress": 1.1}, ValueError, "progress must be at most 1, got 1.1"),
        ({"progress": float("nan")}, ValueError, "progress must be finite, got nan"),
        ({"start": float("inf")}, ValueError, "start must be finite, got inf"),
        ({"end": "0"}, TypeError, r"end must be a number, got '0' \(str\)"),
        ({"schedule": "exponential", "end": 0.0}, ValueError, "above 0, got 1.0 and 0.0"),
        ({"schedule": "exponential", "start": -1.0}, ValueError, "above 0, got -1.0 and 0.5"),
    ],
)
def test_refuses(arguments, error, message):
    arguments = {"schedule": "linear", "progress": 0.5, "start": 1.0, "end": 0.5} | arguments
    with pytest.raises(error, match=message):
        anneal(**arguments)
