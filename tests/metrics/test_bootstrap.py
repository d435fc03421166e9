"""The bootstrap against brute force, sacreBLEU, and what follows from its definition."""

import random
import statistics

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import BLEU
from sacrebleu.significance import PairedTest

from seq2seq_tutor.metrics import bootstrap_interval, corpus_bleu, paired_bootstrap
from seq2seq_tutor.metrics.bleu import _corpus_statistics, _pooled, _score
from seq2seq_tutor.metrics.bootstrap import _bounds, _scores, _table

tokens = st.lists(st.sampled_from("abc"), max_size=9)
corpora = st.lists(
    st.tuples(tokens, st.lists(tokens, min_size=1, max_size=2)), min_size=1, max_size=4
)
few = settings(max_examples=100, deadline=None, derandomize=True)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def system(references, error, seed):
    """Return the references with a share of their tokens exchanged."""
    draw = random.Random(seed)
    return [
        [draw.choice("abcdefgh") if draw.random() < error else token for token in reference]
        for (reference,) in references
    ]


@pytest.fixture(scope="module")
def references():
    draw = random.Random(0)
    return [[draw.choices("abcdefgh", k=draw.randint(3, 14))] for _ in range(150)]


# the score of resamples


@few
@given(corpora, st.integers(1, 6))
def test_scores_of_pooled_statistics_are_those_of_corpus_bleu(corpus, max_order):
    hypotheses, own = zip(*corpus, strict=True)
    segments = _corpus_statistics(hypotheses, own, max_order)
    wanted = corpus_bleu(hypotheses, own, max_order=max_order).score
    assert _score(_pooled(segments), "none", effective_order=False).score == wanted
    table = _table(segments)
    assert _scores(table.sum(dim=0)).item() == pytest.approx(wanted, abs=1e-9)
    singly = [corpus_bleu([h], [r], max_order=max_order).score for h, r in corpus]
    assert _scores(table).tolist() == pytest.approx(singly, abs=1e-9)


def test_each_resample_is_a_corpus_drawn_with_replacement(references):
    references = references[:20]
    a, b = system(references, 0.2, 1), system(references, 0.3, 2)
    resamples, size, generator = 30, len(a), seeded(5)
    scores = {"a": [], "b": []}
    for _ in range(resamples):
        rows = torch.randint(size, (size,), generator=generator).tolist()
        drawn = [references[row] for row in rows]
        scores["a"].append(corpus_bleu([a[row] for row in rows], drawn).score)
        scores["b"].append(corpus_bleu([b[row] for row in rows], drawn).score)
    interval = bootstrap_interval(a, references, resamples=resamples, generator=seeded(5))
    assert interval.mean == pytest.approx(statistics.mean(scores["a"]), abs=1e-9)
    assert interval.low == pytest.approx(min(scores["a"]), abs=1e-9)  # 2.5 % of 30 are none
    assert interval.high == pytest.approx(max(scores["a"]), abs=1e-9)
    assert interval.score == corpus_bleu(a, references).score

    differences = [x - y for x, y in zip(scores["a"], scores["b"], strict=True)]
    spread = [abs(d) - statistics.mean(map(abs, differences)) for d in differences]
    found = paired_bootstrap(a, b, references, resamples=resamples, generator=seeded(5))
    assert found.score_b == corpus_bleu(b, references).score
    assert found.difference == found.score_a - found.score_b
    assert (found.low, found.high) == pytest.approx((min(differences), max(differences)), abs=1e-9)
    assert found.p_value == (sum(d >= abs(found.difference) for d in spread) + 1) / 31


# sacreBLEU


def by_sacrebleu(systems, references, resamples):
    """Return each system's score, mean, half interval and p-value against the first one."""
    named = [(str(i), [" ".join(text) for text in each]) for i, each in enumerate(systems)]
    test = PairedTest(
        named,
        {"BLEU": BLEU(tokenize="none", smooth_method="none", force=True)},
        [[" ".join(own[0]) for own in references]],
        test_type="bs",
        n_samples=resamples,
    )
    return test()[1]["BLEU"]


