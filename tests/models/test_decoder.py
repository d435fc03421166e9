import pytest
import torch

from seq2seq_tutor.models import (
    AdditiveAttention,
    BahdanauDecoder,
    Decoder,
    DecoderState,
    DotAttention,
    Encoder,
    GRUCell,
    LuongDecoder,
    Seq2Seq,
)

from ..networks import CELLS, DECODERS, network, random_batch, widen

BATCH = random_batch(3)
ATTENTION = DECODERS[2:]


def close(first, second, atol=1e-12):
    torch.testing.assert_close(first, second, rtol=0, atol=atol)


def hand_written(recurrent, number=0):
    """Give the package's own GRU cell with the weights of a layer."""
    layer = recurrent.layers[number]
    cell = GRUCell(layer.input_size, layer.hidden_size).double()
    cell.load_state_dict({name[:-3]: weight for name, weight in layer.state_dict().items()})
    return cell


@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("kind", DECODERS)
def test_a_whole_target_is_its_steps(kind, cell, num_layers):
    model = network(kind, cell=cell, num_layers=num_layers, dropout=0.4)
    state = model.start(BATCH.src, BATCH.src_lengths)
    whole = model.decoder(BATCH.tgt_in, state)
    for t, prev in enumerate(BATCH.tgt_in.unbind(1)):
        output = model.step(prev, state)
        state = output.state
        close(output.logits, whole.logits[:, t], 1e-10)
        if kind in ATTENTION:
            close(output.weights, whole.weights[:, t], 1e-10)
        else:
            assert output.weights is whole.weights is None
    close(state.recurrent, whole.state.recurrent, 1e-10)
    if kind in ("every_step", "luong_feeding"):
        close(state.feed, whole.state.feed, 1e-10)


@pytest.mark.parametrize("kind", DECODERS)
def test_a_target_can_be_decoded_in_two_halves(kind):
    model = network(kind, cell="lstm", num_layers=2)
    state = model.start(BATCH.src, BATCH.src_lengths)
    whole = model.decoder(BATCH.tgt_in, state)
    first = model.decoder(BATCH.tgt_in[:, :2], state)
    second = model.decoder(BATCH.tgt_in[:, 2:], first.state)
    close(torch.cat([first.logits, second.logits], dim=1), whole.logits)


@pytest.mark.parametrize("kind", DECODERS)
def test_logits_do_not_see_later_tokens_or_padding(kind):
    model = network(kind)
    logits = model(BATCH)
    changed = BATCH.tgt_in.clone()
    changed[:, 2:] = 5
    state = model.start(BATCH.src, BATCH.src_lengths)
    close(model.decoder(changed, state).logits[:, :2], logits[:, :2])
    close(model(widen(BATCH, src=2, tgt=3, src_filler=6))[:, : logits.shape[1]], logits)


@pytest.mark.parametrize("kind", ATTENTION)
def test_weights_are_a_distribution_over_the_real_source(kind):
    model = network(kind)
    state = model.start(BATCH.src, BATCH.src_lengths)
    weights = model.decoder(BATCH.tgt_in, state).weights
    assert weights.shape == (*BATCH.tgt_in.shape, BATCH.src.shape[1])
    close(weights.sum(-1), torch.ones(BATCH.tgt_in.shape, dtype=torch.float64))
    assert (weights * ~BATCH.src_mask.unsqueeze(1) == 0).all()


