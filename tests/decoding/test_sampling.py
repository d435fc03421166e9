import math
from collections import Counter

import pytest
import torch

from seq2seq_tutor.decoding import greedy_search, sample

from ..networks import network, random_batch, teacher_forced
from .tables import EOS, LATTICE_A, NEVER, A, B, C, Network, code, random_table, tied_table

N = 20_000
LOGITS = [3.0, 3.0, 0.5, NEVER, 1.0, 0.0, -1.0]  # PAD and BOS are the likeliest


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def parts(net):
    return net.step, net.start()


def frequencies(logits, n=N, **options):
    """Draw ``n`` first tokens and give their shares."""

    class Many:
        def __len__(self):
            return n

        def select(self, rows):
            return self

    class Output:
        state, weights = Many(), None

        def __init__(self):
            self.logits = torch.tensor(logits).expand(n, -1)

    found = sample(lambda *_: Output(), Many(), max_len=1, generator=seeded(1), **options)
    counts = Counter(h.tokens[0] for h in found)
    return torch.tensor([counts[token] / n for token in range(len(logits))])


def probabilities(*, temperature=1.0, keep=range(2, 7)):
    """Give the softmax over the tokens in ``keep``, 0 elsewhere."""
    logits = torch.tensor(LOGITS) / temperature
    kept = torch.tensor([token in keep for token in range(len(LOGITS))])
    return logits.masked_fill(~kept, NEVER).softmax(0)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, probabilities()),
        ({"temperature": 0.5}, probabilities(temperature=0.5)),
        ({"temperature": 3.0}, probabilities(temperature=3.0)),
        ({"top_k": 2}, probabilities(keep=(2, 4))),
        ({"top_k": 3, "temperature": 2.0}, probabilities(temperature=2.0, keep=(2, 4, 5))),
        ({"top_k": 100}, probabilities()),
        ({"top_p": 0.5}, probabilities(keep=(2, 4))),  # .4640 and .2814 are needed for .5
        ({"top_p": 0.46}, probabilities(keep=(4,))),
        ({"top_p": 0.8}, probabilities(keep=(2, 4, 5))),
        ({"top_p": 1.0}, probabilities()),
        ({"top_k": 2, "top_p": 0.6}, probabilities(keep=(4,))),  # .6225 of what top-k left
        ({"top_p": 0.5, "temperature": 0.25}, probabilities(keep=(4,))),
    ],
    ids=str,
)
def test_draws_from_the_distribution_that_the_options_make(options, expected):
    assert (frequencies(LOGITS, **options) - expected).abs().sum() / 2 < 0.012
    assert not (frequencies(LOGITS, **options)[expected == 0]).any()


def test_the_distribution_of_whole_strings_is_the_models():
    net = Network(*[LATTICE_A] * 4000)
    counts = Counter(h.tokens for h in sample(*parts(net), max_len=3, generator=seeded()))
    for tokens in [(C, EOS), (B, A, EOS), (A, A, EOS), (A, EOS)]:
        expected = math.exp(net.score(0, tokens))
        error = 4 * math.sqrt(expected * (1 - expected) / 4000)
        assert counts[tokens] / 4000 == pytest.approx(expected, abs=error)


@pytest.mark.parametrize("table", [random_table, tied_table])
@pytest.mark.parametrize(
    "options",
    [
        {"top_k": 1},
        {"top_k": 1, "temperature": 1e300},
        {"top_p": 1e-9},
        {"top_p": 5e-324},
        {"top_k": 1, "top_p": 0.1, "temperature": 5.0},
    ],
    ids=str,
)
def test_a_cut_to_one_token_is_greedy_search(table, options):
    net = Network(*(table(seed) for seed in range(8)))
    expected = greedy_search(*parts(net), max_len=5)
    assert sample(*parts(net), max_len=5, generator=seeded(), **options) == expected


