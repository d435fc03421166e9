import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_tutor.decoding import beam_search, exhaustive_search, greedy_search
from seq2seq_tutor.models import LanguageModel

from ..networks import CELLS, DECODERS, check_teacher_forced, network, one, random_batch, widen
from .tables import (
    EOS,
    LATTICE_A,
    NEVER,
    A,
    B,
    C,
    Network,
    agree,
    code,
    from_probabilities,
    plain_beam,
    random_table,
    tied_table,
)

ALPHAS = [-1.0, 0.0, 0.7, 2.0]
DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]


def search(net, **options):
    return beam_search(net.step, net.start(), **options)


@st.composite
def networks(draw, max_sentences=3):
    """Draw a batch of tables, smooth ones and ones full of ties and impossible tokens."""
    kind, seed = st.sampled_from([random_table, tied_table]), st.integers(0, 10**6)
    drawn = draw(st.lists(st.tuples(kind, seed), min_size=1, max_size=max_sentences))
    return Network(*(kind(seed) for kind, seed in drawn), dtype=draw(st.sampled_from(DTYPES)))


@pytest.mark.parametrize(
    ("beam_size", "tokens", "log_prob"),
    [
        (1, (A, A, EOS), -2.659260),
        (2, (B, A, EOS), -1.937942),
        (3, (C, EOS), -1.771957),
        (5, (C, EOS), -1.771957),
        (64, (C, EOS), -1.771957),
    ],
)
@pytest.mark.parametrize("rows", [1, 3])
def test_lattice_a(beam_size, tokens, log_prob, rows):
    for [best] in search(Network(*[LATTICE_A] * rows), beam_size=beam_size, max_len=3):
        assert best.tokens == tokens
        assert best.finished
        assert best.log_prob == pytest.approx(log_prob, abs=1e-6)


def test_lattice_a_in_order():
    [found] = search(Network(LATTICE_A), beam_size=3, max_len=3, n_best=3)
    assert [h.tokens for h in found] == [(C, EOS), (B, A, EOS), (A, A, EOS)]


@pytest.mark.parametrize(
    ("alpha", "tokens", "score"),
    [
        (0, (C, EOS), -1.771957),
        (0.25, (B, A, EOS), -1.472517),
        (0.5, (B, A, EOS), -1.118871),
        (0.75, (B, A, EOS), -0.850158),
        (1, (B, A, EOS), -0.645981),
    ],
)
def test_length_penalty_counts_eos(alpha, tokens, score):
    [[best]] = search(Network(LATTICE_A), beam_size=3, max_len=3, length_penalty=alpha)
    assert best.tokens == tokens
    assert best.score(alpha) == pytest.approx(score, abs=1e-6)


@settings(deadline=None, max_examples=150, derandomize=True)
@given(
    net=networks(),
    beam_size=st.integers(1, 9),
    n_best=st.integers(1, 9),
    max_len=st.integers(1, 5),
    alpha=st.sampled_from(ALPHAS),
)
def test_is_a_plain_search_with_lists_that_never_stops_early(
    net, beam_size, n_best, max_len, alpha
):
    n_best = min(n_best, beam_size)
    options = {"beam_size": beam_size, "n_best": n_best, "max_len": max_len}
    nbests = search(net, length_penalty=alpha, **options)
    for sentence, found in enumerate(nbests):
        agree(found, plain_beam(net, sentence, alpha=alpha, **options))


