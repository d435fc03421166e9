import math
from collections import Counter
from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seq2seq_tutor.decoding import expected_utility, mbr, sample
from seq2seq_tutor.metrics import sentence_chrf

from .tables import EOS, LATTICE_A, A, C, Network

TEXTS = st.lists(st.text("abc", max_size=3), min_size=1, max_size=8)


def same(candidate, sample):
    return candidate == sample


def shared(candidate, sample):
    """Give the F1 of two texts' letters: not the same if they change places with their counts."""
    common = sum((Counter(candidate) & Counter(sample)).values())
    return 2 * common / max(1, 2 * len(candidate) + len(sample))


def by_hand(candidates, samples, utility):
    """Give the first candidate with the highest exact sum of utilities."""
    totals = [sum(Fraction(utility(c, s)) for s in samples) for c in candidates]
    return candidates[totals.index(max(totals))]


@given(TEXTS, st.one_of(st.none(), TEXTS), st.sampled_from([same, shared]))
def test_is_the_highest_sum_of_utilities(candidates, samples, utility):
    found = mbr(candidates, utility=utility, samples=samples)
    expected = by_hand(candidates, candidates if samples is None else samples, utility)
    assert shared_sum(found, samples or candidates, utility) == pytest.approx(
        shared_sum(expected, samples or candidates, utility), abs=1e-12
    )


def shared_sum(candidate, samples, utility):
    return sum(utility(candidate, s) for s in samples)


def test_a_table_by_hand():
    utility = {"ax": 1.0, "ay": 0.0, "bx": 0.4, "by": 0.7, "cx": 0.6, "cy": 0.6}
    table = lambda candidate, sample: utility[candidate + sample]  # noqa: E731
    assert expected_utility("b", ["x", "y"], table) == pytest.approx(0.55)
    assert mbr(["a", "b", "c"], utility=table, samples=["x", "y"]) == "c"
    assert mbr(["a", "b", "c"], utility=table, samples=["x", "y", "x"]) == "a"
    assert mbr(["a", "b", "c"], utility=table, samples=["y"]) == "b"


def test_the_candidate_comes_first_and_the_sample_second():
    longer = lambda candidate, sample: len(candidate) - len(sample)  # noqa: E731
    assert mbr(["aa", "b", "cccc"], utility=longer) == "cccc"


def test_ties_go_to_the_first():
    assert mbr(["b", "a", "c"], utility=lambda c, s: 1.0) == "b"
    # The order of the samples changes no sum: each of these two is .1 + .2 + .3.
    utility = {("p", 0): 0.1, ("p", 1): 0.2, ("p", 2): 0.3}
    utility |= {("q", 0): 0.3, ("q", 1): 0.2, ("q", 2): 0.1}
    for first, second in ("pq", "qp"):
        assert mbr([first, second], utility=lambda c, s: utility[c, s], samples=[0, 1, 2]) == first


def test_counting_equals_gives_the_most_frequent():
    assert mbr(["a", "b", "b", "a", "b"], utility=same) == "b"


def test_the_odd_one_out_loses_by_chrf():
    texts = ["no", "I like green tea", "I like the tea", "we like green tea"]
    assert mbr(texts, utility=sentence_chrf) == "I like green tea"


def test_samples_of_a_model_in_token_ids():
    net = Network(*[LATTICE_A] * 2000)
    generator = torch.Generator().manual_seed(0)
    found = sample(net.step, net.start(), max_len=3, generator=generator)
    tokens = [hypothesis.tokens for hypothesis in found]
    assert mbr(sorted(set(tokens)), utility=same, samples=tokens) == (C, EOS)  # the mode
    # But half of all strings begin with A, more than with any other letter.
    begins = lambda candidate, sample: candidate[0] == sample[0]  # noqa: E731
    assert mbr(sorted(set(tokens)), utility=begins, samples=tokens)[0] == A


def test_a_tensor_is_a_number():
    assert mbr([1.0, 4.0, 5.0], utility=lambda c, s: -torch.tensor(abs(c - s))) == 4.0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"candidates": []}, ValueError, "candidates is empty"),
        ({"samples": []}, ValueError, "samples is empty"),
        ({"candidates": "abc"}, TypeError, "candidates must be a list, got one str: 'abc'"),
        ({"samples": "abc"}, TypeError, "samples must be a list, got one str"),
        ({"utility": lambda c, s: math.nan}, ValueError, "utility of 'a' for 'a' is nan"),
        ({"utility": lambda c, s: -math.inf}, ValueError, "utility of 'a' for 'a' is -inf"),
        ({"utility": lambda c, s: None}, TypeError, "utility must give a number, got None for 'a'"),
        ({"utility": lambda c, s: "1"}, TypeError, "utility must give a number, got '1'"),
    ],
)
def test_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        mbr(**{"candidates": ["a", "b"], "utility": same} | arguments)
