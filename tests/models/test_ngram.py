"""N-gram models: against nltk, against counting by hand, and as distributions over all strings."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from nltk.lm import MLE, Laplace, Lidstone, Vocabulary
from nltk.lm.counter import NgramCounter

from seq2seq_tutor.decoding import (
    beam_search,
    exhaustive_search,
    greedy_search,
    sample,
)
from seq2seq_tutor.metrics import perplexity
from seq2seq_tutor.models import NGramModel, count_ngrams, fit_weights
from seq2seq_tutor.text import BOS, EOS, PAD, UNK

V = 7  # EOS, UNK and three tokens can occur
TOKENS = [UNK, 4, 5, 6]
corpora = st.lists(st.lists(st.sampled_from([4, 5, 6]), max_size=5), min_size=1, max_size=6)
sentences = st.lists(st.sampled_from(TOKENS), max_size=5)
orders = st.integers(0, 3)
many = settings(max_examples=60, deadline=None, derandomize=True)


@st.composite
def models(draw, orders=orders):
    """Draw counts of a small corpus and a smoothed model of them."""
    counts = count_ngrams(draw(corpora), draw(orders))
    if draw(st.booleans()):
        return NGramModel(counts, V, alpha=draw(st.floats(1e-3, 2)))
    parts = [draw(st.floats(0.01, 1)) for _ in range(len(counts) + 1)]
    return NGramModel(counts, V, weights=[part / sum(parts) for part in parts])


def nltk_model(kind, corpus, n):
    """Give nltk's model of the same text: only tokens that can occur are counted as next ones."""
    # nltk's size counts an unknown token of its own, which plays UNK here.
    model = kind(n, vocabulary=Vocabulary([EOS, 4, 5, 6]))
    padded = [(BOS,) * (n - 1) + (*sentence, EOS) for sentence in corpus]
    model.counts = NgramCounter(
        [
            [
                tuple(ids[end - k + 1 : end + 1])
                for end in range(n - 1, len(ids))
                for k in range(1, n + 1)
            ]
            for ids in padded
        ]
    )
    assert len(model.vocab) == V - 2
    return model


@many
@given(corpora, st.integers(1, 3), sentences, st.sampled_from([0, 0.01, 0.5, 1]))
def test_adding_alpha_is_nltks(corpus, n, before, alpha):
    ours = NGramModel(count_ngrams(corpus, n), V, alpha=alpha)
    kinds = {
        0: MLE,
        1: Laplace,
    }
    kind = kinds.get(alpha, lambda n, vocabulary: Lidstone(alpha, n, vocabulary=vocabulary))
    theirs = nltk_model(kind, corpus, n)
    context = ((BOS,) * (n - 1) + tuple(before))[len(before) :]
    for token in (EOS, UNK, 4, 5, 6):
        expected = theirs.unmasked_score(token, context)
        assert ours.probability(token, before) == pytest.approx(expected, abs=1e-12)


def mixture_by_hand(corpus, weights, token, before):
    """Count anew for every order and mix what has a count."""
    n = len(weights) - 1
    padded = [(BOS,) * n + (*sentence, EOS) for sentence in corpus]
    history = (BOS,) * n + tuple(before)
    parts = [(weights[0], 1 / (V - 2))]
    for order in range(1, n + 1):
        context = history[len(history) - order + 1 :]
        found = [
            ids[end]
            for ids in padded
            for end in range(n, len(ids))
            if ids[end - order + 1 : end] == context
        ]
        if found:
            parts.append((weights[order], found.count(token) / len(found)))
    return sum(weight * p for weight, p in parts) / sum(weight for weight, _ in parts)


@many
@given(corpora, sentences)
def test_weights_mix_the_orders_that_have_a_count(corpus, before):
    weights = (0.1, 0.2, 0.3, 0.4)
    model = NGramModel(count_ngrams(corpus, 3), V, weights=weights)
    for token in (EOS, *TOKENS):
        expected = mixture_by_hand(corpus, weights, token, before)
        assert model.probability(token, before) == pytest.approx(expected, abs=1e-12)


@many
@given(models(), sentences)
def test_what_can_occur_sums_to_one(model, before):
    probabilities = [model.probability(token, before) for token in range(V)]
    assert probabilities[PAD] == probabilities[BOS] == 0
    assert min(probabilities[EOS:]) > 0
    assert sum(probabilities) == pytest.approx(1)


@many
@given(models(), st.lists(sentences, min_size=1, max_size=3))
def test_the_nll_is_the_sum_over_tokens_and_steps(model, texts):
    by_token, by_step, tokens = 0.0, 0.0, 0
    for text in texts:
        state, prev = model.start(rows=1), BOS
        for position, token in enumerate([*text, EOS]):
            by_token -= math.log(model.probability(token, text[:position]))
            output = model.step(torch.tensor([prev]), state)
            by_step -= output.logits.log_softmax(-1)[0, token].item()
            state, prev, tokens = output.state, token, tokens + 1
    nll, counted = model.nll(texts)
    assert counted == tokens
    assert nll == pytest.approx(by_token) == pytest.approx(by_step)


