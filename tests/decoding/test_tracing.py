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
    trace,
)

from ..networks import DECODERS, network, random_batch
from .tables import LATTICE_A, A, B, C, Network, random_table, tied_table

SEARCHES = {
    "greedy": greedy_search,
    "beam": lambda *parts, max_len: beam_search(*parts, max_len=max_len, beam_size=3, n_best=3),
    "exhaustive": exhaustive_search,
    "exact": lambda *parts, max_len: exact_search(*parts, max_len=max_len, node_limit=10**6),
    "sample": lambda *parts, max_len: sample(
        *parts, max_len=max_len, generator=torch.Generator().manual_seed(0)
    ),
}


def test_lattice_a_by_a_beam_of_two():
    net = Network(LATTICE_A)
    step, state, record = trace(net.step, net.start())
    beam_search(step, state, beam_size=2, max_len=3)
    assert list(record) == [(), (A,), (B,), (B, A), (A, A)]
    expected = torch.tensor([0, 0, 0.1, 0, 0.6, 0.2, 0.1])
    torch.testing.assert_close(record[B,].exp(), expected, rtol=0, atol=1e-6)
    assert (C,) not in record


@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    search=st.sampled_from(sorted(SEARCHES)),
    table=st.sampled_from([random_table, tied_table]),
    seed=st.integers(0, 10**6),
)
def test_a_search_finds_the_same_and_all_that_it_asked_is_recorded(search, table, seed):
    nets = Network(table(seed)), Network(table(seed))
    expected = SEARCHES[search](nets[0].step, nets[0].start(), max_len=4)
    step, state, record = trace(nets[1].step, nets[1].start())
    assert SEARCHES[search](step, state, max_len=4) == expected
    asked = [prefix for rows in nets[0].asked for _, prefix in rows]
    assert list(record) == asked
    for prefix, scores in record.items():
        expected = torch.tensor(nets[0].log_probs(0, prefix))
        torch.testing.assert_close(scores, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", DECODERS)
def test_a_network(kind):
    model, batch = network(kind, seed=2), random_batch(1)
    plain = model.start(batch.src, batch.src_lengths)
    options = {"beam_size": 3, "max_len": 4, "n_best": 3}
    step, state, record = trace(model.step, plain)
    [traced] = beam_search(step, state, **options)
    [found] = beam_search(model.step, plain, **options)
    assert traced == found
    for h, other in zip(traced, found, strict=True):
        assert h.weights is None or torch.equal(h.weights, other.weights)
        total = sum(record[h.tokens[:t]][token].item() for t, token in enumerate(h.tokens))
        assert h.log_prob == pytest.approx(total, abs=1e-9)


def test_a_prefix_that_is_continued_is_not_part_of_the_record():
    net = Network(LATTICE_A)
    warm = net.step(torch.tensor([1]), net.start()).state
    step, state, record = trace(net.step, warm)
    beam_search(step, state, beam_size=1, max_len=2, prev=torch.tensor([B]))
    assert list(record) == [(), (A,)]
    assert record[()].exp()[A].item() == pytest.approx(0.6)


def test_the_state_says_where_it_is():
    model = network("luong")
    batch = random_batch(1)
    plain = model.start(batch.src, batch.src_lengths)
    assert trace(model.step, plain)[1].device == plain.device
    net = Network(LATTICE_A)
    assert trace(net.step, net.start())[1].device is None


@pytest.mark.parametrize("rows", [0, 2])
def test_refuses_more_or_fewer_than_one_sentence(rows):
    net = Network(*[LATTICE_A] * rows)
    with pytest.raises(ValueError, match=f"a trace is of one sentence, but state has {rows} rows"):
        trace(net.step, net.start())
