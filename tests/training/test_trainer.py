import os
import random
import subprocess
import sys

import pytest
import torch

from seq2seq_tutor.data import collate
from seq2seq_tutor.decoding import greedy_search
from seq2seq_tutor.metrics import perplexity
from seq2seq_tutor.models import BahdanauDecoder, Decoder, Encoder, LuongDecoder, Seq2Seq
from seq2seq_tutor.training import (
    History,
    TrainConfig,
    clip_gradients,
    evaluate,
    fit,
    load_checkpoint,
    masked_cross_entropy,
    run,
)

from ..networks import DECODERS
from .small import PAIRS, small_model, strings, weights_of


def exactly_right(model, pairs):
    batch = collate(pairs)
    found = greedy_search(model.step, model.start(batch.src, batch.src_lengths), max_len=9)
    right = [h.tokens == (*tgt, 2) for h, (_, tgt) in zip(found, pairs, strict=True)]
    return sum(right) / len(right)


@pytest.mark.parametrize("teacher_forcing", [1.0, 0.5])
def test_the_same_call_gives_the_same_weights_bit_for_bit(teacher_forcing):
    config = TrainConfig(epochs=3, batch_size=2, teacher_forcing=teacher_forcing, lr=0.01)
    models, histories = [], []
    for caller in (1, 2):
        torch.manual_seed(caller)  # of no consequence
        models.append(small_model(dropout=0.3))
        histories.append(fit(models[-1], PAIRS, PAIRS, config))
    assert torch.equal(weights_of(models[0]), weights_of(models[1]))
    assert histories[0] == histories[1]


@pytest.mark.parametrize(
    "options", [{"dropout": 0.3}, {"teacher_forcing": 0.5}, {"batch_size": 2}], ids=str
)
def test_the_seed_decides_dropout_coins_and_shuffles(options):
    options = {"dropout": 0.0, "batch_size": 8, "teacher_forcing": 1.0} | options
    dropout = options.pop("dropout")
    models = [small_model(dropout=dropout) for _ in range(2)]
    for seed, model in enumerate(models):
        fit(model, PAIRS, PAIRS, TrainConfig(epochs=3, lr=0.01, seed=seed, **options))
    assert not torch.equal(weights_of(models[0]), weights_of(models[1]))


def test_the_callers_random_state_is_untouched():
    before = torch.get_rng_state(), random.getstate()
    fit(small_model(dropout=0.3), PAIRS, PAIRS, TrainConfig(epochs=1, teacher_forcing=0.5))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]


def test_the_callers_random_state_is_untouched_after_an_error():
    model, before = small_model(dropout=0.3), torch.get_rng_state()
    torch.nn.init.constant_(model.decoder.output.bias, float("nan"))
    with pytest.raises(FloatingPointError):
        fit(model, PAIRS, PAIRS, TrainConfig(epochs=1))
    assert torch.equal(torch.get_rng_state(), before)


def test_the_order_of_the_pairs_is_shuffled_by_epoch_not_changed_in_place():
    pairs = list(PAIRS)
    fit(small_model(), pairs, pairs, TrainConfig(epochs=2, batch_size=2))
    assert pairs == PAIRS


@pytest.mark.parametrize("rule", ["copy", "reverse"])
def test_learns_a_rule_that_holds_for_new_strings(rule):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Seq2Seq(
            Encoder(9, 16, 32, bidirectional=True), BahdanauDecoder(9, 16, 32, memory_size=64)
        )
    turn = {"copy": 1, "reverse": -1}[rule]
    new = {tuple(s) for s in strings(50, seed=1)}
    train = [s for s in strings(1500, seed=0) if tuple(s) not in new]
    pairs = [[(s, list(s)[::turn]) for s in part] for part in (train, sorted(new))]
    history = fit(model, *pairs, TrainConfig(epochs=8, batch_size=32, lr=0.01))
    assert exactly_right(model, pairs[1]) >= 0.9
    assert history.valid_perplexity[-1] < 1.05 < history.valid_perplexity[0]


@pytest.mark.parametrize("kind", DECODERS)
def test_overfits_eight_pairs_that_greedy_search_then_reproduces(kind):
    pairs = list(zip(strings(8, seed=3), strings(8, seed=4), strict=True))
    assert len({tuple(src) for src, _ in pairs}) == 8
    model = small_model(kind=kind, hidden_size=32, embed_size=16)
    history = fit(model, pairs, pairs, TrainConfig(epochs=150, batch_size=8, lr=0.02))
    assert len(history.loss) == 150
    assert history.valid_loss[-1] < 0.05
    assert exactly_right(model, pairs) == 1.0