@many
@given(models())
def test_strings_up_to_a_length_and_longer_prefixes_have_all_the_probability(model):
    def probability_of(ids):
        return math.prod(model.probability(t, ids[:at]) for at, t in enumerate(ids))

    total = sum(
        probability_of((*text, EOS))
        for n in range(3)
        for text in itertools.product(TOKENS, repeat=n)
    )
    going_on = sum(probability_of(text) for text in itertools.product(TOKENS, repeat=3))
    assert total + going_on == pytest.approx(1)


@pytest.mark.parametrize("options", [{"alpha": 0}, {"alpha": 1}, {"weights": [1]}])
def test_without_counts_the_model_is_uniform_over_what_can_occur(options):
    model = NGramModel([], V, **options)
    assert perplexity(*model.nll([[4, 5, UNK], []])) == pytest.approx(V - 2)


def test_a_hand_table():
    # Next tokens of BOS: 4 4; of 4: 5 4 EOS; of 5: EOS. Six tokens: 4 three times, 5, EOS twice.
    counts = count_ngrams([[4, 5], [4, 4]], 2)
    assert counts[0] == {(): {4: 3, 5: 1, EOS: 2}}
    assert counts[1] == {(BOS,): {4: 2}, (4,): {5: 1, 4: 1, EOS: 1}, (5,): {EOS: 1}}
    assert NGramModel(counts, V, alpha=0).probability(5, [BOS, 4]) == pytest.approx(1 / 3)
    assert NGramModel(counts, V, alpha=1).probability(5, [4]) == pytest.approx(2 / 8)
    assert NGramModel(counts, V, alpha=1).probability(6, [6]) == pytest.approx(1 / 5)
    mixed = NGramModel(counts, V, weights=(0.2, 0.3, 0.5))
    assert mixed.probability(5, [4]) == pytest.approx(0.2 / 5 + 0.3 / 6 + 0.5 / 3)
    assert mixed.probability(5, [6]) == pytest.approx(0.4 / 5 + 0.6 / 6)  # 6 was never seen


def test_relative_frequencies_know_nothing_else():
    counts = count_ngrams([[4, 5], [4, 4]], 2)
    model = NGramModel(counts, V, alpha=0)
    assert model.nll([[5]]) == (math.inf, 2)
    assert [model.probability(token, [6]) for token in range(V)] == [0.0] * V
    assert (model.step(torch.tensor([6]), model.start(rows=1)).logits == -math.inf).all()
    assert model.nll([[4, 5]])[0] == pytest.approx(-math.log(1 / 3))


def test_lower_orders_are_a_slice_of_the_counts():
    corpus = [[4, 5, 6, 4], [5], []]
    assert count_ngrams(corpus, 3)[:2] == count_ngrams(corpus, 2)


def test_a_state_holds_the_last_tokens_of_each_row():
    model = NGramModel(count_ngrams([[4, 5]], 3), V, alpha=1)
    state = model.start(rows=2)
    for prev in ([BOS, BOS], [4, 5], [6, 4]):
        state = model.step(torch.tensor(prev), state).state
    assert state.recurrent[0].tolist() == [[[4, 6], [5, 4]]]
    assert state.select(torch.tensor([1, 1])).recurrent[0].tolist() == [[[5, 4], [5, 4]]]


@many
@given(models())
def test_searches_run_on_it(model):
    exact = exhaustive_search(model.step, model.start(rows=1), max_len=3)[0][0]
    (beam,) = beam_search(model.step, model.start(rows=1), beam_size=64, max_len=3)[0]
    assert beam.tokens == exact.tokens
    if exact.finished:
        assert exact.log_prob == pytest.approx(-model.nll([exact.tokens[:-1]])[0])
    greedy = greedy_search(model.step, model.start(rows=2), max_len=4)
    assert greedy[0] == greedy[1]


def test_samples_follow_the_probabilities():
    model = NGramModel(count_ngrams([[4, 5], [4, 4], [5]], 2), V, weights=(0.1, 0.3, 0.6))
    generator = torch.Generator().manual_seed(0)
    drawn = sample(model.step, model.start(rows=4000), max_len=1, generator=generator)
    for token in (EOS, *TOKENS):
        share = sum(h.tokens == (token,) for h in drawn) / len(drawn)
        assert share == pytest.approx(model.probability(token), abs=0.03)