@pytest.mark.parametrize("feeding", [False, True])
def test_luong_is_its_equations(feeding):
    model = network("luong_feeding" if feeding else "luong", bidirectional=False)
    decoder, cell = model.decoder, hand_written(model.decoder.recurrent)
    encoded = model.encoder(BATCH.src, BATCH.src_lengths)
    h, fed = encoded.state[0][-1], torch.zeros(3, 6, dtype=torch.float64)
    logits, all_weights = [], []
    for prev in BATCH.tgt_in.unbind(1):
        x = decoder.embedding.table.weight[prev]
        (h,) = cell(torch.cat([x, fed], dim=1) if feeding else x, (h,))
        # score(h_t, h_s) = h_t' W_a h_s
        scores = torch.einsum("bh,hm,bsm->bs", h, decoder.attention.key.weight, encoded.outputs)
        weights = torch.where(encoded.mask, scores, -torch.inf).softmax(1)
        context = torch.einsum("bs,bsm->bm", weights, encoded.outputs)
        fed = torch.tanh(torch.cat([context, h], dim=1) @ decoder.combine.weight.T)
        logits.append(fed @ decoder.output.weight.T + decoder.output.bias)
        all_weights.append(weights)
    output = decoder(BATCH.tgt_in, model.start(BATCH.src, BATCH.src_lengths))
    close(output.logits, torch.stack(logits, 1))
    close(output.weights, torch.stack(all_weights, 1))


@pytest.mark.parametrize("num_layers", [1, 2])
def test_bahdanau_is_its_equations(num_layers):
    model = network("bahdanau", num_layers=num_layers, bidirectional=False)
    decoder, scorer = model.decoder, model.decoder.attention
    cells = [hand_written(decoder.recurrent, number) for number in range(num_layers)]
    encoded = model.encoder(BATCH.src, BATCH.src_lengths)
    states, logits, all_weights = list(encoded.state[0]), [], []
    s = states[-1]
    for prev in BATCH.tgt_in.unbind(1):
        y = decoder.embedding.table.weight[prev]
        # e_tj = v' tanh(W s_{t-1} + U h_j)
        hidden = (s @ scorer.query.weight.T).unsqueeze(1) + encoded.outputs @ scorer.key.weight.T
        scores = torch.tanh(hidden) @ scorer.v.weight[0]
        weights = torch.where(encoded.mask, scores, -torch.inf).softmax(1)
        context = torch.einsum("bs,bsm->bm", weights, encoded.outputs)
        s = torch.cat([y, context], dim=1)
        for number, cell in enumerate(cells):
            (s,) = cell(s, (states[number],))
            states[number] = s
        read = torch.cat([s, context, y], dim=1) @ decoder.readout.weight.T
        read = torch.tanh(read + decoder.readout.bias)
        logits.append(read @ decoder.output.weight.T + decoder.output.bias)
        all_weights.append(weights)
    output = decoder(BATCH.tgt_in, model.start(BATCH.src, BATCH.src_lengths))
    close(output.logits, torch.stack(logits, 1))
    close(output.weights, torch.stack(all_weights, 1))


@pytest.mark.parametrize("context", ["initial", "every_step"])
def test_the_two_forms_are_their_equations(context):
    model = network(context, bidirectional=False)
    decoder, cell = model.decoder, hand_written(model.decoder.recurrent)
    c = h = model.encoder(BATCH.src, BATCH.src_lengths).state[0][-1]
    logits = []
    for prev in BATCH.tgt_in.unbind(1):
        x = decoder.embedding.table.weight[prev]
        (h,) = cell(torch.cat([x, c], dim=1) if context == "every_step" else x, (h,))
        logits.append(h @ decoder.output.weight.T + decoder.output.bias)
    close(model(BATCH), torch.stack(logits, 1))


def test_form_2_keeps_the_encoders_last_state_as_context():
    model = network("every_step", cell="lstm", num_layers=2)
    last = model.encoder(BATCH.src, BATCH.src_lengths).state[0][-1]
    state = model.start(BATCH.src, BATCH.src_lengths)
    for prev in BATCH.tgt_in.unbind(1):
        assert torch.equal(state.feed, last)
        state = model.step(prev, state).state
    assert torch.equal(state.feed, last)


def test_form_1_has_nothing_but_the_first_state():
    state = network("initial").start(BATCH.src, BATCH.src_lengths)
    assert state.feed is state.memory is None


