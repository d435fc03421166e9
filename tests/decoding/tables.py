"""Networks that are tables, the next logits for each prefix, and plain searches over them."""

import itertools
import math
import random
from types import SimpleNamespace

import torch

from seq2seq_tutor.decoding import Hypothesis

A, B, C = 4, 5, 6
EOS = 2
NEVER = -math.inf


class TableState:
    """For each row, which sentence it belongs to and the tokens it has read."""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def select(self, rows):
        return TableState([self.rows[row] for row in rows.tolist()])


class Network:
    """Sentences, each a function from a prefix to the logits of the next token.

    ``asked`` lists what was stepped. The weights of a step tell the sentence and the prefix.
    """

    def __init__(self, *tables, dtype=torch.float32):
        self.tables, self.dtype, self.asked = tables, dtype, []

    def start(self):
        return TableState([(sentence, ()) for sentence in range(len(self.tables))])

    def step(self, prev, state):
        """Read one token a row; BOS at the beginning leaves the prefix empty."""
        assert prev.dtype == torch.int64
        rows = [
            (sentence, prefix if token == 1 else (*prefix, token))
            for (sentence, prefix), token in zip(state.rows, prev.tolist(), strict=True)
        ]
        self.asked.append(rows)
        logits = torch.stack([self.logits(sentence, prefix) for sentence, prefix in rows])
        weights = torch.tensor([[sentence, code(prefix)] for sentence, prefix in rows])
        return SimpleNamespace(logits=logits, state=TableState(rows), weights=weights)

    def logits(self, sentence, prefix):
        return torch.tensor(self.tables[sentence](prefix), dtype=torch.float64).to(self.dtype)

    def log_probs(self, sentence, prefix):
        """Give the next log-probabilities as a list, PAD and BOS impossible."""
        logits = self.logits(sentence, prefix)
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
        return [NEVER, NEVER, *logits.log_softmax(0).tolist()[2:]]

    def score(self, sentence, tokens):
        """Sum the log-probabilities of a whole output."""
        steps = range(len(tokens))
        return sum(self.log_probs(sentence, tokens[:t])[tokens[t]] for t in steps)


def code(prefix):
    """Write a prefix as one number."""
    return sum((token + 1) * 100**place for place, token in enumerate(prefix))


def from_probabilities(table, other):
    """Make a table from the probabilities of (A, B, C, EOS) after some prefixes, and others."""

    def logits(prefix):
        a, b, c, end = (math.log(p) if p else NEVER for p in table.get(prefix, other))
        return [NEVER, NEVER, end, NEVER, a, b, c]

    return logits


LATTICE_A = from_probabilities(
    {
        (): (0.5, 0.3, 0.2, 0.0),
        (A,): (0.35, 0.3, 0.25, 0.1),
        (B,): (0.6, 0.2, 0.1, 0.1),
        (C,): (0.06, 0.05, 0.04, 0.85),
        (B, A): (0.05, 0.06, 0.09, 0.8),
    },
    other=(0.25, 0.2, 0.15, 0.4),
)


def random_table(seed, vocab_size=6):
    """Make logits that are unlike each other, drawn anew for each prefix."""

    def logits(prefix):
        generator = random.Random(f"{seed} {prefix}")
        return [generator.gauss(0, 2) for _ in range(vocab_size)]

    return logits


def tied_table(seed, vocab_size=6):
    """Make logits that are often equal and often -inf, with one at least that is neither."""

    def logits(prefix):
        generator = random.Random(f"{seed} {prefix}")
        drawn = [generator.choice([0.0, 0.0, -1.0, NEVER]) for _ in range(vocab_size)]
        drawn[generator.randrange(2, vocab_size)] = 0.0
        return drawn

    return logits


def ranked(hypotheses, alpha, n_best):
    """Order as the contract says: finished first, then by score, then by tokens."""

    def key(hypothesis):
        tokens = hypothesis.tokens
        return (not hypothesis.finished, -hypothesis.log_prob / len(tokens) ** alpha, tokens)

    return sorted(hypotheses, key=key)[:n_best]


def plain_beam(network, sentence, *, beam_size, max_len, alpha=0.0, n_best=1):
    """Search with lists, as the contract says, and never stop before ``max_len``."""
    live, found = [((), 0.0)], []
    for _ in range(max_len):
        extensions = sorted(
            (-(log_prob + gain), rank, token, (*tokens, token))
            for rank, (tokens, log_prob) in enumerate(live)
            for token, gain in enumerate(network.log_probs(sentence, tokens))
            if gain > NEVER
        )
        found += [
            Hypothesis(tokens, -cost, finished=True)
            for cost, _, token, tokens in extensions[:beam_size]
            if token == EOS
        ]
        live = [(tokens, -cost) for cost, _, token, tokens in extensions if token != EOS]
        live = live[:beam_size]
    found += [Hypothesis(tokens, log_prob, finished=False) for tokens, log_prob in live]
    return ranked(found, alpha, n_best)


def all_strings(network, sentence, *, vocab_size, max_len, alpha=0.0, n_best=1):
    """Score every string there is and rank them."""
    inner = [token for token in range(vocab_size) if token > EOS]
    ends = [(*body, EOS) for n in range(max_len) for body in itertools.product(inner, repeat=n)]
    strings = [*ends, *itertools.product(inner, repeat=max_len)]
    found = [
        Hypothesis(tokens, network.score(sentence, tokens), finished=tokens[-1] == EOS)
        for tokens in strings
    ]
    return ranked([h for h in found if h.log_prob > NEVER], alpha, n_best)


def agree(found, expected):
    """Compare tokens, order and finished exactly, and log-probabilities up to rounding."""
    assert [(h.tokens, h.finished) for h in found] == [(h.tokens, h.finished) for h in expected]
    torch.testing.assert_close(
        [h.log_prob for h in found], [h.log_prob for h in expected], rtol=0, atol=1e-5
    )
