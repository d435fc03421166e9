import pytest
import torch

from seq2seq_tutor.data import Batch
from seq2seq_tutor.models import BahdanauDecoder, Bridge, Decoder, Encoder, LuongDecoder, Seq2Seq
from seq2seq_tutor.training import masked_cross_entropy

from ..networks import CELLS, DECODERS, TGT_VOCAB, gradients, network, one, random_batch, widen

BATCH = random_batch(3)
EVERY = pytest.mark.parametrize("kind", DECODERS)


def close(first, second, atol=1e-12):
    torch.testing.assert_close(first, second, rtol=0, atol=atol)


def with_target(batch, tgt_in):
    return Batch(batch.src, batch.src_lengths, tgt_in, batch.tgt_out)


def own_tokens(model, batch, use_reference):
    """Decode token by token in plain Python, choosing what is fed as the docstring says."""
    state, fed, logits = model.start(batch.src, batch.src_lengths), [], []
    for t in range(batch.tgt_in.shape[1]):
        prev = [
            int(batch.tgt_in[b, t])
            if t == 0 or use_reference[b, t]
            else int(logits[-1][b].argmax())
            for b in range(len(batch))
        ]
        fed.append(prev)
        output = model.step(torch.tensor(prev), state)
        logits.append(output.logits)
        state = output.state
    return torch.stack(logits, 1), torch.tensor(fed).T


@EVERY
@pytest.mark.parametrize("cell", CELLS)
def test_always_true_is_full_teacher_forcing(kind, cell):
    model = network(kind, cell=cell, num_layers=2)
    everywhere = torch.ones_like(BATCH.tgt_in, dtype=torch.bool)
    close(model(BATCH, teacher_forcing=everywhere), model(BATCH), 1e-10)


@EVERY
def test_without_teacher_forcing_nothing_of_the_gold_but_bos_is_read(kind):
    model = network(kind)
    garbage = BATCH.tgt_in.clone()
    garbage[:, 1:] = torch.randint(0, TGT_VOCAB, garbage[:, 1:].shape)
    free = model(BATCH, teacher_forcing=0.0)
    assert torch.equal(model(with_target(BATCH, garbage), teacher_forcing=0.0), free)
    assert torch.equal(model(BATCH, teacher_forcing=0.0), free)
    assert not torch.equal(model(BATCH), model(with_target(BATCH, garbage)))


@EVERY
def test_each_step_is_fed_the_reference_where_the_tensor_is_true(kind):
    model = network(kind)
    mask = torch.rand(BATCH.tgt_in.shape) < 0.5
    expected, fed = own_tokens(model, BATCH, mask)
    close(model(BATCH, teacher_forcing=mask), expected)
    assert (fed != BATCH.tgt_in).any()


def test_own_tokens_are_fed_after_eos_too():
    model = network("initial")
    with torch.no_grad():
        model.decoder.output.bias[2] += 100.0  # nothing but EOS
    mask = torch.zeros_like(BATCH.tgt_in, dtype=torch.bool)
    expected, fed = own_tokens(model, BATCH, mask)
    assert (fed[:, 1:] == 2).all()
    close(model(BATCH, teacher_forcing=0.0), expected)


def test_constant_rows_decide_for_a_whole_sentence():
    model = network("bahdanau")
    rows = torch.tensor([True, False, True])
    logits = model(BATCH, teacher_forcing=rows.unsqueeze(1).expand_as(BATCH.tgt_in))
    close(logits[rows], model(BATCH)[rows])
    close(logits[~rows], model(BATCH, teacher_forcing=0.0)[~rows])


@pytest.mark.parametrize("teacher_forcing", [0.0, 0.5, 1.0])
def test_coins_come_from_the_generator_alone(teacher_forcing):
    model, batch = network("luong"), random_batch(6)
    before = torch.get_rng_state()
    runs = [
        model(
            batch,
            teacher_forcing=teacher_forcing,
            generator=torch.Generator().manual_seed(seed),
        )
        for seed in (1, 1, 2)
    ]
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(runs[0], runs[1])
    assert torch.equal(runs[0], runs[2]) == (teacher_forcing != 0.5)


def test_coins_are_thrown_per_token():
    model, batch = network("initial"), random_batch(4)
    generator = torch.Generator().manual_seed(5)
    logits = model(batch, teacher_forcing=0.7, generator=generator)
    coins = torch.rand(batch.tgt_in.shape, generator=torch.Generator().manual_seed(5)) < 0.7
    assert 0 < coins[:, 1:].sum() < coins[:, 1:].numel()
    close(logits, own_tokens(model, batch, coins)[0])


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (1.1, ValueError, "teacher_forcing .*at most 1.*, got 1.1"),
        (-0.1, ValueError, "teacher_forcing must be at least 0.*, got -0.1"),
        (float("nan"), ValueError, "teacher_forcing must be finite, got nan"),
        ("1", TypeError, "teacher_forcing must be a number, got '1'"),
        (torch.ones(3, 6), ValueError, "must be bool .*, got torch.float32"),
        (torch.ones(3, dtype=torch.bool), ValueError, r"must be bool \(3, 6\), got .*\(3,\)"),
        (torch.ones(6, 3, dtype=torch.bool), ValueError, r"must be bool \(3, 6\)"),
    ],
)
def test_refuses_bad_teacher_forcing(value, error, message):
    with pytest.raises(error, match=message):
        network("initial")(BATCH, teacher_forcing=value)


