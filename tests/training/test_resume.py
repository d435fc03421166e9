import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

import seq2seq_tutor
import seq2seq_tutor.training.run as training_run
from seq2seq_tutor.training import (
    CheckpointError,
    TrainConfig,
    TrainingInterrupted,
    TrainingState,
    fit,
    load_checkpoint,
    save_checkpoint,
)

from .small import DIGITS, LETTERS, PAIRS, contents, small_model, strings

ROOT = Path(seq2seq_tutor.__file__).parents[1]
TRAIN = list(zip(strings(20, seed=0), strings(20, seed=1), strict=True))
VALID = list(zip(strings(8, seed=2), strings(8, seed=3), strict=True))
KILLS = 5

# What a training run depends on is different in each: cell, attention, and what is kept.
SHARED = {"epochs": 10, "batch_size": 5, "teacher_forcing": 0.5, "lr": 0.02, "lr_end": 0.01}
RUNS = {
    "lstm": ({"kind": "every_step", "cell": "lstm"}, TrainConfig(**SHARED, average_last=4)),
    "luong": ({"kind": "luong_feeding"}, TrainConfig(**SHARED, patience=6, warmup=0.2)),
    "bahdanau": (
        {"kind": "bahdanau", "bidirectional": True},
        TrainConfig(**SHARED | {"epochs": 14, "lr": 0.1}, patience=6),
    ),
}


def run(name, folder):
    """Train into a folder, or go on there."""
    options, config = RUNS[name]
    model = small_model(dropout=0.3, **options)
    history = fit(model, TRAIN, VALID, config, folder=folder, languages=(LETTERS, DIGITS))
    return model, history


def die(number, *, half):
    """Make the process kill itself at the ``number``-th step of the optimizer or of a save."""
    left = [number]

    def wrap(real):
        def call(first, *arguments, **options):
            left[0] -= 1
            if left[0] == 0:
                if half and isinstance(first, int):
                    os.ftruncate(first, os.fstat(first).st_size // 2)
                os.kill(os.getpid(), signal.SIGKILL)
            return real(first, *arguments, **options)

        return call

    torch.optim.Adam.step = wrap(torch.optim.Adam.step)
    os.fsync, Path.replace = wrap(os.fsync), wrap(Path.replace)


def child(name, folder, *, after=None, at=None):
    """Run in a process of its own, killed after seconds or at a step; tell whether it was."""
    process = os.fork()
    if process == 0:
        if at is not None:
            die(at, half=at % 2 == 0)
        run(name, folder)
        os._exit(0)
    if after is not None:
        time.sleep(after)
        os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def train_and_be_killed(folder):
    """Train each model three times: in one go, killed by the clock, and killed by a counter.

    This process forks and never calls backward, but imports what torch imports late: once.
    """
    weight = torch.zeros(1, requires_grad=True)
    weight.grad = torch.zeros(1)
    torch.optim.Adam([weight]).step()
    save_checkpoint(small_model(), folder / "unused")
    load_checkpoint(folder / "unused")
    generator = random.Random(0)
    for name in RUNS:
        begin = time.monotonic()
        assert not child(name, folder / name / "whole")
        seconds = time.monotonic() - begin
        # Each comes so early that no run is at its end before the last of them: an epoch has 10
        # steps to be killed at, and no run less than 8 epochs.
        for _ in range(KILLS):
            child(name, folder / name / "clock", after=generator.uniform(0.02, seconds / 6))
        for _ in range(KILLS):
            assert child(name, folder / name / "counter", at=generator.randint(1, 16))
        for how in ("clock", "counter"):
            assert not child(name, folder / name / how)


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed")
    program = (
        f"from tests.training.test_resume import *; train_and_be_killed(Path({str(folder)!r}))"
    )
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, check=True)
    return folder


@pytest.mark.parametrize("how", ["clock", "counter"])
@pytest.mark.parametrize("name", RUNS)
def test_a_run_that_was_killed_five_times_ends_bit_for_bit_as_if_it_had_not(killed, name, how):
    # Weights, history, Adam's moments, random states, what is kept: all of it is in the files.
    assert contents(killed / name / how) == contents(killed / name / "whole")
    training = load_checkpoint(killed / name / how).training
    assert training.finished
    assert {tensor.partition(".")[0] for tensor in training.tensors} == {"adam", "kept", "random"}


def test_patience_ended_one_of_the_runs_and_not_the_other(killed):
    ends = [load_checkpoint(killed / name / "whole").training.epoch for name in RUNS]
    assert ends[0] == SHARED["epochs"]
    assert 8 <= ends[2] < RUNS["bahdanau"][1].epochs


