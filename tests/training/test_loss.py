import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from seq2seq_tutor.metrics import perplexity
from seq2seq_tutor.training import masked_cross_entropy

MASK = torch.tensor([[True, True, False], [True, False, False]])
TARGETS = torch.tensor([[4, 2, 0], [2, 0, 0]])


def random_logits(vocab_size=6, *, seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(2, 3, vocab_size, generator=generator, dtype=torch.float64)
    return logits.requires_grad_()


def test_joeynmts_numbers():
    probabilities = torch.full((3, 2, 5), 0.1, dtype=torch.float64)
    probabilities[:, :, 2] = 0.6
    targets = torch.tensor([[2, 1], [2, 0], [1, 0]])
    nll, tokens = masked_cross_entropy(probabilities.log(), targets, targets != 0)
    assert tokens == 4
    assert nll.item() == pytest.approx(5.626821, abs=1e-6)
    assert perplexity(nll.item(), tokens) == pytest.approx(1 / math.sqrt(0.06), abs=1e-9)


@pytest.mark.parametrize("length", [1, 10, 100])
def test_uniform_logits_lose_log_v_a_token_at_any_length(length):
    mask = torch.arange(100).expand(1, 100) < length
    targets = torch.full((1, 100), 4)
    nll, tokens = masked_cross_entropy(torch.zeros(1, 100, 7), targets, mask)
    assert tokens == length
    assert nll.item() / tokens == pytest.approx(math.log(7), abs=1e-6)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 0.9])
def test_equals_torch_on_the_real_tokens(label_smoothing):
    logits = random_logits()
    nll, tokens = masked_cross_entropy(logits, TARGETS, MASK, label_smoothing=label_smoothing)
    expected = cross_entropy(
        logits.transpose(1, 2),
        TARGETS.masked_fill(~MASK, -100),
        reduction="sum",
        label_smoothing=label_smoothing,
    )
    ours, theirs = (torch.autograd.grad(loss, logits)[0] for loss in (nll, expected))
    torch.testing.assert_close(nll, expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)
    assert tokens == 3


def test_label_smoothing_gives_every_token_its_share():
    logits, e = random_logits(), 0.3
    log_probs = logits.log_softmax(-1)
    target = torch.nn.functional.one_hot(TARGETS, 6).double() * (1 - e) + e / 6
    expected = -(target * log_probs).sum(-1)[MASK].sum()
    nll, _ = masked_cross_entropy(logits, TARGETS, MASK, label_smoothing=e)
    torch.testing.assert_close(nll, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("junk", [float("nan"), float("inf"), -float("inf"), 1e30])
def test_masked_logits_change_nothing_and_get_no_gradient(junk):
    clean = random_logits()
    dirty = clean.detach().clone()
    dirty[~MASK] = junk
    dirty.requires_grad_()
    losses = [masked_cross_entropy(logits, TARGETS, MASK)[0] for logits in (clean, dirty)]
    grads = [torch.autograd.grad(*pair)[0] for pair in zip(losses, (clean, dirty), strict=True)]
    assert torch.equal(losses[0], losses[1])
    assert torch.equal(grads[0], grads[1])
    assert (grads[1][~MASK] == 0).all()
    assert grads[1][MASK].any(dim=-1).all()


def test_the_mask_decides_and_not_the_target():
    logits, everything = random_logits(), torch.ones_like(MASK)
    nll, tokens = masked_cross_entropy(logits, TARGETS, everything)
    torch.testing.assert_close(
        nll, cross_entropy(logits.flatten(0, 1), TARGETS.flatten(), reduction="sum")
    )
    assert tokens == 6


def test_a_batch_is_the_sum_of_its_rows():
    logits = random_logits()
    whole = masked_cross_entropy(logits, TARGETS, MASK)
    rows = [masked_cross_entropy(logits[b], TARGETS[b], MASK[b]) for b in range(2)]
    torch.testing.assert_close(whole[0], rows[0][0] + rows[1][0])
    assert whole[1] == rows[0][1] + rows[1][1]


@pytest.mark.parametrize("label_smoothing", [0.0, 0.2])
def test_gradcheck(label_smoothing):
    def loss(logits):
        return masked_cross_entropy(logits, TARGETS, MASK, label_smoothing=label_smoothing)[0]

    assert torch.autograd.gradcheck(loss, (random_logits(),))


def test_a_table_that_knows_the_next_token_loses_nothing():
    logits = torch.nn.functional.one_hot(TARGETS, 6) * 1000.0
    assert masked_cross_entropy(logits, TARGETS, MASK)[0] == 0
    shifted = logits.roll(1, dims=1)
    assert masked_cross_entropy(shifted, TARGETS, MASK)[0] > 100


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"mask": torch.zeros(2, 3, dtype=torch.bool)}, ValueError, "mask has no True"),
        ({"mask": MASK.long()}, TypeError, "mask must be bool.*got torch.int64"),
        ({"mask": MASK[:, :2]}, ValueError, r"got \(2, 3, 6\), \(2, 3\) and \(2, 2\)"),
        ({"targets": TARGETS.T}, ValueError, r"got \(2, 3, 6\), \(3, 2\) and \(2, 3\)"),
        ({"label_smoothing": 1.0}, ValueError, "label_smoothing must be below 1.*, got 1.0"),
        ({"label_smoothing": -0.1}, ValueError, "label_smoothing must be at least 0"),
        ({"label_smoothing": True}, TypeError, "label_smoothing must be a number, got True"),
    ],
)
def test_refuses(change, error, message):
    arguments = {"logits": random_logits(), "targets": TARGETS, "mask": MASK} | change
    with pytest.raises(error, match=message):
        masked_cross_entropy(**arguments)


def test_half_precision_sums_in_single():
    logits = torch.zeros(1, 40_000, 8, dtype=torch.float16)
    targets = torch.full((1, 40_000), 5)
    nll, tokens = masked_cross_entropy(logits, targets, targets > 0)
    assert nll.item() / tokens == pytest.approx(math.log(8), rel=1e-4)