def test_history_has_a_loss_a_step_and_a_validation_an_epoch():
    history = fit(small_model(), PAIRS, PAIRS[:2], TrainConfig(epochs=3, batch_size=2))
    assert len(history.loss) == len(history.gradient_norm) == 9
    assert len(history.valid_loss) == len(history.valid_perplexity) == 3


def test_the_first_loss_is_the_mean_over_the_batchs_tokens():
    model = small_model()
    batch = collate(PAIRS)
    nll, tokens = masked_cross_entropy(model(batch), batch.tgt_out, batch.tgt_mask)
    (nll / tokens).backward()
    norm = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None]).norm()
    history = fit(model, PAIRS, PAIRS, TrainConfig(epochs=1))
    assert history.loss[0] == pytest.approx(nll.item() / tokens, abs=1e-6)
    assert history.gradient_norm[0] == pytest.approx(norm.item(), rel=1e-5)


def test_validation_is_unsmoothed_teacher_forced_and_without_dropout():
    model = small_model(dropout=0.5)
    config = TrainConfig(epochs=2, teacher_forcing=0.3, label_smoothing=0.2, batch_size=2)
    history = fit(model, PAIRS, PAIRS, config)
    total, count = 0.0, 0
    for src, tgt in PAIRS:
        batch = collate([(src, tgt)])
        log_probs = model(batch).log_softmax(-1)
        total -= sum(log_probs[0, t, token].item() for t, token in enumerate([*tgt, 2]))
        count += len(tgt) + 1
    assert history.valid_loss[-1] == pytest.approx(total / count, abs=1e-6)
    assert history.valid_perplexity[-1] == pytest.approx(perplexity(total, count), abs=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_evaluate_leaves_weights_mode_and_random_state_alone(training):
    model = small_model(dropout=0.5).train(training)
    weights, state = weights_of(model), torch.get_rng_state()
    results = [evaluate(model, PAIRS, batch_size=size) for size in (1, 2, 100)]
    assert model.training is model.decoder.training is training
    assert torch.equal(weights_of(model), weights)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(p.grad is None for p in model.parameters())
    assert [tokens for _, tokens in results] == [13] * 3
    assert [nll for nll, _ in results] == pytest.approx([results[0][0]] * 3, abs=1e-4)


def test_no_epoch_leaves_an_untrained_model_and_an_empty_history():
    model = small_model()
    weights = weights_of(model)
    assert fit(model, PAIRS, PAIRS, TrainConfig(epochs=0)) == History()
    assert torch.equal(weights_of(model), weights)
    assert not model.training


def test_leaves_the_model_in_eval_mode():
    model = small_model(dropout=0.3).train()
    fit(model, PAIRS, PAIRS, TrainConfig(epochs=1))
    assert not any(module.training for module in model.modules())


def test_one_step_is_adam_on_the_clipped_gradient():
    config = TrainConfig(epochs=1, lr=0.01, max_norm=0.05)
    ours, theirs = small_model(), small_model()
    history = fit(ours, PAIRS, PAIRS, config)
    batch = collate(PAIRS)
    optimizer = torch.optim.Adam(theirs.parameters(), lr=0.01)
    nll, tokens = masked_cross_entropy(theirs(batch), batch.tgt_out, batch.tgt_mask)
    (nll / tokens).backward()
    norm = torch.nn.utils.clip_grad_norm_(theirs.parameters(), 0.05)
    assert history.gradient_norm == [pytest.approx(norm.item(), rel=1e-5)]
    assert norm > 0.05
    optimizer.step()
    torch.testing.assert_close(weights_of(ours), weights_of(theirs), rtol=0, atol=1e-5)


def test_the_learning_rate_falls_in_a_straight_line(monkeypatch):
    rates = []
    step = torch.optim.Adam.step

    def spy(self, *arguments):
        rates.append(self.param_groups[0]["lr"])
        return step(self, *arguments)

    monkeypatch.setattr(torch.optim.Adam, "step", spy)
    fit(small_model(), PAIRS, PAIRS, TrainConfig(epochs=2, batch_size=3, lr=0.1))
    assert rates == pytest.approx([0.1, 0.075, 0.05, 0.025])


def test_a_nan_stops_training_with_place_and_weights_as_before():
    model = small_model()
    with torch.no_grad():
        model.decoder.embedding.table.weight[8] = float("nan")
    weights = weights_of(model)
    place = r"the loss is nan \(epoch 1, step 1, lr 0.5\); the weights are as before this step"
    with pytest.raises(FloatingPointError, match=place):
        fit(model, [([4], [8])], PAIRS, TrainConfig(epochs=1, lr=0.5))
    torch.testing.assert_close(weights_of(model), weights, rtol=0, atol=0, equal_nan=True)


def test_a_loss_that_is_infinite_stops_training_though_its_gradient_is_finite():
    model = small_model()
    with torch.no_grad():
        model.decoder.output.bias[5] = -float("inf")
    weights = weights_of(model)
    with pytest.raises(FloatingPointError, match=r"the loss is inf \(epoch 1, step 1, "):
        fit(model, [([4], [5])], PAIRS, TrainConfig(epochs=1))
    assert torch.equal(weights_of(model), weights)


def test_a_gradient_that_is_not_finite_stops_training_though_its_loss_is():
    model = small_model()
    weights = weights_of(model)
    model.decoder.output.bias.register_hook(lambda gradient: gradient * float("inf"))
    with pytest.raises(
        FloatingPointError, match=r"norm .* is (inf|nan) \(epoch 1, step 1, .*loss 2"
    ):
        fit(model, PAIRS, PAIRS, TrainConfig(epochs=1))
    assert torch.equal(weights_of(model), weights)


def test_training_that_diverges_late_names_its_epoch_and_step(monkeypatch):
    calls = []

    def loss(*arguments, **options):
        calls.append(None)
        nll, tokens = masked_cross_entropy(*arguments, **options)
        return nll * (float("nan") if len(calls) == 4 else 1.0), tokens

    monkeypatch.setattr("seq2seq_tutor.training.run.masked_cross_entropy", loss)
    with pytest.raises(FloatingPointError, match="epoch 2, step 4, lr "):
        fit(small_model(), PAIRS, PAIRS[:1], TrainConfig(epochs=3, batch_size=2))


@pytest.mark.parametrize(
    ("train", "valid", "message"),
    [
        ([], PAIRS, "train is empty"),
        (PAIRS, [], "valid is empty"),
        ([*PAIRS, ([9], [4])], PAIRS, r"train\[5\] has id 9 in its source.*vocab_size=9"),
        (PAIRS, [([4], [5, 99])], r"valid\[0\] has id 99 in its target.*vocab_size=9"),
        ([([4], [-1])], PAIRS, "id 0 in the target of pair 0 is -1"),
        ([([4, 2], [4])], PAIRS, "id 1 in the source of pair 0 is 2"),
        (PAIRS, [([4, 2], [4])], "id 1 in the source of pair 0 is 2"),
        (PAIRS, [([4], [-1])], "id 0 in the target of pair 0 is -1"),
    ],
)
def test_refuses_data_the_model_cannot_read_before_it_learns(train, valid, message):
    model = small_model()
    weights = weights_of(model)
    with pytest.raises(ValueError, match=message):
        fit(model, train, valid, TrainConfig(epochs=1))
    assert torch.equal(weights_of(model), weights)


def test_evaluate_refuses_what_fit_refuses():
    with pytest.raises(ValueError, match="pairs is empty"):
        evaluate(small_model(), [])
    with pytest.raises(ValueError, match=r"pairs\[0\] has id 9 in its target"):
        evaluate(small_model(), [([4], [9])])


def test_progress_is_silent_unless_asked_for(capfd):
    fit(small_model(), PAIRS, PAIRS, TrainConfig(epochs=1))
    assert capfd.readouterr() == ("", "")
    fit(small_model(), PAIRS, PAIRS, TrainConfig(epochs=1), progress=True)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "epoch 1" in captured.err


def with_gradients(*values):
    parameters = []
    for value in values:
        parameter = torch.zeros_like(torch.tensor(value), requires_grad=True)
        parameter.grad = torch.tensor(value)
        parameters.append(parameter)
    return parameters


@pytest.mark.parametrize("max_norm", [0.5, 5.0, 13.0, 100.0])
def test_clipping_is_torchs(max_norm):
    ours, theirs = (with_gradients([3.0, 4.0], [[0.0], [12.0]]) for _ in range(2))
    norm = clip_gradients(ours, max_norm)
    assert norm == pytest.approx(float(torch.nn.utils.clip_grad_norm_(theirs, max_norm)))
    assert norm == pytest.approx(13.0)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine.grad, other.grad, rtol=1e-5, atol=0)


