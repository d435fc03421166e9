"""Small random networks of every kind, for the tests of models, training and decoding."""

import pytest
import torch

from seq2seq_tutor.data import Batch, collate
from seq2seq_tutor.models import BahdanauDecoder, Decoder, Encoder, LuongDecoder, Seq2Seq

CELLS = ("rnn", "gru", "lstm")
DECODERS = ("initial", "every_step", "luong", "luong_feeding", "bahdanau")
SRC_VOCAB, TGT_VOCAB = 9, 8


def decoder_of(kind, vocab_size, embed_size, hidden_size, *, memory_size, **options):
    """Make a decoder of one of DECODERS."""
    sizes = (vocab_size, embed_size, hidden_size)
    match kind:
        case "initial":
            return Decoder(*sizes, **options)
        case "every_step":
            return Decoder(*sizes, context=kind, memory_size=memory_size, **options)
        case "bahdanau":
            return BahdanauDecoder(*sizes, memory_size=memory_size, attention_size=7, **options)
    feeding = kind == "luong_feeding"
    return LuongDecoder(*sizes, memory_size=memory_size, input_feeding=feeding, **options)


def network(kind, *, cell="gru", num_layers=1, bidirectional=True, dropout=0.0, seed=0, scale=3.0):
    """Make a float64 network in eval mode; ``scale`` makes its distributions far from uniform."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        options = {"num_layers": num_layers, "cell": cell, "dropout": dropout}
        encoder = Encoder(SRC_VOCAB, 5, 6, bidirectional=bidirectional, **options)
        size = encoder.output_size
        decoder = decoder_of(kind, TGT_VOCAB, 4, 6, memory_size=size, **options)
        model = Seq2Seq(encoder, decoder).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(scale)
    return model


def random_batch(rows=3, *, seed=0, max_len=5):
    """Make a batch of random sentences of unlike length, an empty one among them if there are 3."""
    generator = torch.Generator().manual_seed(seed)

    def sentence(vocab_size, length):
        return torch.randint(4, vocab_size, (length,), generator=generator).tolist()

    lengths = [0 if row == 2 else max_len - row % max_len for row in range(rows)]
    return collate([(sentence(SRC_VOCAB, n), sentence(TGT_VOCAB, max_len - n)) for n in lengths])


def widen(batch, *, src=0, tgt=0, src_filler=0):
    """Give the batch with more padding columns; the source's hold ``src_filler``."""

    def pad(ids, columns, filler=0):
        return torch.cat([ids, torch.full((len(ids), columns), filler)], dim=1)

    return Batch(
        pad(batch.src, src, src_filler),
        batch.src_lengths,
        pad(batch.tgt_in, tgt),
        pad(batch.tgt_out, tgt),
    )


def one(batch, row):
    """Give one pair of a batch alone, without any padding."""
    length, width = int(batch.src_lengths[row]), int(batch.tgt_mask[row].sum())
    return Batch(
        batch.src[row : row + 1, :length],
        batch.src_lengths[row : row + 1],
        batch.tgt_in[row : row + 1, :width],
        batch.tgt_out[row : row + 1, :width],
    )


def gradients(model):
    """Give a copy of every gradient by its name, zeros where there is none."""
    return {
        name: torch.zeros_like(p) if p.grad is None else p.grad.clone()
        for name, p in model.named_parameters()
    }


def teacher_forced(model, batch, row, tokens):
    """Score an output by the decoder's forward: its log-probability and its weights."""
    single = one(batch, row)
    state = model.start(single.src, single.src_lengths)
    output = model.decoder(torch.tensor([[1, *tokens[:-1]]]), state)
    scores = output.logits.log_softmax(-1)[0]
    return sum(scores[t, token].item() for t, token in enumerate(tokens)), output.weights


def check_teacher_forced(model, batch, row, hypothesis, width):
    """Compare a hypothesis, its weights of this width, with its output in the decoder's forward."""
    log_prob, weights = teacher_forced(model, batch, row, hypothesis.tokens)
    assert hypothesis.log_prob == pytest.approx(log_prob, abs=1e-6)
    if weights is None:
        assert hypothesis.weights is None
        return
    length = weights.shape[2]
    assert hypothesis.weights.shape == (len(hypothesis.tokens), width)
    torch.testing.assert_close(hypothesis.weights[:, :length], weights[0], rtol=0, atol=1e-9)
    assert not hypothesis.weights[:, length:].any()