def test_intervals_and_verdicts_are_sacrebleus(references):
    resamples = 1000
    base = system(references, 0.30, 1)
    others = [
        system(references, error, seed)
        for error, seed in ((0.10, 2), (0.22, 3), (0.26, 4), (0.28, 2), (0.28, 4), (0.35, 4))
    ]
    theirs = by_sacrebleu([base, *others], references, resamples)
    verdicts = set()
    for hypotheses, their in zip([base, *others], theirs, strict=True):
        interval = bootstrap_interval(
            hypotheses, references, resamples=resamples, generator=seeded(1)
        )
        assert interval.score == pytest.approx(their.score, abs=1e-9)
        error = 2 * their.ci / 1.96 / resamples**0.5  # of a mean of that many resamples
        assert interval.mean == pytest.approx(their.mean, abs=4 * error)
        assert (interval.high - interval.low) / 2 == pytest.approx(their.ci, rel=0.15)
    for hypotheses, their in zip(others, theirs[1:], strict=True):
        found = paired_bootstrap(
            base, hypotheses, references, resamples=resamples, generator=seeded(1)
        )
        p = their.p_value
        assert not 0.03 < p < 0.08, "too near the verdict to agree on every draw; change a seed"
        assert found.p_value == pytest.approx(p, abs=5 * (p * (1 - p) / resamples) ** 0.5 + 0.002)
        assert (found.p_value < 0.05) == (p < 0.05)
        verdicts.add(p < 0.05)
    assert verdicts == {True, False}


@given(st.integers(1, 3000))
@few
def test_bounds_are_cut_where_sacrebleu_cuts(size):
    cut = size // 40
    values = torch.arange(size).flip(0)
    assert _bounds(values, 0.95) == (cut, size - 1 - cut)


# properties


@pytest.mark.parametrize("confidence", [1e-12, 0.5, 0.9, 1 - 1e-12])
@pytest.mark.parametrize("size", [1, 2, 3, 40, 1001])
def test_bounds_leave_the_share_that_was_asked_for(size, confidence):
    low, high = _bounds(torch.arange(size), confidence)
    assert low + high == size - 1
    assert high - low + 1 >= size * confidence * (1 - 1e-9)
    assert low <= high


def test_a_higher_confidence_gives_a_wider_interval(references):
    hypotheses = system(references, 0.3, 1)
    intervals = [
        bootstrap_interval(hypotheses, references, confidence=c) for c in (0.5, 0.8, 0.95, 0.99)
    ]
    lows, highs = zip(*((each.low, each.high) for each in intervals), strict=True)
    assert list(lows) == sorted(lows, reverse=True)
    assert list(highs) == sorted(highs)
    assert lows[0] < intervals[0].score < highs[0]


def test_more_sentences_give_a_narrower_interval(references):
    hypotheses = system(references, 0.3, 1)
    once = bootstrap_interval(hypotheses, references)
    often = bootstrap_interval(hypotheses * 9, references * 9)
    assert often.score == pytest.approx(once.score)
    assert (once.high - once.low) / (often.high - often.low) == pytest.approx(3, rel=0.15)


def test_a_system_and_itself_differ_in_nothing(references):
    hypotheses = system(references, 0.3, 1)
    found = paired_bootstrap(hypotheses, hypotheses, references)
    assert (found.difference, found.low, found.high, found.p_value) == (0, 0, 0, 1)


def test_exchanging_the_systems_turns_the_difference_round(references):
    a, b = system(references, 0.3, 1), system(references, 0.25, 2)
    one = paired_bootstrap(a, b, references, generator=seeded())
    other = paired_bootstrap(b, a, references, generator=seeded())
    assert (one.score_a, one.score_b) == (other.score_b, other.score_a)
    assert one.difference == -other.difference != 0
    assert (one.low, one.high) == (-other.high, -other.low)
    assert one.p_value == other.p_value


def test_the_same_generator_gives_the_same_and_the_caller_keeps_his(references):
    hypotheses = system(references, 0.3, 1)
    before = torch.get_rng_state()
    first = bootstrap_interval(hypotheses, references, generator=seeded(3))
    assert first == bootstrap_interval(hypotheses, references, generator=seeded(3))
    assert first != bootstrap_interval(hypotheses, references, generator=seeded(4))
    assert bootstrap_interval(hypotheses, references) == bootstrap_interval(hypotheses, references)
    better = system(references, 0.2, 2)
    pair = [paired_bootstrap(hypotheses, better, references) for _ in range(2)]
    assert pair[0] == pair[1]
    assert torch.equal(torch.get_rng_state(), before)


