import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_tutor.decoding import exhaustive_search

from ..networks import network, random_batch, teacher_forced
from .tables import (
    EOS,
    LATTICE_A,
    A,
    B,
    C,
    Network,
    agree,
    all_strings,
    code,
    random_table,
    tied_table,
)


def search(net, **options):
    return exhaustive_search(net.step, net.start(), **options)


def test_lattice_a():
    [found] = search(Network(LATTICE_A), max_len=3, n_best=6)
    assert {h.tokens: round(math.exp(h.log_prob), 6) for h in found} == {
        (C, EOS): 0.17,
        (B, A, EOS): 0.144,
        (A, A, EOS): 0.07,
        (A, B, EOS): 0.06,
        (A, EOS): 0.05,
        (A, C, EOS): 0.05,
    }
    assert [h.tokens[0] for h in found] == [C, B, A, A, A, A]


def test_lattice_a_is_a_distribution_over_39_strings():
    [found] = search(Network(LATTICE_A), max_len=3, n_best=1000)
    assert len(found) == 39
    assert sum(math.exp(h.log_prob) for h in found) == pytest.approx(1.0, abs=1e-6)


@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    table=st.sampled_from([random_table, tied_table]),
    seed=st.integers(0, 10**6),
    sentences=st.integers(1, 3),
    max_len=st.integers(1, 3),
    alpha=st.sampled_from([-1.0, 0.0, 0.7, 2.0]),
    n_best=st.integers(1, 30),
)
def test_is_brute_force(table, seed, sentences, max_len, alpha, n_best):
    net = Network(*(table(f"{seed} {sentence}") for sentence in range(sentences)))
    nbests = search(net, max_len=max_len, length_penalty=alpha, n_best=n_best)
    for sentence, found in enumerate(nbests):
        options = {"max_len": max_len, "alpha": alpha, "n_best": n_best}
        agree(found, all_strings(net, sentence, vocab_size=6, **options))


def test_chunks_change_nothing(monkeypatch):
    net = Network(random_table(1), tied_table(2))
    whole = search(net, max_len=4, n_best=20)
    monkeypatch.setattr("seq2seq_tutor.decoding.exhaustive._CHUNK", 3)
    assert search(net, max_len=4, n_best=20) == whole


def test_weights_tell_each_steps_own_prefix():
    for sentence, found in enumerate(
        search(Network(LATTICE_A, random_table(3)), max_len=3, n_best=9)
    ):
        for h in found:
            expected = [[sentence, code(h.tokens[:t])] for t in range(len(h.tokens))]
            assert h.weights.tolist() == expected


def test_a_networks_log_prob_is_its_teacher_forced_score():
    model, batch = network("luong_feeding", cell="lstm", seed=1), random_batch(3)
    state = model.start(batch.src, batch.src_lengths)
    for row, found in enumerate(exhaustive_search(model.step, state, max_len=3, n_best=5)):
        for h in found:
            log_prob, weights = teacher_forced(model, batch, row, h.tokens)
            assert h.log_prob == pytest.approx(log_prob, abs=1e-6)
            torch.testing.assert_close(h.weights[:, : weights.shape[2]], weights[0])
            assert not h.weights.requires_grad


@pytest.mark.parametrize(
    ("vocab_size", "max_len", "count"),
    [
        (1003, 2, "1,001,001"),
        (13, 6, "1,111,111"),
        (5, 20, "2,097,151"),
        (4, 10**6, "1,000,001"),
        (10003, 10**6, r"about 10\^4000000"),
    ],
)
def test_refuses_more_than_a_million_strings_and_says_how_many(vocab_size, max_len, count):
    net = Network(lambda prefix: [0.0] * vocab_size)
    message = (
        f"there are {count} strings of up to max_len={max_len} .* at most 1,000,000 are looked"
    )
    with pytest.raises(ValueError, match=message):
        search(net, max_len=max_len)
    assert len(net.asked) == 1


def test_just_below_the_limit_is_searched_and_nothing_is_stepped_once_all_has_ended():
    certain = [-math.inf] * 2 + [0.0] + [-math.inf] * 998  # 1 + 998 + 998 ** 2 strings
    net = Network(lambda prefix: certain)
    [[found]] = search(net, max_len=2)
    assert found.tokens == (EOS,)
    assert len(net.asked) == 1


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("value", [math.nan, -math.inf])
def test_logits_that_cannot_be_decoded_are_refused_with_their_step(number, value):
    def table(prefix):
        return [0.0, 0.0] + ([value] * 4 if len(prefix) == number - 1 else [-5.0, 0.0, 0.0, 0.0])

    with pytest.raises(ValueError, match=f"step {number}: "):
        search(Network(table), max_len=3)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"max_len": 0}, ValueError, "max_len must be at least 1, got 0"),
        ({"max_len": 2.0}, TypeError, "max_len must be an int, got 2.0"),
        ({"n_best": 0}, ValueError, "n_best must be at least 1, got 0"),
        ({"n_best": True}, TypeError, "n_best must be an int, got True"),
        ({"length_penalty": math.nan}, ValueError, "length_penalty must be finite, got nan"),
        ({"length_penalty": math.inf}, ValueError, "length_penalty must be finite, got inf"),
    ],
)
def test_refuses_bad_options(options, error, message):
    with pytest.raises(error, match=message):
        search(Network(LATTICE_A), **{"max_len": 3} | options)
