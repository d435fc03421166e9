import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_tutor.decoding import (
    ExactResult,
    Hypothesis,
    beam_search,
    exact_search,
    exhaustive_search,
)
from seq2seq_tutor.models import LanguageModel

from ..networks import CELLS, DECODERS, network, random_batch, teacher_forced
from .tables import (
    EOS,
    LATTICE_A,
    NEVER,
    A,
    B,
    C,
    Network,
    agree,
    all_strings,
    code,
    from_probabilities,
    random_table,
    tied_table,
)

ALPHAS = [-0.5, 0.0, 0.5, 1.0]
PLENTY = 10**6


def search(net, **options):
    return exact_search(net.step, net.start(), **{"node_limit": PLENTY} | options)


def best_finished(hypotheses):
    """Give the best of an ordered list if it has finished."""
    return hypotheses[:1] if hypotheses[0].finished else []


def agree_on_best(result, expected):
    assert result.resolved
    agree([] if result.best is None else [result.best], best_finished(expected))


@pytest.mark.parametrize(
    ("alpha", "tokens", "score"),
    [(0, (C, EOS), -1.771957), (0.25, (B, A, EOS), -1.472517), (1, (B, A, EOS), -0.645981)],
)
def test_lattice_a(alpha, tokens, score):
    [found] = search(Network(LATTICE_A), max_len=3, length_penalty=alpha)
    assert found.resolved
    assert found.best.tokens == tokens
    assert found.best.finished
    assert found.best.score(alpha) == pytest.approx(score, abs=1e-6)


@settings(deadline=None, max_examples=120, derandomize=True)
@given(
    table=st.sampled_from([random_table, tied_table]),
    seed=st.integers(0, 10**6),
    sentences=st.integers(1, 3),
    max_len=st.integers(1, 4),
    alpha=st.sampled_from(ALPHAS),
    chunk=st.sampled_from([1, 2, 5, 64]),
    beam=st.sampled_from([None, 1, 2, 5]),
    dtype=st.sampled_from([torch.float16, torch.float32, torch.float64]),
)
def test_is_the_best_finished_of_all_strings(
    table, seed, sentences, max_len, alpha, chunk, beam, dtype
):
    tables = [table(f"{seed} {sentence}") for sentence in range(sentences)]
    net, start = Network(*tables, dtype=dtype), None
    if beam:
        options = {"beam_size": beam, "max_len": max_len, "length_penalty": alpha}
        start = [nbest[0] for nbest in beam_search(net.step, net.start(), **options)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("seq2seq_tutor.decoding.exact._CHUNK", chunk)
        found = search(net, max_len=max_len, length_penalty=alpha, start=start)
    for sentence, result in enumerate(found):
        expected = all_strings(net, sentence, vocab_size=6, max_len=max_len, alpha=alpha)
        agree_on_best(result, expected)
        h = result.best
        if h is None:
            continue
        assert h.tokens[-1] == EOS
        assert not {0, 1, EOS} & set(h.tokens[:-1])
        assert 0 >= h.log_prob > NEVER
        expected = [[sentence, code(h.tokens[:t])] for t in range(len(h.tokens))]
        assert h.weights.tolist() == expected
    assert all(EOS not in prefix for rows in net.asked for _, prefix in rows)


@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    table=st.sampled_from([random_table, tied_table]),
    seed=st.integers(0, 10**6),
    order=st.permutations(range(3)),
    alpha=st.sampled_from(ALPHAS),
)
def test_a_batch_is_its_sentences_alone_in_any_order(table, seed, order, alpha):
    tables = [table(f"{seed} {sentence}") for sentence in range(3)]
    options = {"max_len": 4, "length_penalty": alpha}
    alone = [search(Network(table), **options)[0] for table in tables]
    together = search(Network(*(tables[i] for i in order)), **options)
    assert together == [alone[i] for i in order]


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_ties_go_to_the_lower_tokens(monkeypatch, alpha, chunk):
    monkeypatch.setattr("seq2seq_tutor.decoding.exact._CHUNK", chunk)
    # Each string of two letters and EOS has 1/16, all of one length, and no other can end.
    table = {(): (0.25, 0.25, 0.25, 0), **dict.fromkeys([(A,), (B,), (C,)], (0.25, 0.25, 0.25, 0))}
    net = Network(from_probabilities(table, other=(0, 0, 0, 1.0)))
    [found] = search(net, max_len=5, length_penalty=alpha)
    assert found.best.tokens == (A, A, EOS)
    later = Hypothesis((C, C, EOS), found.best.log_prob, finished=True)
    [again] = search(net, max_len=5, length_penalty=alpha, start=[later])
    assert again.best.tokens == (A, A, EOS)