@settings(deadline=None, max_examples=60, derandomize=True)
@given(net=networks(), max_len=st.integers(1, 6))
def test_a_beam_of_one_is_greedy_search(net, max_len):
    greedy = greedy_search(net.step, net.start(), max_len=max_len)
    assert [[h] for h in greedy] == search(net, beam_size=1, max_len=max_len)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(
    net=networks(),
    max_len=st.integers(1, 4),
    n_best=st.integers(1, 20),
    alpha=st.sampled_from(ALPHAS),
)
def test_a_wide_beam_is_exhaustive_search(net, max_len, n_best, alpha):
    options = {"max_len": max_len, "n_best": n_best, "length_penalty": alpha}
    expected = exhaustive_search(net.step, net.start(), **options)
    for found, all_found in zip(search(net, beam_size=200, **options), expected, strict=True):
        agree(found, all_found)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(
    net=networks(max_sentences=5),
    beam_size=st.integers(1, 6),
    alpha=st.sampled_from(ALPHAS),
    data=st.data(),
)
def test_what_every_result_is(net, beam_size, alpha, data):
    n_best = data.draw(st.integers(1, beam_size))
    options = {"beam_size": beam_size, "max_len": 4, "n_best": n_best, "length_penalty": alpha}
    nbests = search(net, **options)
    order = data.draw(st.permutations(range(len(net.tables))))
    shuffled = search(Network(*(net.tables[i] for i in order), dtype=net.dtype), **options)
    assert [nbests[i] for i in order] == shuffled
    for sentence, found in enumerate(nbests):
        [alone] = search(Network(net.tables[sentence], dtype=net.dtype), **options)
        assert alone == found
        assert 1 <= len(found) <= n_best
        assert len({h.tokens for h in found}) == len(found)
        keys = [(not h.finished, -h.score(alpha), h.tokens) for h in found]
        assert keys == sorted(keys)
        for h in found:
            assert h.finished == (h.tokens[-1] == EOS)
            assert EOS not in h.tokens[:-1]
            assert not {0, 1} & set(h.tokens)
            assert h.finished or len(h.tokens) == 4
            assert 0 >= h.log_prob > NEVER
            assert h.log_prob == pytest.approx(net.score(sentence, h.tokens), abs=1e-5)
            expected = [[sentence, code(h.tokens[:t])] for t in range(len(h.tokens))]
            assert h.weights.tolist() == expected
    assert all(EOS not in prefix for rows in net.asked for _, prefix in rows)


@pytest.mark.parametrize("beam_size", [1, 4, 60])
def test_ties_go_to_the_lower_parent_and_token(beam_size):
    net = Network(lambda prefix: [0.0] * 50)
    [found] = search(net, beam_size=beam_size, max_len=3, n_best=beam_size)
    agree(found, plain_beam(net, 0, beam_size=beam_size, max_len=3, n_best=beam_size))


# The top beam ends first, C at once; the longer A A EOS wins as soon as length is rewarded.
SHORT_FIRST = from_probabilities(
    {
        (): (0.4, 0.0, 0.0, 0.6),
        (A,): (0.9, 0.0, 0.0, 0.1),
        (A, A): (0.9, 0.0, 0.0, 0.1),
    },
    other=(0.05, 0.0, 0.0, 0.95),
)
LONG = (A, A, A, EOS)


@pytest.mark.parametrize(
    ("alpha", "best"),
    [
        (0.0, [(EOS,), LONG, (A, EOS)]),
        (1.0, [LONG, (EOS,), (A, A, EOS)]),
        (2.0, [LONG, (A, A, A, A, EOS), (A, A, EOS)]),
        (-1.0, [(EOS,), (A, EOS), LONG]),
    ],
)
@pytest.mark.parametrize("n_best", [1, 2, 3])
def test_a_longer_output_may_win_after_the_top_beam_has_ended(alpha, best, n_best):
    net = Network(SHORT_FIRST)
    options = {"beam_size": 3, "max_len": 6, "n_best": n_best}
    [found] = search(net, length_penalty=alpha, **options)
    agree(found, plain_beam(net, 0, alpha=alpha, **options))
    assert found[0].tokens == best[0]


def test_each_sentence_stops_for_itself():
    certain = from_probabilities({}, other=(0.0, 0.01, 0.0, 0.99))
    tables = [certain, SHORT_FIRST, certain]
    together = Network(*tables)
    options = {"beam_size": 2, "max_len": 6, "length_penalty": 1.0}
    assert search(together, **options) == [search(Network(t), **options)[0] for t in tables]
    sentences = [{sentence for sentence, _ in rows} for rows in together.asked]
    assert sentences[0] == {0, 1, 2}
    assert {1} in sentences