@many
@given(corpora, st.lists(sentences, min_size=1, max_size=4), orders)
def test_no_step_of_em_makes_the_held_out_text_less_probable(corpus, held_out, n):
    counts = count_ngrams(corpus, n)
    fitted = [fit_weights(counts, V, held_out, steps=steps) for steps in range(6)]
    assert fitted[0] == (1 / (n + 1),) * (n + 1)
    assert all(sum(weights) == pytest.approx(1) for weights in fitted)
    losses = [NGramModel(counts, V, weights=w).nll(held_out)[0] for w in fitted]
    assert all(after <= before + 1e-9 for before, after in itertools.pairwise(losses))


@many
@given(corpora, st.lists(sentences, min_size=1, max_size=4))
def test_em_finds_the_best_weights_of_two_orders(corpus, held_out):
    counts = count_ngrams(corpus, 1)
    weights = fit_weights(counts, V, held_out, steps=300)
    found = NGramModel(counts, V, weights=weights).nll(held_out)[0]
    grid = [k / 50 for k in range(1, 51)]
    best = min(NGramModel(counts, V, weights=(w, 1 - w)).nll(held_out)[0] for w in grid)
    assert found <= best + 1e-3


@many
@given(corpora)
def test_on_the_counted_text_itself_the_highest_order_takes_nearly_all(corpus):
    assume(any(corpus))
    weights = fit_weights(count_ngrams(corpus, 2), V, corpus, steps=300)
    mixed = NGramModel(count_ngrams(corpus, 2), V, weights=weights).nll(corpus)[0]
    mle = NGramModel(count_ngrams(corpus, 2), V, alpha=0).nll(corpus)[0]
    assert mixed == pytest.approx(mle, abs=0.05 * (1 + mle))


def test_an_order_that_no_token_reaches_has_no_weight():
    assert fit_weights(count_ngrams([], 2), V, [[4]]) == (1, 0, 0)


def test_many_steps_leave_the_uniform_distribution_a_weight():
    text = [[4, 5, 6]] * 40
    counts = count_ngrams(text, 3)
    weights = fit_weights(counts, 4000, text, steps=100)
    assert 0 < weights[0] < 1e-300
    assert sum(weights) == 1
    assert NGramModel(counts, 4000, weights=weights).nll(text)[0] < 1


@pytest.mark.parametrize("kind", [torch.tensor, np.array])
def test_ids_of_torch_and_numpy_are_ids(kind):
    model = NGramModel(count_ngrams([[4, 5], [4, 4]], 2), V, weights=(0.1, 0.4, 0.5))
    wanted = model.probability(5, [6, 4])
    assert model.probability(kind(5), kind([6, 4])) == wanted
    assert model.probability(5, [6, kind(4)]) == wanted
    assert model.nll(kind([[4, 5]])) == model.nll([[4, 5]])


def test_alpha_is_a_plain_float():
    counts = count_ngrams([[4, 5]], 2)
    found = NGramModel(counts, V, alpha=torch.tensor(0.5)).probability(5, [4])
    assert type(found) is float
    assert found == NGramModel(counts, V, alpha=0.5).probability(5, [4])


def test_weights_may_miss_one_by_rounding():
    assert NGramModel([], V, weights=[1 - 1e-7]).weights == (1 - 1e-7,)


