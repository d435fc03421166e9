"""A small model, small data and what to compare, for the tests of training."""

import random

import torch

from seq2seq_tutor.models import Encoder, Seq2Seq
from seq2seq_tutor.text import CharTokenizer, Language, Vocab

from ..networks import decoder_of

PAIRS = [([4, 5], [5, 4]), ([6], [6]), ([7, 4, 5], [5, 4, 7]), ([], []), ([5, 6], [6, 5])]
VOCAB_SIZE = 9
LETTERS = Language(CharTokenizer(), Vocab.build([list("abcde")]))
DIGITS = Language(CharTokenizer(), Vocab.build([list("01234")]))


def small_model(
    *, kind="initial", cell="gru", dropout=0.0, hidden_size=8, embed_size=8, bidirectional=False
):
    """Make the same model at every call."""
    options = {"cell": cell, "dropout": dropout}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder = Encoder(
            VOCAB_SIZE, embed_size, hidden_size, bidirectional=bidirectional, **options
        )
        options["memory_size"] = encoder.output_size
        return Seq2Seq(encoder, decoder_of(kind, VOCAB_SIZE, embed_size, hidden_size, **options))


def weights_of(model):
    """Give all weights as one vector, a copy."""
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def strings(n, *, seed, max_len=4):
    """Draw lists of ids."""
    generator = random.Random(seed)
    return [generator.choices(range(4, 9), k=generator.randint(1, max_len)) for _ in range(n)]


def contents(folder):
    """Give the bytes of every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}