@pytest.mark.parametrize(
    ("alpha", "end", "steps"),
    [
        (0.0, 0.97, 1),
        (1.0, 0.97, 4),  # log .97 = -.0305, and n log .03 / 400 = -.0088 n is less from n = 4 on
        (-1.0, 0.4, 1),  # log .4 = -.92, and log .6 = -.51, but not twice that
        (0.0, 0.4, 2),
    ],
)
def test_stops_as_soon_as_nothing_better_can_come(alpha, end, steps):
    net = Network(from_probabilities({}, other=(0.0, 1 - end, 0.0, end)))
    search(net, beam_size=2, max_len=400, length_penalty=alpha)
    assert len(net.asked) == steps


def test_a_live_hypothesis_that_can_only_tie_is_still_followed():
    # After two steps B EOS has ended with 1/4, and A A, certain to end, will have as much.
    table = {(): (0.5, 0.5, 0, 0), (A,): (0.5, 0, 0.5, 0), (B,): (0, 0, 0.5, 0.5)}
    net = Network(from_probabilities(table, other=(0, 0, 0, 1.0)))
    [[best]] = search(net, beam_size=4, max_len=5)
    assert best.tokens == (A, A, EOS)


def test_what_is_impossible_is_never_returned():
    net = Network(from_probabilities({}, other=(0, 0, 0, 1.0)))
    [found] = search(net, beam_size=5, max_len=3, n_best=5)
    assert [h.tokens for h in found] == [(EOS,)]


def test_unfinished_hypotheses_follow_the_finished_ones():
    net = Network(from_probabilities({}, other=(0.9, 0.05, 0.0, 0.05)))
    [found] = search(net, beam_size=4, max_len=2, n_best=4)
    assert [h.finished for h in found] == [True, True, False, False]
    assert found[2].log_prob > found[0].log_prob


@pytest.mark.parametrize("beam_size", [1, 3, 50])
def test_max_len_of_one(beam_size):
    net = Network(random_table(0, vocab_size=7), LATTICE_A)
    options = {"beam_size": beam_size, "max_len": 1, "n_best": beam_size}
    for sentence, found in enumerate(search(net, **options)):
        agree(found, plain_beam(net, sentence, **options))


def test_a_beam_beyond_the_vocabulary_takes_what_there_is():
    options = {"beam_size": 1000, "max_len": 2, "n_best": 1000}
    net = Network(LATTICE_A)
    [found] = search(net, **options)
    agree(found, exhaustive_search(net.step, net.start(), max_len=2, n_best=1000)[0])
    assert len(found) == 12


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("value", [math.nan, NEVER])
def test_logits_that_cannot_be_decoded_are_refused_with_their_step(number, value):
    def table(prefix):
        return [0.0] * 2 + ([value] * 5 if len(prefix) == number - 1 else [-5.0, *[0.0] * 4])

    with pytest.raises(ValueError, match=f"step {number}: "):
        search(Network(LATTICE_A, table), beam_size=2, max_len=5, n_best=2)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"beam_size": 0}, ValueError, "beam_size must be at least 1, got 0"),
        ({"beam_size": -1}, ValueError, "beam_size must be at least 1, got -1"),
        ({"beam_size": 2.5}, TypeError, "beam_size must be an int, got 2.5"),
        ({"beam_size": True}, TypeError, "beam_size must be an int, got True"),
        ({"max_len": 0}, ValueError, "max_len must be at least 1, got 0"),
        ({"max_len": 3.0}, TypeError, "max_len must be an int, got 3.0"),
        ({"n_best": 0}, ValueError, "n_best must be at least 1, got 0"),
        ({"n_best": 3}, ValueError, "n_best=3 is more than beam_size=2 can find"),
        ({"length_penalty": math.nan}, ValueError, "length_penalty must be finite, got nan"),
        ({"length_penalty": -math.inf}, ValueError, "length_penalty must be finite, got -inf"),
        ({"length_penalty": "1"}, TypeError, "length_penalty must be a number, got '1'"),
        ({"length_penalty": True}, TypeError, "length_penalty must be a number, got True"),
    ],
)
def test_refuses_bad_options(options, error, message):
    with pytest.raises(error, match=message):
        search(Network(LATTICE_A), **{"beam_size": 2, "max_len": 3} | options)


