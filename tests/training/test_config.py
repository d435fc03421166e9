import dataclasses
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seq2seq_tutor.training import History, TrainConfig, anneal

NAN = float("nan")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"epochs": -1}, ValueError, "epochs must be at least 0, got -1"),
        ({"epochs": 1.5}, TypeError, "epochs must be an int, got 1.5"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1, got 0"),
        ({"batch_size": True}, TypeError, "batch_size must be an int, got True"),
        ({"lr": 0.0}, ValueError, "lr must be greater than 0.*, got 0.0"),
        ({"lr": -1e-3}, ValueError, "lr must be greater than 0.*, got -0.001"),
        ({"lr": NAN}, ValueError, "lr must be finite, got nan"),
        ({"lr": "0.1"}, TypeError, "lr must be a number, got '0.1'"),
        ({"lr_end": -0.1}, ValueError, "lr_end must be at least 0, got -0.1"),
        ({"lr_schedule": "step"}, ValueError, "lr_schedule must be one of constant, .*got 'step'"),
        ({"warmup": -0.1}, ValueError, "warmup must be at least 0, got -0.1"),
        ({"warmup": 1.0}, ValueError, "warmup must be below 1, got 1.0"),
        ({"max_norm": 0}, ValueError, "max_norm must be greater than 0.*, got 0"),
        ({"teacher_forcing": -0.5}, ValueError, "teacher_forcing must be at least 0.*, got -0.5"),
        ({"teacher_forcing": 1.5}, ValueError, "teacher_forcing .* at most 1, got 1.5"),
        ({"teacher_forcing_end": 1.5}, ValueError, "teacher_forcing_end .* at most 1, got 1.5"),
        ({"teacher_forcing_end": -0.5}, ValueError, "teacher_forcing_end .* at least 0, got -0.5"),
        ({"teacher_forcing_schedule": "x"}, ValueError, "teacher_forcing_schedule must be one of"),
        ({"label_smoothing": -0.5}, ValueError, "label_smoothing must be at least 0"),
        ({"label_smoothing": 1.0}, ValueError, "label_smoothing must be below 1.*, got 1.0"),
        ({"patience": 0}, ValueError, "patience must be at least 1, got 0"),
        ({"patience": 2.0}, TypeError, "patience must be an int, got 2.0"),
        ({"average_last": 0}, ValueError, "average_last must be at least 1, got 0"),
        ({"patience": 2, "average_last": 3}, ValueError, "patience=2 .* average_last=3 .* choose"),
        ({"seed": -1}, ValueError, "seed must be at least 0, got -1"),
        ({"seed": 1.0}, TypeError, "seed must be an int, got 1.0"),
        ({"lr_schedule": "exponential"}, ValueError, "above 0, got 0.001 and 0.0"),
        ({"lr_schedule": "exponential", "warmup": 0.9}, ValueError, "above 0, got 0.001 and 0.0"),
        (
            {"teacher_forcing_schedule": "exponential", "teacher_forcing_end": 0.0},
            ValueError,
            "above 0, got 1.0 and 0.0",
        ),
    ],
)
def test_refuses(options, error, message):
    with pytest.raises(error, match=message):
        TrainConfig(**options)


def test_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainConfig().lr = 1.0


def test_patience_and_an_average_of_one_get_along():
    assert TrainConfig(patience=2, average_last=1).patience == 2


def test_takes_numpys_numbers():
    assert TrainConfig(epochs=np.int64(3), lr=np.float64(0.5)) == TrainConfig(epochs=3, lr=0.5)


def rates(config, steps):
    return [config.lr_at(step, steps) for step in range(steps)]


def test_the_learning_rate_by_hand():
    config = TrainConfig(lr=0.6, lr_end=0.1, warmup=0.3)
    assert rates(config, 10) == pytest.approx(
        [0.2, 0.4, 0.6, 0.6] + [0.6 - 0.5 * step / 7 for step in range(1, 7)]
    )


def test_warmup_is_torchs():
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.6)
    scheduler = torch.optim.lr_scheduler.LinearLR(
        optimizer, start_factor=1 / 5, end_factor=1.0, total_iters=4
    )
    theirs = []
    for _ in range(10):
        theirs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    config = TrainConfig(lr=0.6, lr_schedule="constant", warmup=0.5)
    assert rates(config, 10) == pytest.approx(theirs)


@given(
    st.sampled_from(["constant", "linear", "cosine", "exponential", "inverse_sigmoid"]),
    st.floats(0, 0.999),
    st.integers(1, 60),
)
def test_the_learning_rate_rises_to_its_peak_once_and_never_reaches_its_end(
    schedule, warmup, steps
):
    config = TrainConfig(lr=0.5, lr_end=1e-3, lr_schedule=schedule, warmup=warmup)
    found = rates(config, steps)
    rise = round(warmup * steps)
    peak = max(0, rise - 1)
    assert found[peak] == max(found) == 0.5
    assert all(a < b for a, b in pairwise(found[: peak + 1]))
    assert all(a >= b for a, b in pairwise(found[peak:]))
    assert min(found) > 1e-3
    assert found[rise:] == [
        anneal(schedule, step / (steps - rise), start=0.5, end=1e-3) for step in range(steps - rise)
    ]


def test_teacher_forcing_stays_without_an_end_whatever_the_schedule():
    config = TrainConfig(teacher_forcing=0.7, teacher_forcing_schedule="cosine")
    assert {config.teacher_forcing_at(step, 9) for step in range(9)} == {0.7}


def test_teacher_forcing_by_hand():
    config = TrainConfig(teacher_forcing=1.0, teacher_forcing_end=0.5)
    assert [config.teacher_forcing_at(step, 4) for step in range(4)] == [1.0, 0.875, 0.75, 0.625]


@pytest.mark.parametrize(
    ("losses", "epoch"), [([], 0), ([3.0], 1), ([3.0, 1.0, 2.0], 2), ([2.0, 1.0, 1.0], 2)]
)
def test_the_best_epoch_is_the_first_of_the_lowest(losses, epoch):
    assert History(valid_loss=losses).best_epoch == epoch


def test_histories_share_no_list():
    History().loss.append(1.0)
    assert History().loss == []
