import math

import pytest
import torch

from seq2seq_tutor.decoding import Hypothesis
from seq2seq_tutor.decoding.hypothesis import best_first

C_END = Hypothesis((6, 2), math.log(0.17), finished=True)
BA_END = Hypothesis((5, 4, 2), math.log(0.144), finished=True)


@pytest.mark.parametrize(
    ("alpha", "c_end", "ba_end"),
    [
        (0, -1.771957, -1.937942),
        (0.25, -1.490032, -1.472517),
        (0.5, -1.252963, -1.118871),
        (1, -0.885978, -0.645981),
        (-1, -3.543914, -5.813826),
    ],
)
def test_the_length_counts_eos(alpha, c_end, ba_end):
    assert C_END.score(alpha) == pytest.approx(c_end, abs=1e-6)
    assert BA_END.score(length_penalty=alpha) == pytest.approx(ba_end, abs=1e-6)


def test_score_of_no_penalty_is_the_log_probability_itself():
    assert C_END.score(0) == C_END.score(0.0) == C_END.log_prob


@pytest.mark.parametrize(("alpha", "best"), [(0.0, C_END), (0.25, BA_END), (1.0, BA_END)])
def test_best_first_orders_by_score(alpha, best):
    assert best_first([BA_END, C_END], alpha, 1) == [best]
    assert len(best_first([BA_END, C_END], alpha, 5)) == 2


def test_best_first_puts_what_is_finished_before_all_else():
    likely = Hypothesis((4, 4), -0.1, finished=False)
    assert best_first([likely, BA_END, C_END], 0.0, 3) == [C_END, BA_END, likely]


def test_best_first_breaks_ties_by_tokens():
    tied = [Hypothesis(tokens, -1.0, finished=True) for tokens in [(5, 2), (4, 9, 2), (4, 2)]]
    assert [h.tokens for h in best_first(tied, 0.0, 3)] == [(4, 2), (4, 9, 2), (5, 2)]


def test_weights_take_no_part_in_equality():
    first, second = (
        Hypothesis((4, 2), -1.0, finished=True, weights=torch.rand(2, 3)) for _ in range(2)
    )
    assert first == second
    assert "weights" not in repr(first)


def test_an_empty_hypothesis_scores_its_log_probability():
    assert Hypothesis((), -1.5, finished=True).score(1.0) == -1.5