@EVERY
def test_the_fed_argmax_is_cut_off_from_the_gradient(kind):
    model = network(kind)
    logits = model(BATCH, teacher_forcing=0.0)
    _, fed = own_tokens(model, BATCH, torch.zeros_like(BATCH.tgt_in))
    forced = model(with_target(BATCH, fed))
    direction = torch.randn_like(logits)
    free, given = (
        torch.autograd.grad((direction * out).sum(), list(model.parameters()), allow_unused=True)
        for out in (logits, forced)
    )
    torch.testing.assert_close(free, given, rtol=1e-9, atol=1e-9)


@EVERY
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("teacher_forcing", [1.0, 0.0])
def test_every_parameter_gets_a_gradient(kind, cell, teacher_forcing):
    model = network(kind, cell=cell, num_layers=2, scale=1.0)
    model(BATCH, teacher_forcing=teacher_forcing).square().sum().backward()
    assert [name for name, g in gradients(model).items() if not g.any()] == []


@EVERY
@pytest.mark.parametrize("cell", CELLS)
def test_padding_changes_neither_loss_nor_gradient(kind, cell):
    model = network(kind, cell=cell, num_layers=2, scale=1.0)
    results = []
    for batch in (BATCH, widen(BATCH, src=4, tgt=3, src_filler=8)):
        model.zero_grad()
        nll, tokens = masked_cross_entropy(model(batch), batch.tgt_out, batch.tgt_mask)
        nll.backward()
        results.append((nll.detach(), gradients(model)))
        assert tokens == 9
    close(results[0], results[1])


@EVERY
@pytest.mark.parametrize("cell", CELLS)
def test_the_loss_of_a_batch_is_the_sum_over_its_sentences(kind, cell):
    model = network(kind, cell=cell, num_layers=2, scale=1.0)
    model.zero_grad()
    nll, tokens = masked_cross_entropy(model(BATCH), BATCH.tgt_out, BATCH.tgt_mask)
    nll.backward()
    together, total, count = gradients(model), 0.0, 0
    model.zero_grad()
    for row in range(len(BATCH)):
        single = one(BATCH, row)
        part, number = masked_cross_entropy(model(single), single.tgt_out, single.tgt_mask)
        part.backward()
        total, count = total + part.detach(), count + number
    assert count == tokens
    close((nll.detach(), together), (total, gradients(model)))


def test_another_sentence_in_the_batch_changes_nothing():
    model = network("bahdanau")
    changed = BATCH.src.clone()
    changed[1, 0] = 4 if changed[1, 0] != 4 else 5
    other = Batch(changed, BATCH.src_lengths, BATCH.tgt_in, BATCH.tgt_out)
    rows = torch.tensor([0, 2])
    close(model(other)[rows], model(BATCH)[rows])
    assert (model(other)[1] - model(BATCH)[1]).abs().max() > 1e-6


@pytest.mark.parametrize("cell", CELLS)
def test_the_state_passes_unchanged_where_sizes_agree(cell):
    model = network("initial", cell=cell, num_layers=2, bidirectional=False)
    encoded = model.encoder(BATCH.src, BATCH.src_lengths)
    start = model.start(BATCH.src, BATCH.src_lengths)
    assert not list(model.bridge.parameters())
    assert all(map(torch.equal, start.recurrent, encoded.state))


@pytest.mark.parametrize("cell", CELLS)
def test_a_bridge_joins_sizes_that_differ(cell):
    model = network("initial", cell=cell, num_layers=2, bidirectional=True)
    encoded = model.encoder(BATCH.src, BATCH.src_lengths)
    assert isinstance(model.bridge, Bridge)
    start = model.start(BATCH.src, BATCH.src_lengths)
    assert all(map(torch.equal, start.recurrent, model.bridge(encoded.state)))
    assert start.recurrent[0].shape == (2, 3, 6)


@pytest.mark.parametrize(
    ("encoder", "decoder", "message"),
    [
        ({"cell": "lstm"}, Decoder(8, 3, 4), "same cell, got 'lstm' and 'gru'"),
        ({"num_layers": 2}, Decoder(8, 3, 4), "same num_layers, got 2 and 1"),
        ({"bidirectional": True}, LuongDecoder(8, 3, 4), "memory_size is 4.*memory_size=8"),
        ({"bidirectional": True}, BahdanauDecoder(8, 3, 4), "memory_size is 4.*memory_size=8"),
        ({}, Decoder(8, 3, 4, context="every_step", memory_size=5), "give the decoder .*=4"),
    ],
)
def test_refuses_an_encoder_and_a_decoder_that_do_not_fit(encoder, decoder, message):
    with pytest.raises(ValueError, match=message):
        Seq2Seq(Encoder(9, 3, 4, **encoder), decoder)


def test_the_same_seed_builds_the_same_model():
    states = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        model = Seq2Seq(Encoder(9, 3, 4, cell="lstm"), BahdanauDecoder(8, 3, 4, cell="lstm"))
        states.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
    assert torch.equal(states[0], states[1])
    assert not torch.equal(states[0], states[2])


def test_true_and_false_are_one_and_zero_for_teacher_forcing():
    model = network("initial").eval()
    for plain, number in ((True, 1.0), (False, 0.0)):
        expected = model(BATCH, teacher_forcing=number)
        assert torch.equal(model(BATCH, teacher_forcing=plain), expected)