class Stop(Exception):
    """What no code here catches."""


@pytest.mark.parametrize("name", RUNS)
def test_an_error_at_any_step_of_five_is_as_if_it_had_not_been(tmp_path, monkeypatch, name):
    whole, history = run(name, tmp_path / "whole")
    calls, stops = [0], set()

    def wrap(real):
        def call(*arguments, **options):
            calls[0] += 1
            if calls[0] in stops:
                raise Stop
            return real(*arguments, **options)

        return call

    monkeypatch.setattr(torch.optim.Adam, "step", wrap(torch.optim.Adam.step))
    monkeypatch.setattr(Path, "replace", wrap(Path.replace))
    generator = random.Random(name)
    for _ in range(5):
        stops.add(calls[0] + generator.randint(7, 11))
        with pytest.raises(Stop):
            run(name, tmp_path / "stopped")
    model, again = run(name, tmp_path / "stopped")
    assert again == history
    assert contents(tmp_path / "stopped") == contents(tmp_path / "whole")
    assert all(map(torch.equal, model.state_dict().values(), whole.state_dict().values()))


def test_training_into_a_folder_gives_the_same_as_without_one(tmp_path):
    options, config = RUNS["luong"]
    model = small_model(dropout=0.3, **options)
    history = fit(model, TRAIN, VALID, config)
    other, same = run("luong", tmp_path)
    assert history == same
    assert all(map(torch.equal, model.state_dict().values(), other.state_dict().values()))


def test_a_finished_run_is_given_again_and_not_trained(tmp_path, monkeypatch):
    model, history = run("bahdanau", tmp_path)
    before = contents(tmp_path)
    monkeypatch.setattr(torch.optim.Adam, "step", None)
    random_state = torch.get_rng_state()
    again, same = run("bahdanau", tmp_path)
    assert same == history
    assert not again.training
    assert all(map(torch.equal, model.state_dict().values(), again.state_dict().values()))
    assert contents(tmp_path) == before
    assert torch.equal(torch.get_rng_state(), random_state)


def test_no_epoch_leaves_a_checkpoint_of_the_untrained_model(tmp_path):
    model = small_model()
    fit(model, PAIRS, PAIRS, TrainConfig(epochs=0), folder=str(tmp_path))
    found = load_checkpoint(tmp_path)
    assert found.training.finished
    assert all(map(torch.equal, found.model.state_dict().values(), model.state_dict().values()))


CONFIG = TrainConfig(epochs=2, batch_size=2)


def tied():
    model = small_model()
    model.decoder.output.weight = model.decoder.embedding.table.weight
    return model


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"model": lambda: small_model(hidden_size=16)}, "another model"),
        ({"model": lambda: small_model(kind="luong")}, "another model"),
        ({"model": lambda: small_model(dropout=0.1)}, "another model"),
        ({"model": lambda: small_model().double()}, "another kind of parameters"),
        ({"model": tied}, "another kind of parameters"),
        ({"config": TrainConfig(epochs=3, batch_size=2)}, "another config"),
        ({"config": TrainConfig(epochs=2, batch_size=2, seed=1)}, "another config"),
        ({"config": TrainConfig(epochs=2, batch_size=2, patience=1)}, "another config"),
        ({"train": PAIRS[:-1]}, "another data"),
        ({"train": PAIRS[::-1]}, "another data"),
        ({"valid": [([4], [4])]}, "another data"),
        ({"languages": (DIGITS, LETTERS)}, "another pair of languages"),
        ({"languages": None}, "another pair of languages"),
    ],
)
def test_the_folder_of_another_training_is_refused_and_stays(tmp_path, change, what):
    same = {"model": small_model, "train": PAIRS, "valid": PAIRS, "config": CONFIG}
    same["languages"] = (LETTERS, DIGITS)

    def train(model, train, valid, config, languages):
        fit(model(), train, valid, config, folder=tmp_path, languages=languages)

    train(**same)
    before = contents(tmp_path)
    with pytest.raises(CheckpointError, match=f"holds the training of {what}") as caught:
        train(**(same | change))
    assert str(tmp_path) in str(caught.value)
    assert contents(tmp_path) == before


def test_lists_and_iterators_of_the_same_pairs_are_the_same_data(tmp_path):
    languages = [LETTERS, DIGITS]
    fit(small_model(), PAIRS, PAIRS, CONFIG, folder=tmp_path, languages=languages)
    lists = [[list(src), list(tgt)] for src, tgt in PAIRS]
    fit(small_model(), iter(lists), iter(PAIRS), CONFIG, folder=tmp_path, languages=languages)