def test_gradients_below_the_norm_stay_bit_for_bit():
    parameters = with_gradients([0.3, 0.4])
    clip_gradients(parameters, 0.6)
    assert torch.equal(parameters[0].grad, torch.tensor([0.3, 0.4]))


def test_parameters_without_a_gradient_and_generators_are_fine():
    parameters = [torch.zeros(3, requires_grad=True), *with_gradients([6.0, 8.0])]
    assert clip_gradients((p for p in parameters), 5.0) == pytest.approx(10.0)
    torch.testing.assert_close(parameters[1].grad, torch.tensor([3.0, 4.0]))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_clipping_refuses_gradients_that_are_not_finite_and_leaves_them(bad):
    parameters = with_gradients([3.0, 4.0], [bad])
    with pytest.raises(FloatingPointError, match=f"norm of the gradients is {bad}"):
        clip_gradients(parameters, 1.0)
    assert torch.equal(parameters[0].grad, torch.tensor([3.0, 4.0]))


def test_clipping_needs_a_gradient():
    with pytest.raises(ValueError, match="no parameter has a gradient"):
        clip_gradients([torch.zeros(2, requires_grad=True)], 1.0)


@pytest.mark.parametrize("max_norm", [0.0, -1.0, float("nan")])
def test_clipping_refuses_a_norm_that_is_not_positive(max_norm):
    with pytest.raises(ValueError, match="max_norm must be"):
        clip_gradients(with_gradients([1.0]), max_norm)