def test_the_order_that_is_asked_for_is_the_one_scored(references):
    hypotheses = system(references, 0.3, 1)
    for order in (1, 2):
        wanted = corpus_bleu(hypotheses, references, max_order=order).score
        assert bootstrap_interval(hypotheses, references, max_order=order).score == wanted
        found = paired_bootstrap(hypotheses, hypotheses, references, max_order=order)
        assert found.score_a == found.score_b == wanted


def test_one_sentence_and_empty_ones_can_be_resampled():
    whole = list("abcd")
    interval = bootstrap_interval([whole], [[whole]], resamples=1)
    assert (interval.score, interval.mean, interval.low, interval.high) == (100,) * 4
    nothing = bootstrap_interval([[], []], [[whole], [[]]], resamples=5)
    assert (nothing.score, nothing.low, nothing.high) == (0, 0, 0)
    assert paired_bootstrap([[]], [whole], [[whole]]).difference == -100


def test_repr_says_what_was_found(references):
    found = bootstrap_interval([list("abcd")], [[list("abcd")]], confidence=0.9, resamples=7)
    assert repr(found) == "BLEU 100.00, 90% interval [100.00, 100.00] of 7 resamples"
    pair = paired_bootstrap([list("abcd")], [[]], [[list("abcd")]], confidence=0.999, resamples=9)
    assert repr(pair) == (
        "BLEU 100.00 - 0.00 = 100.00, 99.9% interval [100.00, 100.00] of 9 resamples, p = 0.100"
    )


# refusals

ONE, REFS = [["a"]], [[["a"]]]


@pytest.mark.parametrize(
    ("hypotheses", "references", "error", "said"),
    [
        ([], [], ValueError, "^no hypotheses{} to score"),
        ([["a"], ["b"]], REFS, ValueError, "^2 hypotheses{} but references for 1"),
        (["a b"], REFS, TypeError, r"^hypotheses{}\[0\] must be a list of tokens, got str"),
        ("a b", REFS, TypeError, "^hypotheses{} must be a list, got 'a b'"),
        (ONE, [["a"]], TypeError, r"references\[0\]\[0\] is the str 'a'"),
        (ONE, [[]], ValueError, r"references\[0\] is empty"),
    ],
)
def test_what_is_no_corpus_is_refused(hypotheses, references, error, said):
    with pytest.raises(error, match=said.format("")):
        bootstrap_interval(hypotheses, references)
    with pytest.raises(error, match=said.format("_a")):
        paired_bootstrap(hypotheses, hypotheses, references)


@pytest.mark.parametrize(
    ("hypotheses", "error", "said"),
    [
        ([], ValueError, "^0 hypotheses_b but references for 1"),
        (["a"], TypeError, r"^hypotheses_b\[0\] must be a list of tokens, got str"),
    ],
)
def test_the_second_system_is_named_too(hypotheses, error, said):
    with pytest.raises(error, match=said):
        paired_bootstrap(ONE, hypotheses, REFS)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"resamples": 0}, ValueError, "resamples must be at least 1, got 0"),
        ({"resamples": 1e3}, TypeError, r"resamples must be an int, got 1000\.0"),
        ({"confidence": 0}, ValueError, "confidence must be greater than 0, got 0"),
        ({"confidence": 1}, ValueError, "confidence must be below 1, got 1"),
        ({"confidence": 95}, ValueError, "confidence must be below 1, got 95"),
        ({"confidence": float("nan")}, ValueError, "confidence must be finite"),
        ({"confidence": "0.95"}, TypeError, "confidence must be a number"),
        ({"generator": 0}, TypeError, "generator must be a torch.Generator, got 0; write"),
        ({"max_order": 0}, ValueError, "max_order must be at least 1, got 0"),
        ({"max_order": 11}, ValueError, "max_order must be at most 10, got 11"),
    ],
)
def test_wrong_options_are_refused(options, error, said):
    with pytest.raises(error, match=said):
        bootstrap_interval(ONE, REFS, **options)
    with pytest.raises(error, match=said):
        paired_bootstrap(ONE, ONE, REFS, **options)