BIGRAMS = NGramModel(count_ngrams([[4, 5]], 2), V, alpha=1)
UNIGRAMS = count_ngrams([[4]], 1)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: count_ngrams(None, 2), TypeError, "sentences must be a list of sentences, got No"),
        (lambda: count_ngrams("45", 2), TypeError, "sentences must be a list of sentences, got st"),
        (
            lambda: count_ngrams([4, 5], 2),
            TypeError,
            r"sentences\[0\] must be a list of ids, got int: 4; .* a single sentence into a list",
        ),
        (
            lambda: count_ngrams(torch.tensor([4, 5]), 2),
            TypeError,
            r"sentences\[0\] must be a list of ids, got Tensor",
        ),
        (lambda: count_ngrams([b"45"], 2), TypeError, r"sentences\[0\] must be a list of ids"),
        (lambda: BIGRAMS.nll(None), TypeError, "sentences must be a list of sentences"),
        (lambda: BIGRAMS.nll([4, 5]), TypeError, r"sentences\[0\] must be a list of ids, got int"),
        (lambda: fit_weights([], 7, [4]), TypeError, r"held_out\[0\] must be a list of ids"),
        (lambda: fit_weights([], 7, None), TypeError, "held_out must be a list of sentences"),
        (lambda: BIGRAMS.probability(5, "4"), TypeError, "before must be a list of ids, got str"),
        (lambda: BIGRAMS.probability(5, 4), TypeError, "before must be a list of ids, got int"),
        (lambda: BIGRAMS.probability(5, ["4"]), TypeError, r"before\[0\] must be an int, got '4'"),
        (lambda: BIGRAMS.probability(5, [4, 7]), ValueError, r"before\[1\] must be at most 6"),
        (
            lambda: BIGRAMS.step(torch.tensor([-5]), BIGRAMS.start(1)),
            ValueError,
            "prev must be ids from 0 to 6",
        ),
        (
            lambda: BIGRAMS.step(torch.tensor([7]), BIGRAMS.start(1)),
            ValueError,
            "prev must be ids from 0 to 6",
        ),
        (
            lambda: BIGRAMS.step(torch.tensor([4.5]), BIGRAMS.start(1)),
            TypeError,
            "prev must be an int64 tensor",
        ),
        (
            lambda: BIGRAMS.step(torch.tensor([4]), NGramModel([], 7, alpha=1).start(1)),
            ValueError,
            "the last 0 ids of each row, and a model of order 2 reads 1",
        ),
        (lambda: NGramModel(None, 7, alpha=1), TypeError, "counts must be a list of dicts"),
        (lambda: NGramModel(UNIGRAMS[0], 7, alpha=1), TypeError, "counts must be a list of dicts"),
        (
            lambda: NGramModel([{(4,): Counter({4: 1})}], 7, alpha=1),
            ValueError,
            r"contexts of counts\[0\] must be tuples of 0 ids",
        ),
        (
            lambda: NGramModel([{(): Counter({PAD: 5, 4: 1})}], 7, alpha=1),
            ValueError,
            "the counts hold id 0, .* from 2 up",
        ),
        (
            lambda: NGramModel([*UNIGRAMS, {(4,): Counter({99: 1})}], 7, alpha=1),
            ValueError,
            "the counts hold id 99, but vocab_size is 7",
        ),
        (
            lambda: NGramModel([{(): Counter({"a": 1})}], 7, alpha=1),
            TypeError,
            "the counts hold 'a', which is no id",
        ),
        (
            lambda: NGramModel(UNIGRAMS, 7, alpha=1e308),
            ValueError,
            r"alpha must be at most 1e\+100",
        ),
        (lambda: NGramModel([], 7, weights=[0.99999]), ValueError, "must sum to 1"),
        (lambda: NGramModel([], 7, weights=[1.00001]), ValueError, "must sum to 1"),
        (lambda: count_ngrams([[4]], -1), ValueError, "n must be at least 0"),
        (lambda: count_ngrams([[4, EOS]], 2), ValueError, r"sentences\[0\]\[1\] is 2; the ids of"),
        (
            lambda: count_ngrams([["a"]], 2),
            TypeError,
            r"sentences\[0\]\[0\] must be an id, got 'a'",
        ),
        (lambda: NGramModel([], 7), ValueError, "give alpha, .* or weights"),
        (lambda: NGramModel([], 7, alpha=1, weights=[1]), ValueError, "give alpha, .* or weights"),
        (lambda: NGramModel([], 2, alpha=1), ValueError, "vocab_size must be at least 3"),
        (lambda: NGramModel([], 7, alpha=-1), ValueError, "alpha must be at least 0"),
        (
            lambda: NGramModel([], 7, weights=[0.5, 0.5]),
            ValueError,
            "2 weights for the orders 0 to 0",
        ),
        (lambda: NGramModel([], 7, weights=[0.9]), ValueError, r"must sum to 1, got 0\.9"),
        (
            lambda: NGramModel(count_ngrams([[4]], 1), 7, weights=[0, 1]),
            ValueError,
            r"weights\[0\], of the uniform",
        ),
        (
            lambda: NGramModel(count_ngrams([[4]], 1), 7, weights=[1.5, -0.5]),
            ValueError,
            r"weights\[1\] must be at least 0",
        ),
        (
            lambda: NGramModel(count_ngrams([[9]], 1), 7, alpha=1),
            ValueError,
            "the counts hold id 9, but vocab_size is 7",
        ),
        (
            lambda: NGramModel([], 7, alpha=1).nll([[4], [7]]),
            ValueError,
            r"sentences\[1\]\[0\] is 7; .* below vocab_size, 7",
        ),
        (lambda: NGramModel([], 7, alpha=1).probability(7), ValueError, "token must be at most 6"),
        (lambda: NGramModel([], 7, alpha=1).start(0), ValueError, "rows must be at least 1"),
        (
            lambda: NGramModel([], 7, alpha=1).step(
                torch.tensor([1, 1]), NGramModel([], 7, alpha=1).start(1)
            ),
            ValueError,
            r"prev must be \(1,\)",
        ),
        (lambda: fit_weights([], 7, []), ValueError, "held_out has no sentence"),
        (lambda: fit_weights([], 7, [[9]]), ValueError, r"held_out\[0\]\[0\] is 9"),
    ],
)
def test_refuses(call, error, said):
    with pytest.raises(error, match=said):
        call()