def test_a_tie_is_not_won_by_the_likelier_prefix():
    table = {(): (0.25, 0.5, 0.25, 0), (A,): (0.25, 0.25, 0, 0.5), (B,): (0.5, 0.25, 0, 0.25)}
    net = Network(from_probabilities(table, other=(0.5, 0.5, 0, 0)))
    assert net.score(0, (A, EOS)) == net.score(0, (B, EOS))
    assert search(net, max_len=3)[0].best.tokens == (A, EOS)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("kind", DECODERS)
@pytest.mark.parametrize("cell", CELLS)
def test_a_network(kind, cell, alpha):
    model, batch = network(kind, cell=cell, num_layers=2, seed=5), random_batch(3)
    state = model.start(batch.src, batch.src_lengths)
    options = {"max_len": 4, "length_penalty": alpha}
    expected = exhaustive_search(model.step, state, **options)
    beams = beam_search(model.step, state, beam_size=2, **options)
    for start in (None, [nbest[0] for nbest in beams]):
        found = exact_search(model.step, state, node_limit=PLENTY, start=start, **options)
        for row, (result, best) in enumerate(zip(found, expected, strict=True)):
            agree_on_best(result, best)
            h = result.best
            if h is None:
                continue
            log_prob, weights = teacher_forced(model, batch, row, h.tokens)
            assert h.log_prob == pytest.approx(log_prob, abs=1e-6)
            if weights is None:
                assert h.weights is None
            else:
                torch.testing.assert_close(h.weights[:, : weights.shape[2]], weights[0])
                assert not h.weights.requires_grad


@pytest.mark.parametrize("alpha", ALPHAS)
def test_a_language_model(alpha):
    model = LanguageModel(8, 6, 8, cell="lstm").double().eval()
    with torch.random.fork_rng():
        torch.manual_seed(1)
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter)
    options = {"max_len": 5, "length_penalty": alpha}
    [result] = exact_search(model.step, model.start(rows=1), node_limit=PLENTY, **options)
    agree_on_best(result, exhaustive_search(model.step, model.start(rows=1), **options)[0])


def test_what_cannot_win_is_not_expanded():
    # EOS has .6 at once; A .3, B .1: no string through them can have more.
    net = Network(from_probabilities({}, other=(0.3, 0.1, 0.0, 0.6)))
    [found] = search(net, max_len=50)
    assert found == ExactResult(found.best, resolved=True, nodes=1)
    assert found.best.tokens == (EOS,)
    # Where length costs, A (log .45 = -.80) scores at best twice that, below EOS (log .3 = -1.20).
    net = Network(from_probabilities({}, other=(0.45, 0.25, 0.0, 0.3)))
    [found] = search(net, max_len=50, length_penalty=-1.0)
    assert (found.nodes, found.best.tokens) == (1, (EOS,))
    # Normalised by length, A A ... EOS within 3 tokens might: .3 ** (1 / 3) > .6.
    net = Network(from_probabilities({}, other=(0.3, 0.1, 0.0, 0.6)))
    search(net, max_len=3, length_penalty=1.0)
    assert [prefix for rows in net.asked for _, prefix in rows] == [(), (A,)]


@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_the_most_probable_prefixes_come_first(monkeypatch, chunk):
    monkeypatch.setattr("seq2seq_tutor.decoding.exact._CHUNK", chunk)
    net = Network(LATTICE_A)
    search(net, max_len=3)
    asked = [[prefix for _, prefix in rows] for rows in net.asked]
    first = {1: [(A,)], 2: [(A,), (B,)], 3: [(A,), (B,), (C,)]}
    # C EOS has .17 and is known once C has been expanded.
    after = {
        1: [[(A, A)], [(A, B)], [(A, C)], [(B,)], [(B, A)], [(C,)]],
        2: [[(B, A), (A, A)], [(A, B)], [(C,)]],
        3: [[(B, A), (A, A)]],
    }
    assert asked == [[()], first[chunk], *after[chunk]]


def test_a_start_saves_work_and_comes_back_if_nothing_is_better():
    net = Network(*(random_table(seed, vocab_size=12) for seed in range(5)))
    alone = search(net, max_len=6)
    best = [result.best for result in alone]
    again = search(net, max_len=6, start=best)
    assert [result.best for result in again] == best
    assert all(result.resolved for result in (*alone, *again))
    assert sum(r.nodes for r in again) < sum(r.nodes for r in alone)


