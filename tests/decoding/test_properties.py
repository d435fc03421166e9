"""What holds for the results of every search, on tables and on networks."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_tutor.decoding import (
    beam_search,
    exact_search,
    exhaustive_search,
    greedy_search,
    sample,
)

from ..networks import CELLS, DECODERS, check_teacher_forced, network, random_batch, widen
from .tables import EOS, NEVER, Network, code, random_table, tied_table

MAX_LEN = 4


def greedy(step, state, alpha):
    return [[h] for h in greedy_search(step, state, max_len=MAX_LEN)]


def sampled(step, state, alpha):
    generator = torch.Generator().manual_seed(0)
    return [[h] for h in sample(step, state, max_len=MAX_LEN, generator=generator)]


def beam(step, state, alpha):
    options = {"max_len": MAX_LEN, "length_penalty": alpha, "n_best": 3}
    return beam_search(step, state, beam_size=3, **options)


def exhaustive(step, state, alpha):
    return exhaustive_search(step, state, max_len=MAX_LEN, length_penalty=alpha, n_best=3)


def exact(step, state, alpha):
    options = {"max_len": MAX_LEN, "length_penalty": alpha, "node_limit": 10**6}
    found = exact_search(step, state, **options)
    assert all(result.resolved for result in found)
    return [[result.best] if result.best else [] for result in found]


SEARCHES = [greedy, sampled, beam, exhaustive, exact]
ALPHAS = st.sampled_from([-0.5, 0.0, 0.5, 1.0])


def check_list(found, alpha):
    """Check one sentence's results by themselves."""
    assert len({h.tokens for h in found}) == len(found)
    keys = [(not h.finished, -h.score(alpha), h.tokens) for h in found]
    assert keys == sorted(keys)
    for h in found:
        assert 1 <= len(h.tokens) <= MAX_LEN
        assert h.finished == (h.tokens[-1] == EOS)
        assert h.finished or len(h.tokens) == MAX_LEN
        assert EOS not in h.tokens[:-1]
        assert not {0, 1} & set(h.tokens)
        assert 0 >= h.log_prob > NEVER


@pytest.mark.parametrize("search", SEARCHES)
@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    kinds=st.lists(st.sampled_from([random_table, tied_table]), min_size=1, max_size=3),
    seed=st.integers(0, 10**6),
    alpha=ALPHAS,
)
def test_on_tables(search, kinds, seed, alpha):
    net = Network(*(kind(seed + number) for number, kind in enumerate(kinds)))
    together = search(net.step, net.start(), alpha)
    assert len(together) == len(kinds)
    best = exact(net.step, net.start(), alpha)
    for sentence, found in enumerate(together):
        check_list(found, alpha)
        for h in found:
            assert h.log_prob == pytest.approx(net.score(sentence, h.tokens), abs=1e-5)
            weights = [[sentence, code(h.tokens[:t])] for t in range(len(h.tokens))]
            assert h.weights.tolist() == weights
            if h.finished:
                assert h.score(alpha) <= best[sentence][0].score(alpha) + 1e-6
        if search is not sampled:  # whose numbers are drawn for the batch
            alone = Network(net.tables[sentence])
            assert search(alone.step, alone.start(), alpha) == [found]
    assert all(EOS not in prefix for rows in net.asked for _, prefix in rows)


@pytest.mark.parametrize("search", SEARCHES)
@settings(deadline=None, max_examples=12, derandomize=True)
@given(
    kind=st.sampled_from(DECODERS),
    cell=st.sampled_from(CELLS),
    seed=st.integers(0, 10**6),
    rows=st.sampled_from([1, 3]),
    alpha=ALPHAS,
)
def test_on_networks(search, kind, cell, seed, rows, alpha):
    model, batch = network(kind, cell=cell, num_layers=2, seed=seed), random_batch(rows, seed=seed)
    wide = widen(batch, src=2, src_filler=5)
    narrow, padded = (
        search(model.step, model.start(each.src, each.src_lengths), alpha) for each in (batch, wide)
    )
    for row, (found, other) in enumerate(zip(narrow, padded, strict=True)):
        check_list(found, alpha)
        assert [h.tokens for h in found] == [h.tokens for h in other]
        for h in found:
            check_teacher_forced(model, batch, row, h, width=batch.src.shape[1])
