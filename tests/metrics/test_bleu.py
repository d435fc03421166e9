"""BLEU against sacreBLEU, the values of the literature, and what may not change a score."""

from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import BLEU

from seq2seq_tutor.metrics import corpus_bleu, sentence_bleu

SMOOTHINGS = ("none", "floor", "add-k", "exp")
sentences = st.lists(st.sampled_from("abcd"), max_size=12)
several = st.lists(sentences, min_size=1, max_size=3)
segments = st.tuples(sentences, several)
corpora = st.lists(segments, min_size=1, max_size=5)
smoothings, orders = st.sampled_from(SMOOTHINGS), st.integers(1, 6)
many = settings(max_examples=400, deadline=None, derandomize=True)
few = settings(max_examples=100, deadline=None, derandomize=True)


def bleu(corpus, **options):
    hypotheses, references = zip(*corpus, strict=True)
    return corpus_bleu(hypotheses, references, **options)


def split(*texts):
    return [text.split() for text in texts]


def sacrebleu(corpus, max_order, smoothing, *, effective_order):
    metric = BLEU(
        tokenize="none",
        force=True,
        max_ngram_order=max_order,
        smooth_method=smoothing,
        effective_order=effective_order,
    )
    width = max(len(references) for _, references in corpus)
    streams = [
        [" ".join(own[i]) if i < len(own) else None for _, own in corpus] for i in range(width)
    ]
    return metric.corpus_score([" ".join(hypothesis) for hypothesis, _ in corpus], streams)


def assert_equal(ours, theirs):
    assert ours.score == pytest.approx(theirs.score, abs=1e-9)
    assert ours.precisions == pytest.approx(theirs.precisions, abs=1e-9)
    assert ours.brevity_penalty == pytest.approx(theirs.bp, abs=1e-9)
    assert (ours.sys_len, ours.ref_len) == (theirs.sys_len, theirs.ref_len)


# sacreBLEU


@many
@given(corpora, orders, smoothings)
def test_corpus_bleu_equals_sacrebleu(corpus, max_order, smoothing):
    ours = bleu(corpus, max_order=max_order, smoothing=smoothing)
    assert_equal(ours, sacrebleu(corpus, max_order, smoothing, effective_order=False))


@many
@given(segments, orders, smoothings)
def test_sentence_bleu_equals_sacrebleu_with_effective_order(segment, max_order, smoothing):
    ours = sentence_bleu(*segment, max_order=max_order, smoothing=smoothing)
    assert_equal(ours, sacrebleu([segment], max_order, smoothing, effective_order=True))


@few
@given(segments)
def test_the_defaults_are_four_orders_unsmoothed_and_exp_for_a_sentence(segment):
    assert bleu([segment]) == bleu([segment], max_order=4, smoothing="none")
    assert sentence_bleu(*segment) == sentence_bleu(*segment, max_order=4, smoothing="exp")


# values


@pytest.mark.parametrize(
    ("hypothesis", "reference", "unsmoothed", "exp", "add_k"),
    [
        (
            "the cat sat on the mat",
            "the cat is on the mat",
            (83.3333, 70.7107, 50, 0),
            37.9918,
            48.5492,
        ),
        ("the " * 7, "the cat is on the mat", (28.5714, 0, 0, 0), 7.8098, 19.2056),
        ("il a l'esprit lent .", "il est lent .", (60, 38.7298, 0, 0), 23.6435, 37.606),
        ("A B C D", "A B B C D", (77.8801, 77.8801, 61.8135, 0), 55.0695, 59.1761),
        ("a b c d", "a b c d e f g h", (36.7879,) * 4, 36.7879, 36.7879),
        ("a b c d", "a b c d", (100, 100, 100, 100), 100, 100),
        ("a b c", "a b c", (100, 100, 100, 0), 100, 100),
        ("a", "a", (100, 0, 0, 0), 100, 100),
        ("test", "a test", (36.7879, 0, 0, 0), 36.7879, 36.7879),
        ("我 是 学生 。", "我 是 一 名 学生 。", (60.6531, 49.523, 0, 0), 27.4031, 36.0645),
        ("", "va !", (0, 0, 0, 0), 0, 0),
        ("va !", "", (0, 0, 0, 0), 0, 0),
        ("", "", (0, 0, 0, 0), 0, 0),
    ],
)
def test_values_of_sentences(hypothesis, reference, unsmoothed, exp, add_k):
    segment = (hypothesis.split(), split(reference))
    scores = [bleu([segment], max_order=order).score for order in (1, 2, 3, 4)]
    assert scores == pytest.approx(unsmoothed, abs=6e-5)
    assert sentence_bleu(*segment).score == pytest.approx(exp, abs=6e-5)
    assert sentence_bleu(*segment, smoothing="add-k").score == pytest.approx(add_k, abs=6e-5)