def test_a_start_that_has_not_finished_sets_no_bound():
    net = Network(LATTICE_A)
    unfinished = Hypothesis((A, A, A), -0.1, finished=False)
    assert search(net, max_len=3, start=[unfinished]) == search(net, max_len=3)
    assert search(net, max_len=3, start=[None]) == search(net, max_len=3)


def test_a_limit_is_never_passed_and_says_what_it_left_open():
    net = Network(random_table(1, vocab_size=9))
    [whole] = search(net, max_len=5, length_penalty=1.0)
    assert whole.nodes > 20
    for limit in range(1, whole.nodes + 3):
        net.asked.clear()
        [found] = search(net, max_len=5, length_penalty=1.0, node_limit=limit)
        assert sum(map(len, net.asked)) == found.nodes <= limit
        if found.resolved:
            assert found.best == whole.best
        else:
            assert found.nodes == limit
            assert found.best is None or found.best.score(1) <= whole.best.score(1)
        assert found.resolved or limit < whole.nodes


def test_a_limit_that_is_just_enough_resolves():
    net = Network(LATTICE_A)
    [whole] = search(net, max_len=3)
    assert search(net, max_len=3, node_limit=whole.nodes) == [whole]
    [short] = search(net, max_len=3, node_limit=whole.nodes - 1)
    assert (short.resolved, short.nodes) == (False, whole.nodes - 1)


def test_an_unresolved_sentence_gives_back_the_best_so_far():
    net = Network(LATTICE_A)
    start = Hypothesis((A, A, EOS), math.log(0.07), finished=True)
    [none, some] = (
        search(net, max_len=3, node_limit=1, start=[first])[0] for first in (None, start)
    )
    assert none == ExactResult(None, resolved=False, nodes=1)
    assert some == ExactResult(start, resolved=False, nodes=1)


def test_the_limit_is_each_sentences_own():
    certain = from_probabilities({}, other=(0, 0, 0, 1.0))
    found = search(Network(LATTICE_A, certain, LATTICE_A), max_len=3, node_limit=2)
    assert [result.resolved for result in found] == [False, True, False]


@pytest.mark.parametrize("max_len", [1, 3])
def test_no_string_that_ends_is_none_and_resolved(max_len):
    net = Network(from_probabilities({}, other=(0.5, 0.5, 0, 0)))
    [found] = search(net, max_len=max_len)
    assert (found.best, found.resolved) == (None, True)
    assert found.nodes == 2**max_len - 1


def test_a_large_vocabulary_is_not_refused():
    net = Network(random_table(4, vocab_size=3000))
    [found] = search(net, max_len=100, node_limit=50)
    assert found.nodes <= 50


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("value", [math.nan, NEVER])
def test_logits_that_cannot_be_decoded_are_refused_with_their_step(number, value):
    def table(prefix):
        return [0.0] * 2 + ([value] * 5 if len(prefix) == number - 1 else [-5.0, *[0.0] * 4])

    with pytest.raises(ValueError, match=f"step {number}: "):
        search(Network(table), max_len=5)


FINISHED = Hypothesis((A, B, C, EOS), -1.0, finished=True)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"max_len": 0}, ValueError, "max_len must be at least 1, got 0"),
        ({"max_len": 3.0}, TypeError, "max_len must be an int, got 3.0"),
        ({"node_limit": 0}, ValueError, "node_limit must be at least 1, got 0"),
        ({"node_limit": 1e6}, TypeError, "node_limit must be an int, got 1000000.0"),
        ({"length_penalty": math.nan}, ValueError, "length_penalty must be finite, got nan"),
        ({"length_penalty": math.inf}, ValueError, "length_penalty must be finite, got inf"),
        ({"start": []}, ValueError, "start has 0 hypotheses but state has 1 rows"),
        ({"start": [[FINISHED]]}, TypeError, r"start\[0\] must be a Hypothesis.*give the first"),
        ({"start": [FINISHED]}, ValueError, r"start\[0\] has 4 tokens, more than max_len=3"),
    ],
)
def test_refuses_bad_options(options, error, message):
    with pytest.raises(error, match=message):
        search(Network(LATTICE_A), **{"max_len": 3} | options)


def test_refuses_a_state_without_rows():
    with pytest.raises(ValueError, match="state has no rows"):
        search(Network(), max_len=3)


def test_holds_on_to_no_graph_and_changes_no_state():
    model, batch = network("bahdanau", cell="lstm"), random_batch(2)
    state = model.start(batch.src, batch.src_lengths)
    before = [member.clone() for member in state.recurrent]
    exact_search(model.step, state, max_len=3, node_limit=100)
    assert all(map(torch.equal, before, state.recurrent))
    assert torch.is_grad_enabled()