@pytest.mark.parametrize("temperature", [1e-3, 1e-30, 1e-300, 5e-324])
def test_cold_is_greedy_search(temperature):
    net = Network(*(random_table(seed) for seed in range(8)))
    expected = greedy_search(*parts(net), max_len=5)
    found = sample(*parts(net), max_len=5, generator=seeded(), temperature=temperature)
    assert found == expected


@pytest.mark.parametrize("temperature", [1e-3, 1e-300, 5e-324])
def test_cold_draws_evenly_from_what_is_equally_likely(temperature):
    shares = frequencies([9.0, 9.0, -8.0, 2.0, 2.0, 1.0], temperature=temperature)
    expected = torch.tensor([0, 0, 0, 0.5, 0.5, 0])
    torch.testing.assert_close(shares, expected, rtol=0, atol=0.02)


@pytest.mark.parametrize("temperature", [1e6, 1e300])
def test_hot_is_uniform_over_what_is_possible(temperature):
    shares = frequencies(LOGITS, temperature=temperature)
    expected = torch.tensor([0, 0, 0.25, 0, 0.25, 0.25, 0.25])
    torch.testing.assert_close(shares, expected, rtol=0, atol=0.02)


def test_log_prob_is_the_models_whatever_the_draw():
    net = Network(*(random_table(seed) for seed in range(10)))
    options = {"temperature": 3.0, "top_k": 3, "top_p": 0.9}
    for sentence, h in enumerate(sample(*parts(net), max_len=5, generator=seeded(), **options)):
        assert h.log_prob == pytest.approx(net.score(sentence, h.tokens), abs=1e-6)


def test_impossible_tokens_pad_and_bos_are_never_drawn():
    net = Network(*(tied_table(seed) for seed in range(300)))
    for h in sample(*parts(net), max_len=6, generator=seeded(), temperature=50.0):
        assert h.log_prob > NEVER
        assert not {0, 1} & set(h.tokens)
        assert h.finished == (h.tokens[-1] == EOS)
        assert EOS not in h.tokens[:-1]


@pytest.mark.parametrize(("uniform", "token"), [(0.0, EOS), (1 - 2**-53, 5)])
@pytest.mark.parametrize("options", [{}, {"top_k": 4}, {"top_p": 1.0}], ids=str)
def test_numbers_at_the_ends_draw_what_is_possible(monkeypatch, uniform, token, options):
    def rand(shape, *, dtype, **_):
        return torch.full(shape, uniform, dtype=dtype)

    monkeypatch.setattr(torch, "rand", rand)
    net = Network(lambda prefix: [9.0, 9.0, 0.2, NEVER, 0.1, 0.0, NEVER])
    [found] = sample(*parts(net), max_len=1, **options)
    assert found.tokens == (token,)


def test_top_p_keeps_no_token_beyond_the_probability_it_asks_for():
    net = Network(*[lambda prefix: [NEVER, NEVER, 0.0, 0.0]] * 50)
    found = sample(*parts(net), max_len=1, top_p=0.5, generator=seeded())
    assert {h.tokens for h in found} == {(EOS,)}


def test_the_same_generator_state_draws_the_same():
    net = Network(*(random_table(seed) for seed in range(10)))
    runs = [sample(*parts(net), max_len=5, generator=seeded(seed)) for seed in (3, 3, 4)]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_a_generator_leaves_the_global_random_state_alone():
    before = torch.get_rng_state()
    sample(*parts(Network(LATTICE_A)), max_len=3, generator=seeded())
    assert torch.equal(torch.get_rng_state(), before)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        first = sample(*parts(Network(*[LATTICE_A] * 20)), max_len=3)
        torch.manual_seed(0)
        assert sample(*parts(Network(*[LATTICE_A] * 20)), max_len=3) == first


def test_a_rows_draw_does_not_depend_on_when_others_end():
    ends = [NEVER, NEVER, 0.0, NEVER, NEVER, NEVER]
    tables = [random_table(seed) for seed in range(6)]
    usual = sample(*parts(Network(*tables)), max_len=6, generator=seeded())
    tables[0::2] = [lambda prefix: ends] * 3
    cut = sample(*parts(Network(*tables)), max_len=6, generator=seeded())
    assert usual[1::2] == cut[1::2]
    assert [h.tokens for h in cut[0::2]] == [(EOS,)] * 3