CORPUS_OF_THREE = [
    (split("the cat sat on the mat")[0], split("the cat is on the mat")),
    (split("he is a student of physics")[0], split("he is a student of history")),
    (split("a b c d")[0], split("a b c d")),
]


def test_the_statistics_are_pooled_before_they_are_divided():
    score = bleu(CORPUS_OF_THREE)
    counts = ((14, 16), (10, 13), (6, 10), (3, 7))
    assert score.precisions == pytest.approx([100 * n / of for n, of in counts])
    assert (score.sys_len, score.ref_len) == (16, 16)
    scores = [bleu(CORPUS_OF_THREE, max_order=order).score for order in (1, 2, 3, 4)]
    assert scores == pytest.approx([87.5, 82.041265, 73.916033, 64.500011], abs=1e-6)
    mean = sum(sentence_bleu(*s, smoothing="none").score for s in CORPUS_OF_THREE) / 3
    assert mean == pytest.approx(58.661190, abs=1e-6)


PAPINENI = split(
    "It is a guide to action that ensures that the military will forever heed Party commands",
    "It is the guiding principle which guarantees the military forces always being under the "
    "command of the Party",
    "It is the practical guide for the army always to heed the directions of the party",
)


@pytest.mark.parametrize(
    ("hypothesis", "counts", "score", "penalty"),
    [
        (
            "It is a guide to action which ensures that the military always obeys the commands "
            "of the party",
            ((17, 18), (10, 17), (7, 16), (4, 15)),
            50.4567,
            1,
        ),
        (
            "It is to insure the troops forever hearing the activity guidebook that party direct",
            ((8, 14), (1, 13), (0, 12), (0, 11)),
            0,
            0.866878,
        ),
    ],
)
def test_the_examples_of_papineni_et_al(hypothesis, counts, score, penalty):
    ours = bleu([(hypothesis.split(), PAPINENI)])
    assert ours.precisions == pytest.approx([100 * n / of for n, of in counts])
    assert ours.score == pytest.approx(score, abs=1e-4)
    assert ours.brevity_penalty == pytest.approx(penalty, abs=1e-6)


def test_the_same_word_seven_times_is_clipped_by_the_reference_that_has_it_most():
    references = split("the cat is on the mat", "there is a cat on the mat")
    assert bleu([(["the"] * 7, references)], max_order=1).precisions == (pytest.approx(200 / 7),)


@pytest.mark.parametrize(
    ("hypothesis", "references", "closest", "penalty"),
    [
        (7, (11, 8), 8, 0.8669),
        (7, (11, 8, 6, 7), 7, 1),
        (7, (6, 8), 6, 1),  # of two as close as each other, the shorter
        (7, (8, 6), 6, 1),
        (0, (3, 5), 3, 0),
    ],
)
def test_the_brevity_penalty_looks_at_the_closest_reference(
    hypothesis, references, closest, penalty
):
    score = bleu([(["a"] * hypothesis, [["a"] * length for length in references])])
    assert score.ref_len == closest
    assert score.brevity_penalty == pytest.approx(penalty, abs=1e-4)


README = (
    ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."],
    ["The dog bit the man.", "It was not unexpected.", "The man bit him first."],
    ["The dog had bit the man.", "No one was surprised.", "The man had bitten the dog."],
)


