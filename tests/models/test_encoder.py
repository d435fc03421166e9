import pytest
import torch

from seq2seq_tutor.models import Encoder

from ..networks import CELLS, SRC_VOCAB, gradients, one, random_batch, widen

BATCH = random_batch(5)


SHAPES = [(1, False, "last"), (2, True, "last"), (2, False, "mapped"), (1, True, "mean")]


def new_encoder(cell, layers, two_ways, summary):
    options = {"num_layers": layers, "bidirectional": two_ways, "dropout": 0.3}
    return Encoder(SRC_VOCAB, 3, 4, cell=cell, summary=summary, **options).double().eval()


@pytest.fixture(params=[(cell, *shape) for cell in CELLS for shape in SHAPES], ids=str)
def encoder(request):
    return new_encoder(*request.param)


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
    encoded = encoder(BATCH.src, BATCH.src_lengths)
    (encoded.outputs.square().sum() + sum(m.square().sum() for m in encoded.state)).backward()
    assert all(g.any() for g in gradients(encoder).values())


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_the_last_state_is_the_outputs_at_both_ends(cell, layers):
    encoder = new_encoder(cell, layers, two_ways=True, summary="last")
    encoded = encoder(BATCH.src, BATCH.src_lengths)
    ends = encoded.outputs[torch.arange(len(BATCH)), BATCH.src_lengths - 1]
    top = encoded.state[0][-1]
    close(top[:, :4], ends[:, :4])
    close(top[:, 4:], encoded.outputs[:, 0, 4:])
    assert encoded.outputs.shape[-1] == encoder.output_size == top.shape[-1]


@pytest.mark.parametrize("summary", ["mapped", "mean"])
@pytest.mark.parametrize("cell", CELLS)
def test_the_summary_is_a_map_of_each_sentence_read_alone(cell, summary):
    encoder = new_encoder(cell, 2, two_ways=True, summary=summary)
    state = encoder(BATCH.src, BATCH.src_lengths).state
    maps = iter(encoder.maps.maps)
    weights = [[next(maps) for _ in range(2)] for _ in state]  # member, layer
    for row in range(len(BATCH)):
        single = one(BATCH, row)
        outputs, last = encoder.recurrent(encoder.embedding(single.src))
        for member, own_maps in enumerate(weights):
            for layer, affine in enumerate(own_maps):
                read = outputs[0].mean(dim=0) if summary == "mean" else last[member][layer, 0]
                mapped = read @ affine.weight.T + affine.bias
                close(state[member][layer, row], mapped if member else mapped.tanh())


def test_the_mask_marks_the_real_tokens(encoder):
    encoded = encoder(BATCH.src, BATCH.src_lengths)
    assert encoded.mask.dtype == torch.bool
    assert torch.equal(encoded.mask, BATCH.src != 0)


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([4, 3], r"lengths\[0\] is 4, but the batch has 1 to 3"),  # torch packs this without a word
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
        ({"summary": "max"}, "summary must be one of last, mapped, mean; got 'max'"),
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
