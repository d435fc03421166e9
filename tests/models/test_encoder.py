import pytest
import torch

from seq2seq_tutor.models import Encoder

from ..networks import CELLS, SRC_VOCAB, gradients, one, random_batch, widen

BATCH = random_batch(5)


@pytest.fixture(params=[(c, n, b) for c in CELLS for n, b in ((1, False), (2, True))], ids=str)
def encoder(request):
    cell, layers, two_ways = request.param
    options = {"num_layers": layers, "bidirectional": two_ways, "dropout": 0.3}
    return Encoder(SRC_VOCAB, 3, 4, cell=cell, **options).double().eval()


def close(first, second):
    torch.testing.assert_close(first, second, rtol=0, atol=1e-12)


@pytest.mark.parametrize("filler", [0, 7])
def test_extra_columns_change_nothing_whatever_they_hold(encoder, filler):
    narrow = encoder(BATCH.src, BATCH.src_lengths)
    wide = encoder(widen(BATCH, src=3, src_filler=filler).src, BATCH.src_lengths)
    width = BATCH.src.shape[1]
    close(wide.outputs[:, :width], narrow.outputs)
    close(wide.state, narrow.state)
    assert torch.equal(wide.mask[:, :width], narrow.mask)
    assert not wide.mask[:, width:].any()
    assert (wide.outputs[:, width:] == 0).all()


def test_a_sentence_does_not_depend_on_its_companions(encoder):
    together = encoder(BATCH.src, BATCH.src_lengths)
    for row in range(len(BATCH)):
        single = one(BATCH, row)
        alone = encoder(single.src, single.src_lengths)
        close(together.outputs[row][together.mask[row]], alone.outputs[0])
        close(tuple(m[:, row] for m in together.state), tuple(m[:, 0] for m in alone.state))


def test_extra_columns_change_no_gradient(encoder):
    results = []
    for batch in (BATCH, widen(BATCH, src=3, src_filler=7)):
        encoder.zero_grad()
        encoded = encoder(batch.src, batch.src_lengths)
        (encoded.outputs.square().sum() + encoded.state[0].sum()).backward()
        results.append(gradients(encoder))
    close(results[0], results[1])


def test_every_parameter_gets_a_gradient(encoder):
    encoder(BATCH.src, BATCH.src_lengths).outputs.square().sum().backward()
    assert all(g.any() for g in gradients(encoder).values())


def test_the_state_is_the_outputs_at_both_ends(encoder):
    encoded = encoder(BATCH.src, BATCH.src_lengths)
    ends = encoded.outputs[torch.arange(len(BATCH)), BATCH.src_lengths - 1]
    top = encoded.state[0][-1]
    close(top[:, :4], ends[:, :4])
    close(top[:, 4:], encoded.outputs[:, 0, 4:])
    assert encoded.outputs.shape[-1] == encoder.output_size == top.shape[-1]


def test_the_mask_marks_the_real_tokens(encoder):
    encoded = encoder(BATCH.src, BATCH.src_lengths)
    assert encoded.mask.dtype == torch.bool
    assert torch.equal(encoded.mask, BATCH.src != 0)


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([4, 3], r"lengths\[0\] is 4, but src has 1 to 3"),  # torch packs this without a word
        ([3, 0], r"lengths\[1\] is 0"),
        ([3, -1], r"lengths\[1\] is -1"),
        ([3], r"lengths must be \(2,\), one a sentence, got \(1,\)"),
        ([[3, 2]], r"lengths must be \(2,\), one a sentence, got \(1, 2\)"),
    ],
)
def test_refuses_lengths_that_do_not_fit(lengths, message):
    with pytest.raises(ValueError, match=message):
        Encoder(9, 3, 4)(torch.tensor([[5, 6, 2], [7, 2, 0]]), torch.tensor(lengths))


def test_refuses_a_source_that_is_no_batch():
    with pytest.raises(ValueError, match=r"src must be \(B, S\), got \(3,\)"):
        Encoder(9, 3, 4)(torch.tensor([5, 6, 2]), torch.tensor([3]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "GRU"}, "cell must be one of rnn, gru, lstm; got 'GRU'"),
        ({"num_layers": 0}, "num_layers must be at least 1"),
        ({"dropout": 1.0}, "dropout must be below 1"),
    ],
)
def test_refuses_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        Encoder(9, 3, 4, **options)


def test_dropout_with_one_layer_acts_and_warns_of_nothing():
    encoder = Encoder(9, 50, 4, dropout=0.5)
    first, second = (encoder(BATCH.src, BATCH.src_lengths).outputs for _ in range(2))
    assert not torch.equal(first, second)


def test_lengths_may_be_a_list_and_must_be_whole():
    encoder, src = Encoder(10, 3, 4), torch.tensor([[5, 6, 2], [7, 2, 0]])
    listed, tensor = encoder(src, [3, 2]), encoder(src, torch.tensor([3, 2]))
    assert torch.equal(listed.outputs, tensor.outputs)
    with pytest.raises(TypeError, match="lengths must be integers, got torch.float32"):
        encoder(src, torch.tensor([3.0, 2.5]))