def test_the_example_in_sacrebleus_readme():
    def score(tokenize, max_order=4):
        rows = zip(*README, strict=True)
        corpus = [(tokenize(hyp), [tokenize(ref) for ref in refs]) for hyp, *refs in rows]
        return bleu(corpus, max_order=max_order).score

    def with_points_cut_off(text):
        return text.replace(".", " .").split()

    assert score(str.split) == pytest.approx(49.1919566, abs=1e-6)
    scores = [score(with_points_cut_off, order) for order in range(1, 7)]
    assert scores == pytest.approx([77.65, 60.50, 53.93, 48.53, 46.14, 43.28], abs=5e-3)


def test_floor_gives_a_tenth_of_a_match():
    hypothesis, reference = split(
        "am I am a character sequence", "I am a symbol string sequence a a"
    )
    score = bleu([(hypothesis, [reference])], smoothing="floor")
    assert score.precisions == pytest.approx([100 * 4 / 6, 100 * 2 / 5, 100 / 4, 10 / 3])
    assert score.score == pytest.approx(15.55722182, abs=1e-7)
    assert bleu([(hypothesis, [reference])]).score == 0


# what may not change a score, and what must


@few
@given(corpora, st.randoms(use_true_random=False), smoothings)
def test_the_order_of_sentences_and_of_references_does_not_matter(corpus, rng, smoothing):
    shuffled = [(hypothesis, rng.sample(own, len(own))) for hypothesis, own in corpus]
    rng.shuffle(shuffled)
    assert bleu(shuffled, smoothing=smoothing) == bleu(corpus, smoothing=smoothing)


@few
@given(corpora, st.permutations("abcd"))
def test_the_names_of_the_tokens_do_not_matter(corpus, names):
    def rename(tokens):
        return [dict(zip("abcd", names, strict=True))[token] * 2 for token in tokens]

    renamed = [(rename(hypothesis), [rename(ref) for ref in own]) for hypothesis, own in corpus]
    assert bleu(renamed) == bleu(corpus)


@few
@given(corpora)
def test_a_corpus_twice_scores_the_same(corpus):
    once, twice = bleu(corpus), bleu(corpus * 2)
    assert twice.score == pytest.approx(once.score)
    assert twice.precisions == pytest.approx(once.precisions)
    assert twice.ref_len == 2 * once.ref_len


@few
@given(corpora, st.integers(0, 2), smoothings)
def test_a_reference_twice_scores_the_same(corpus, which, smoothing):
    doubled = [(hypothesis, [*own, own[which % len(own)]]) for hypothesis, own in corpus]
    assert bleu(doubled, smoothing=smoothing) == bleu(corpus, smoothing=smoothing)


@few
@given(corpora, smoothings)
def test_scores_stay_in_range_and_inputs_stay_as_they_are(corpus, smoothing):
    before = deepcopy(corpus)
    score = bleu(corpus, smoothing=smoothing)
    assert corpus == before
    assert all(0 <= p <= 100 + 1e-9 for p in (score.score, *score.precisions))
    assert 0 <= score.brevity_penalty <= 1


@few
@given(st.lists(sentences, min_size=1, max_size=4), orders)
def test_a_corpus_against_itself_is_100_if_it_has_an_ngram_of_every_order(texts, max_order):
    score = bleu([(text, [text]) for text in texts], max_order=max_order).score
    assert score == pytest.approx(100 if max(map(len, texts)) >= max_order else 0)


def test_an_empty_hypothesis_is_not_left_out():
    whole = split("a b c d e")
    assert bleu([(whole[0], whole), ([], whole)]).brevity_penalty == pytest.approx(
        0.367879, abs=1e-6
    )


def test_an_empty_reference_counts_against_what_was_written():
    whole = split("a b c d e")
    score = bleu([(whole[0], whole), (whole[0], [[]])])
    assert score.precisions[0] == pytest.approx(50)
    assert (score.sys_len, score.ref_len) == (10, 5)
    assert bleu([(whole[0], [[]])]).score == 0


def test_tuples_are_as_good_as_lists():
    assert corpus_bleu((("a", "b"),), ((("a", "b"),),)) == corpus_bleu([["a", "b"]], [[["a", "b"]]])