@pytest.mark.parametrize("make", [Decoder, LuongDecoder, BahdanauDecoder])
def test_dropout_with_one_layer_trains_without_a_warning(make):
    model = Seq2Seq(Encoder(9, 4, 4, dropout=0.2), make(9, 4, 4, dropout=0.2))
    assert len(fit(model, PAIRS, PAIRS, TrainConfig(epochs=1)).loss) == 1


def test_clipping_at_infinity_measures_and_changes_nothing():
    parameters = with_gradients([3.0, 4.0])
    assert clip_gradients(parameters, float("inf")) == pytest.approx(5.0)
    assert [p.grad.tolist() for p in parameters] == [
        p.grad.tolist() for p in with_gradients([3.0, 4.0])
    ]


def test_a_single_tensor_can_be_clipped():
    weight = torch.zeros(2, requires_grad=True)
    weight.grad = torch.tensor([3.0, 4.0])
    assert clip_gradients(weight, 1.0) == pytest.approx(5.0)
    assert weight.grad.norm().item() == pytest.approx(1.0)


def test_a_validation_loss_that_is_not_finite_stops_training_and_says_where():
    model = small_model()
    with pytest.raises(FloatingPointError, match=r"validation loss is (nan|inf) \(epoch 1, step 1"):
        fit(model, PAIRS, PAIRS, TrainConfig(epochs=3, batch_size=len(PAIRS), lr=1e37))
    assert not model.training


def test_pairs_may_come_from_an_iterator():
    sources, targets = zip(*PAIRS, strict=True)
    once, again = small_model(), small_model()
    again.load_state_dict(once.state_dict())
    fit(once, PAIRS, PAIRS, TrainConfig(epochs=1))
    fit(again, zip(sources, targets, strict=True), iter(PAIRS), TrainConfig(epochs=1))
    assert all(map(torch.equal, once.state_dict().values(), again.state_dict().values()))


def test_fit_refuses_what_is_no_seq2seq():
    with pytest.raises(TypeError, match="fit trains a Seq2Seq, got Linear"):
        fit(torch.nn.Linear(2, 2), PAIRS, PAIRS, TrainConfig(epochs=1))


# What is learnt from TRAIN is wrong for VALID after a few epochs: the loss there falls, then rises.
TRAIN = list(zip(strings(12, seed=0), strings(12, seed=1), strict=True))
VALID = list(zip(strings(12, seed=2), strings(12, seed=3), strict=True))


def weights_after_each_epoch(monkeypatch, config):
    """Train; give the weights as they were when each validation began, at the end, and the rest."""
    snapshots = []
    real = run.sum_nll

    def spy(model, of):
        snapshots.append(weights_of(model))
        return real(model, of)

    model = small_model(dropout=0.2)
    with monkeypatch.context() as patch:
        patch.setattr(run, "sum_nll", spy)
        history = fit(model, TRAIN, VALID, config)
    return snapshots, weights_of(model), history


@pytest.mark.parametrize("patience", [1, 2, 3, 100])
def test_patience_gives_the_best_epochs_weights_and_stops_in_time(monkeypatch, patience):
    options = {"epochs": 16, "batch_size": 6, "lr": 0.03, "lr_schedule": "constant"}
    every, last, free = weights_after_each_epoch(monkeypatch, TrainConfig(**options))
    best = free.best_epoch
    assert 1 < best < 16 - 3
    assert torch.equal(last, every[-1])
    snapshots, kept, history = weights_after_each_epoch(
        monkeypatch, TrainConfig(**options, patience=patience)
    )
    waits = [epoch - history.best_epoch for epoch in (len(history.valid_loss),)]
    assert waits == [patience] if patience < 100 else len(history.valid_loss) == 16
    assert history.valid_loss == free.valid_loss[: len(snapshots)]
    assert torch.equal(kept, every[history.best_epoch - 1])
    assert not torch.equal(kept, snapshots[-1])
    if patience == 100:
        assert history.best_epoch == best