def test_a_model_without_its_training_is_refused_and_stays(tmp_path):
    save_checkpoint(small_model(), tmp_path)
    before = contents(tmp_path)
    with pytest.raises(CheckpointError, match="a model without the state of its training"):
        fit(small_model(), PAIRS, PAIRS, CONFIG, folder=tmp_path)
    assert contents(tmp_path) == before


def test_a_damaged_checkpoint_is_refused_and_stays(tmp_path):
    fit(small_model(), PAIRS, PAIRS, CONFIG, folder=tmp_path)
    (tmp_path / "checkpoint.json").write_bytes(b"{")
    before = contents(tmp_path)
    with pytest.raises(CheckpointError, match="is damaged"):
        fit(small_model(), PAIRS, PAIRS, CONFIG, folder=tmp_path)
    assert contents(tmp_path) == before


def test_a_training_without_its_random_states_is_refused(tmp_path):
    fit(small_model(), PAIRS, PAIRS, CONFIG, folder=tmp_path)
    found = load_checkpoint(tmp_path)
    state = found.training
    bare = TrainingState(state.config, state.history, state.epoch, state.finished, state.data)
    save_checkpoint(found.model, tmp_path, training=bare)
    with pytest.raises(CheckpointError, match="holds a training that can't go on: KeyError"):
        fit(small_model(), PAIRS, PAIRS, CONFIG, folder=tmp_path)


def test_languages_need_a_folder_and_must_fit():
    with pytest.raises(ValueError, match="say in which folder"):
        fit(small_model(), PAIRS, PAIRS, CONFIG, languages=(LETTERS, DIGITS))


def test_what_cannot_be_saved_is_known_before_the_first_step(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.optim.Adam, "step", None)
    with pytest.raises(TypeError, match="source must be a Language, got str"):
        fit(small_model(), PAIRS, PAIRS, CONFIG, folder=tmp_path, languages=("zh", "en"))
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FileExistsError):
        fit(small_model(), PAIRS, PAIRS, CONFIG, folder=tmp_path / "file")


@pytest.mark.parametrize(
    ("where", "number", "steps", "epochs"),
    [
        ("torch.optim.Adam.step", 1, 0, 0),
        ("torch.optim.Adam.step", 5, 4, 1),
        ("torch.Tensor.backward", 6, 5, 1),
        ("seq2seq_tutor.training.run.masked_cross_entropy", 2, 1, 0),
        ("seq2seq_tutor.training.run.sum_nll", 2, 6, 1),
        ("seq2seq_tutor.training.run.save_checkpoint", 1, 0, 0),
        ("seq2seq_tutor.training.run.save_checkpoint", 3, 6, 2),
        ("pathlib.Path.replace", 5, 3, 1),
    ],
)
def test_ctrl_c_leaves_a_history_a_model_in_eval_mode_and_a_run_that_goes_on(
    tmp_path, monkeypatch, where, number, steps, epochs
):
    config = TrainConfig(epochs=3, batch_size=2, teacher_forcing=0.5, lr=0.01)

    def train(model, folder):
        return fit(model, PAIRS, PAIRS, config, folder=folder)

    whole = train(small_model(dropout=0.3), tmp_path / "whole")
    model = small_model(dropout=0.3)
    torch.manual_seed(5)
    random_state = torch.get_rng_state()
    owner, _, name = where.rpartition(".")
    target = {
        "torch.optim.Adam": torch.optim.Adam,
        "torch.Tensor": torch.Tensor,
        "pathlib.Path": Path,
        "seq2seq_tutor.training.run": training_run,
    }[owner]
    real, calls = getattr(target, name), []

    def press(*arguments, **options):
        calls.append(None)
        if len(calls) == number:
            raise KeyboardInterrupt
        return real(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(target, name, press)
        with pytest.raises(TrainingInterrupted, match=f"after {steps} steps") as caught:
            train(model, tmp_path / "stopped")
    history = caught.value.history
    assert history.loss == whole.loss[:steps]
    assert len(history.gradient_norm) == steps
    assert history.valid_loss == whole.valid_loss[:epochs]
    assert not any(module.training for module in model.modules())
    assert torch.equal(torch.get_rng_state(), random_state)
    assert train(model, tmp_path / "stopped") == whole
    assert contents(tmp_path / "stopped") == contents(tmp_path / "whole")