def test_a_warm_state_and_prev_continue_a_prefix():
    net = Network(LATTICE_A, LATTICE_A)
    state = net.step(torch.tensor([1, 1]), net.start()).state
    options = {"beam_size": 64, "max_len": 2, "n_best": 3}
    found = beam_search(net.step, state, prev=torch.tensor([B, C]), **options)
    assert found[0][0].tokens == (A, EOS)
    assert found[0][0].log_prob == pytest.approx(math.log(0.6 * 0.8), abs=1e-6)
    assert found[1][0].tokens == (EOS,)


def test_a_language_model_continues_a_prefix():
    model = LanguageModel(9, 6, 8, cell="lstm").double().eval()
    with torch.random.fork_rng():
        torch.manual_seed(1)
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter)
    prefix = (1, 5, 6)
    warm = model(torch.tensor([prefix[:-1]])).state
    options = {"beam_size": 400, "max_len": 3, "n_best": 5}
    [found] = beam_search(model.step, warm, prev=torch.tensor([prefix[-1]]), **options)
    for h in found:
        logits = model(torch.tensor([[*prefix, *h.tokens[:-1]]])).logits[0, len(prefix) - 1 :]
        scores = logits.log_softmax(-1).gather(1, torch.tensor(h.tokens).unsqueeze(1))
        assert h.log_prob == pytest.approx(scores.sum().item(), abs=1e-9)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("kind", DECODERS)
@pytest.mark.parametrize("alpha", [0.0, 0.7])
def test_a_network_is_searched_as_if_by_lists_and_keeps_its_scores_and_weights(kind, cell, alpha):
    model, batch = network(kind, cell=cell, num_layers=2, seed=3), random_batch(3)
    wide = widen(batch, src=2, src_filler=5)
    options = {"beam_size": 3, "max_len": 5, "n_best": 3, "length_penalty": alpha}
    together = beam_search(model.step, model.start(wide.src, wide.src_lengths), **options)
    for row, found in enumerate(together):
        single = one(batch, row)
        state = model.start(single.src, single.src_lengths)
        [alone] = beam_search(model.step, state, **options)
        assert [h.tokens for h in alone] == [h.tokens for h in found]
        for h in found:
            check_teacher_forced(model, batch, row, h, width=wide.src.shape[1])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("kind", DECODERS)
def test_a_network_by_a_wide_beam_and_a_beam_of_one(kind, cell):
    model, batch = network(kind, cell=cell, seed=4), random_batch(3)
    state = model.start(batch.src, batch.src_lengths)
    greedy = greedy_search(model.step, state, max_len=4)
    for found, best in zip(
        beam_search(model.step, state, beam_size=1, max_len=4), greedy, strict=True
    ):
        agree(found, [best])
    for alpha in ALPHAS:
        options = {"max_len": 3, "n_best": 6, "length_penalty": alpha}
        expected = exhaustive_search(model.step, state, **options)
        wide = beam_search(model.step, state, beam_size=200, **options)
        for found, all_found in zip(wide, expected, strict=True):
            agree(found, all_found)


def test_holds_on_to_no_graph_and_changes_no_state():
    model, batch = network("bahdanau", cell="lstm"), random_batch(2)
    state = model.start(batch.src, batch.src_lengths)
    before = [member.clone() for member in state.recurrent]
    nbests = beam_search(model.step, state, beam_size=3, max_len=4, n_best=3)
    assert all(map(torch.equal, before, state.recurrent))
    assert not any(h.weights.requires_grad for found in nbests for h in found)
    assert torch.is_grad_enabled()