@pytest.mark.parametrize("last", [1, 2, 3, 5, 9])
def test_the_average_is_the_mean_of_the_last_epochs_weights(monkeypatch, last):
    config = TrainConfig(epochs=5, batch_size=4, lr=0.03, average_last=last)
    snapshots, found, history = weights_after_each_epoch(monkeypatch, config)
    assert len(snapshots) == len(history.valid_loss) == 5
    mean = torch.stack(snapshots[-last:]).double().mean(dim=0)
    torch.testing.assert_close(found.double(), mean, rtol=0, atol=1e-6)
    if last > 1:
        assert (found - snapshots[-1]).abs().max() > 1e-4


def test_the_schedule_of_teacher_forcing_reaches_the_model(monkeypatch):
    seen = []
    forward = Seq2Seq.forward

    def spy(self, batch, *, teacher_forcing=1.0, generator=None):
        seen.append((self.training, teacher_forcing))
        return forward(self, batch, teacher_forcing=teacher_forcing, generator=generator)

    monkeypatch.setattr(Seq2Seq, "forward", spy)
    config = TrainConfig(
        epochs=2, batch_size=3, teacher_forcing=1.0, teacher_forcing_end=0.2, warmup=0.5
    )
    fit(small_model(), PAIRS, PAIRS, config)
    assert [p for training, p in seen if training] == pytest.approx([1.0, 0.8, 0.6, 0.4])
    assert {p for training, p in seen if not training} == {1.0}


def test_the_bar_is_silenced_by_the_environment():
    program = (
        "from seq2seq_tutor.training import TrainConfig, fit\n"
        "from tests.training.small import PAIRS, small_model\n"
        "fit(small_model(), PAIRS, PAIRS, TrainConfig(epochs=1), progress=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"TQDM_DISABLE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize(("batch_size", "steps"), [(1, 5), (2, 3), (4, 2), (5, 1), (99, 1)])
def test_batches_of_one_last_ones_of_one_and_larger_than_the_data_all_train(batch_size, steps):
    model = small_model(kind="luong_feeding", bidirectional=True)
    history = fit(model, PAIRS, PAIRS[:1], TrainConfig(epochs=1, batch_size=batch_size))
    assert len(history.loss) == steps
    assert 0 <= exactly_right(model, PAIRS[:1]) <= 1
    assert evaluate(model, PAIRS, batch_size=batch_size) == pytest.approx(evaluate(model, PAIRS))


def test_a_batch_of_empty_targets_trains_on_their_eos():
    model, empty = small_model(), [([4], []), ([], [])]
    history = fit(model, empty, empty, TrainConfig(epochs=40, batch_size=2, lr=0.1))
    assert evaluate(model, empty)[1] == 2
    assert history.loss[-1] < 0.1 < history.loss[0]


def test_a_gpu_without_memory_stops_training_says_where_and_changes_nothing(monkeypatch):
    def full(*arguments, **options):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    model = small_model()
    weights = weights_of(model)
    monkeypatch.setattr("seq2seq_tutor.training.run.masked_cross_entropy", full)
    message = (
        r"no memory left for a batch of 5 sentences of up to 4 and 4 tokens \(epoch 1, step 1\); "
        "lower batch_size"
    )
    with pytest.raises(MemoryError, match=message):
        fit(model, PAIRS, PAIRS, TrainConfig(epochs=1))
    assert torch.equal(weights_of(model), weights)
    assert not model.training


def test_a_nan_in_the_second_epoch_leaves_the_checkpoint_of_the_first(monkeypatch, tmp_path):
    calls = []

    def loss(*arguments, **options):
        calls.append(None)
        nll, tokens = masked_cross_entropy(*arguments, **options)
        return nll * (float("nan") if len(calls) == 2 else 1.0), tokens

    monkeypatch.setattr("seq2seq_tutor.training.run.masked_cross_entropy", loss)
    with pytest.raises(FloatingPointError, match="epoch 2, step 2, lr "):
        fit(small_model(), PAIRS, PAIRS, TrainConfig(epochs=3), folder=tmp_path / "model")
    saved = load_checkpoint(tmp_path / "model")
    assert saved.training.epoch == 1
    assert weights_of(saved.model).isfinite().all()