def test_repr_is_the_line_a_paper_would_print():
    assert repr(bleu(CORPUS_OF_THREE)) == (
        "BLEU 64.50 (87.5/76.9/60.0/42.9, brevity penalty 1.000, 16 tokens against 16)"
    )


# refusals


@pytest.mark.parametrize(
    ("hypotheses", "references", "error", "said"),
    [
        ([], [], ValueError, "no hypotheses to score"),
        ([["a"]], [], ValueError, "1 hypotheses but references for 0; .* for each hypothesis"),
        (
            [["a"], ["b"]],
            [[["a"], ["b"]]],  # a list for each set of references, as sacreBLEU has it
            ValueError,
            "2 hypotheses but references for 1; .* for each hypothesis",
        ),
        ([["a"], ["b"]], [[["a"]], []], ValueError, r"references\[1\] is empty; every hypothesis"),
        ("a b", [[["a"]]], TypeError, "hypotheses must be a list, got 'a b'; hypotheses is a list"),
        ({"a"}, [[["a"]]], TypeError, "hypotheses must be a list, got {'a'}"),
        ([["a"], "b"], [[["a"]], [["b"]]], TypeError, r"hypotheses\[1\] must be .* got str: 'b'"),
        ([["a"], None], [[["a"]], [["b"]]], TypeError, r"hypotheses\[1\] must be .* got NoneType"),
        ([["a", 1]], [[["a"]]], TypeError, r"hypotheses\[0\]\[1\] must be a str, got 1"),
        ([["a"]], "a", TypeError, "references must be a list, got 'a'"),
        (
            [["a"]],
            ["a"],
            TypeError,
            r"references\[0\] must be a list, got 'a'; .* references a list",
        ),
        ([["a"]], [None], TypeError, r"references\[0\] must be a list, got None"),
        (
            [["a", "b"]],
            [["a", "b"]],  # a list of references is missing around it
            TypeError,
            r"references\[0\] must be a list of token lists, but references\[0\]\[0\] is the str "
            "'a'; .* references a list with a list of token lists for each hypothesis",
        ),
        ([["a"]], [[["a"], [2]]], TypeError, r"references\[0\]\[1\]\[0\] must be a str, got 2"),
    ],
)
def test_corpus_bleu_refuses(hypotheses, references, error, said):
    with pytest.raises(error, match=said):
        corpus_bleu(hypotheses, references)


@pytest.mark.parametrize(
    ("hypothesis", "references", "error", "said"),
    [
        ("a b", [["a"]], TypeError, "^hypothesis must be a list of tokens, got str: 'a b'"),
        (
            ["a"],
            ["a", "b"],
            TypeError,
            r"^references must be .* but references\[0\] is the str 'a'",
        ),
        (["a"], "a", TypeError, "^references must be a list, got 'a'"),
        (["a"], [], ValueError, "^references is empty; every hypothesis needs a reference"),
    ],
)
def test_sentence_bleu_refuses(hypothesis, references, error, said):
    with pytest.raises(error, match=said):
        sentence_bleu(hypothesis, references)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"max_order": 0}, ValueError, "max_order must be at least 1, got 0"),
        ({"max_order": 11}, ValueError, "max_order must be at most 10, got 11"),
        ({"max_order": 2.0}, TypeError, r"max_order must be an int, got 2\.0"),
        ({"max_order": True}, TypeError, "max_order must be an int, got True"),
        ({"smoothing": "add_k"}, ValueError, "one of none, floor, add-k, exp; got 'add_k'"),
        ({"smoothing": None}, ValueError, "smoothing must be one of .* got None"),
    ],
)
def test_wrong_options_are_refused(options, error, said):
    with pytest.raises(error, match=said):
        corpus_bleu([["a"]], [[["a"]]], **options)
    with pytest.raises(error, match=said):
        sentence_bleu(["a"], [["a"]], **options)


@pytest.mark.parametrize("order", range(1, 7))
def test_a_perfect_match_scores_exactly_100(order):
    assert corpus_bleu([list("abcdefg")], [[list("abcdefg")]], max_order=order).score == 100