def test_finished_rows_are_never_stepped_again_and_weights_tell_the_prefix():
    net = Network(*(random_table(seed) for seed in range(10)))
    for sentence, h in enumerate(sample(*parts(net), max_len=6, generator=seeded())):
        expected = [[sentence, code(h.tokens[:t])] for t in range(len(h.tokens))]
        assert h.weights.tolist() == expected
    assert all(EOS not in prefix for rows in net.asked for _, prefix in rows)


def test_a_model_that_never_ends_stops_at_max_len_unfinished():
    net = Network(*[lambda prefix: [0.0, 0.0, NEVER, 0.0, 1.0]] * 5)
    for h in sample(*parts(net), max_len=7, generator=seeded()):
        assert len(h.tokens) == 7
        assert not h.finished


def test_a_prefix_is_continued():
    net = Network(*[LATTICE_A] * 20)
    state = net.step(torch.tensor([1] * 20), net.start()).state
    found = sample(net.step, state, max_len=1, top_k=1, prev=torch.tensor([C] * 20))
    assert {h.tokens for h in found} == {(EOS,)}


def test_a_networks_log_prob_is_its_teacher_forced_score():
    model, batch = network("luong_feeding", cell="lstm", seed=1), random_batch(5)
    state = model.start(batch.src, batch.src_lengths)
    for row, h in enumerate(sample(model.step, state, max_len=6, generator=seeded())):
        log_prob, weights = teacher_forced(model, batch, row, h.tokens)
        assert h.log_prob == pytest.approx(log_prob, abs=1e-6)
        torch.testing.assert_close(h.weights[:, : weights.shape[2]], weights[0])
        assert not h.weights.requires_grad


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_takes_logits_of_any_precision(dtype):
    net = Network(*(random_table(seed) for seed in range(10)), dtype=dtype)
    for sentence, h in enumerate(sample(*parts(net), max_len=5, generator=seeded(), top_p=0.9)):
        assert h.log_prob == pytest.approx(net.score(sentence, h.tokens), abs=1e-6)


@pytest.mark.parametrize("value", [math.nan, NEVER])
def test_logits_that_cannot_be_decoded_are_refused_with_their_step(value):
    def table(prefix):
        return [0.0, 0.0] + ([value] * 4 if len(prefix) == 1 else [NEVER, 0.0, 0.0, 0.0])

    with pytest.raises(ValueError, match="step 2: "):
        sample(*parts(Network(table)), max_len=5)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"max_len": 0}, ValueError, "max_len must be at least 1, got 0"),
        ({"temperature": 0}, ValueError, "temperature must be greater than 0.*, got 0"),
        ({"temperature": -1.0}, ValueError, "temperature must be greater than 0.*, got -1.0"),
        ({"temperature": math.nan}, ValueError, "temperature must be finite, got nan"),
        ({"temperature": math.inf}, ValueError, "temperature must be finite, got inf"),
        ({"top_k": 0}, ValueError, "top_k must be at least 1, got 0"),
        ({"top_k": 1.5}, TypeError, "top_k must be an int, got 1.5"),
        ({"top_k": True}, TypeError, "top_k must be an int, got True"),
        ({"top_p": 0.0}, ValueError, "top_p must be greater than 0.*, got 0.0"),
        ({"top_p": 1.1}, ValueError, "top_p .*at most 1.*, got 1.1"),
        ({"top_p": math.nan}, ValueError, "top_p must be finite, got nan"),
        ({"top_p": "0.5"}, TypeError, "top_p must be a number, got '0.5'"),
    ],
)
def test_refuses_bad_options(options, error, message):
    with pytest.raises(error, match=message):
        sample(*parts(Network(LATTICE_A)), **{"max_len": 3} | options)