def test_input_feeding_begins_with_zeros_and_feeds_the_attentional_state():
    model = network("luong_feeding")
    state = model.start(BATCH.src, BATCH.src_lengths)
    assert state.feed.shape == (3, 6)
    assert not state.feed.any()
    output = model.step(BATCH.tgt_in[:, 0], state)
    decoder = model.decoder
    logits = output.state.feed @ decoder.output.weight.T + decoder.output.bias
    close(output.logits, logits)


@pytest.mark.parametrize("attention", [DotAttention(), AdditiveAttention(4, 4, 3)])
def test_luong_takes_any_of_the_attentions(attention):
    model = Seq2Seq(Encoder(9, 3, 4), LuongDecoder(8, 3, 4, attention=attention))
    assert model.decoder.attention is attention
    assert model(BATCH).isfinite().all()


@pytest.mark.parametrize("kind", DECODERS)
def test_a_step_does_not_change_its_state(kind):
    model = network(kind)
    state = model.start(BATCH.src, BATCH.src_lengths)
    members = [*state.recurrent, *([] if state.feed is None else [state.feed])]
    before = [member.clone() for member in members]
    first = model.step(BATCH.tgt_in[:, 0], state)
    assert all(torch.equal(b, m) for b, m in zip(before, members, strict=True))
    assert torch.equal(first.logits, model.step(BATCH.tgt_in[:, 0], state).logits)


@pytest.mark.parametrize("kind", DECODERS)
@pytest.mark.parametrize("shape", [(2,), (3, 1), ()])
def test_step_refuses_prev_of_another_shape(kind, shape):
    model = network(kind)
    with pytest.raises(ValueError, match=r"prev must be \(3,\), one id a row"):
        model.step(torch.ones(shape, dtype=torch.int64), model.start(BATCH.src, BATCH.src_lengths))


@pytest.mark.parametrize("decoder", [LuongDecoder(8, 3, 4), BahdanauDecoder(8, 3, 4)])
def test_attention_refuses_a_state_without_memory(decoder):
    with pytest.raises(ValueError, match="no memory to attend to"):
        decoder.step(torch.tensor([1]), DecoderState((torch.zeros(1, 1, 4),)))


@pytest.mark.parametrize("make", [Decoder, LuongDecoder, BahdanauDecoder])
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"vocab_size": 4}, ValueError, "vocab_size must be at least 5, got 4"),
        ({"embed_size": 0}, ValueError, "embed_size must be at least 1, got 0"),
        ({"hidden_size": 0}, ValueError, "must be at least 1, got 0"),
        ({"num_layers": 0}, ValueError, "num_layers must be at least 1, got 0"),
        ({"cell": "gur"}, ValueError, "cell must be one of rnn, gru, lstm; got 'gur'"),
        ({"dropout": 1.0}, ValueError, "dropout must be below 1.*, got 1.0"),
    ],
)
def test_refuses_bad_options(make, options, error, message):
    with pytest.raises(error, match=message):
        make(**{"vocab_size": 8, "embed_size": 3, "hidden_size": 4} | options)


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (Decoder, {"context": "each"}, "context must be one of initial, every_step; got 'each'"),
        (Decoder, {"context": "every_step", "memory_size": 0}, "memory_size must be at least 1"),
        (LuongDecoder, {"memory_size": 0}, "memory_size must be at least 1, got 0"),
        (BahdanauDecoder, {"memory_size": -2}, "memory_size must be at least 1, got -2"),
        (BahdanauDecoder, {"attention_size": 0}, "attention_size must be at least 1, got 0"),
    ],
)
def test_refuses_bad_options_of_its_own(make, options, message):
    with pytest.raises(ValueError, match=message):
        make(8, 3, 4, **options)


def test_attention_by_name_is_refused_at_construction():
    with pytest.raises(TypeError, match=r"attention must be a module, .*got 'dot'"):
        LuongDecoder(8, 3, 4, attention="dot")
