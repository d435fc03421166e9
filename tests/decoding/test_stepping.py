import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_tutor.decoding.stepping import begin, log_probs, stable_topk

from .tables import Network, random_table

TIED = st.sampled_from([0.0, 1.0, 2.0, -math.inf])
SPREAD = st.floats(-100, 100, width=32)


@st.composite
def score_rows(draw):
    width, values = draw(st.integers(1, 40)), draw(st.sampled_from([TIED, SPREAD]))
    row = st.lists(values, min_size=width, max_size=width)
    return torch.tensor(draw(st.lists(row, min_size=1, max_size=4)))


@settings(deadline=None, max_examples=150, derandomize=True)
@given(score_rows(), st.integers(1, 50))
def test_stable_topk_is_the_head_of_a_stable_sort(scores, k):
    values, places = stable_topk(scores, k)
    expected = scores.sort(dim=1, descending=True, stable=True)
    assert torch.equal(places, expected.indices[:, :k])
    assert torch.equal(values, expected.values[:, :k])


@pytest.mark.parametrize("width", [4, 6, 20, 1000, 5000])
@pytest.mark.parametrize("k", [1, 3, 10])
def test_stable_topk_of_equal_scores_takes_the_first_places(width, k):
    scores = torch.zeros(3, width)
    before = scores.clone()
    places = torch.arange(min(k, width)).expand(3, -1)
    assert torch.equal(stable_topk(scores, k)[1], places)
    assert torch.equal(scores, before)


def test_log_probs_are_over_the_whole_vocabulary_and_give_pad_and_bos_away_to_nobody():
    logits = torch.randn(2, 7, generator=torch.Generator().manual_seed(0))
    before = logits.clone()
    scores = log_probs(logits, 2, 1)
    torch.testing.assert_close(scores[:, 2:], logits.log_softmax(-1)[:, 2:], rtol=0, atol=0)
    assert (scores[:, :2] == -math.inf).all()
    assert torch.equal(logits, before)


@pytest.mark.parametrize(
    ("dtype", "result"),
    [
        (torch.float16, torch.float32),
        (torch.bfloat16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
    ],
)
def test_log_probs_are_at_least_float32(dtype, result):
    logits = torch.randn(2, 50, generator=torch.Generator().manual_seed(0)).to(dtype)
    scores = log_probs(logits, 2, 1)
    assert scores.dtype == result
    expected = logits.double().log_softmax(-1)[:, 2:]
    torch.testing.assert_close(scores[:, 2:].double(), expected, rtol=0, atol=1e-5)


def row_of(default, **values):
    """Make one row of seven logits; ``_4=1.0`` sets that of token 4."""
    row = torch.full((1, 7), default)
    for name, value in values.items():
        row[0, int(name[1:])] = value
    return row


def test_impossible_tokens_are_legal():
    scores = log_probs(row_of(-math.inf, _4=3.0), 1, 1)
    assert scores.tolist() == [[-math.inf] * 4 + [0.0] + [-math.inf] * 2]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (row_of(0.0, _5=math.nan), "step 3: a logit of row 1 is NaN"),
        (row_of(0.0, _0=math.nan), "step 3: a logit of row 1 is NaN"),
        (row_of(-math.inf), "step 3: row 1 has no token to choose"),
        (row_of(-math.inf, _0=0.0, _1=0.0), "step 3: row 1 has no token to choose"),
        (row_of(0.0, _5=math.inf), "step 3: row 1 has no token to choose.*or one is \\+inf"),
        (row_of(0.0, _0=math.inf), "step 3: row 1 has no token to choose"),
    ],
)
def test_logits_that_cannot_be_decoded_are_refused_with_step_and_row(bad, message):
    with pytest.raises(ValueError, match=message):
        log_probs(torch.cat([torch.zeros(1, 7), bad]), 2, 3)


@pytest.mark.parametrize("shape", [(3, 7), (2,), (2, 1, 7), (2, 2)])
def test_logits_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"step 1: logits must be \(2, V\) with V > 2"):
        log_probs(torch.zeros(shape), 2, 1)


def test_begins_with_bos_or_what_is_given():
    state = Network(random_table(0), random_table(1)).start()
    assert begin(state, None).tolist() == [1, 1]
    prev = torch.tensor([4, 5])
    assert begin(state, prev) is prev


@pytest.mark.parametrize(
    "prev", [torch.tensor([1]), torch.tensor([[1, 1]]), torch.tensor([1.0, 1.0]), torch.tensor(1)]
)
def test_refuses_a_beginning_that_does_not_fit(prev):
    state = Network(random_table(0), random_table(1)).start()
    with pytest.raises(ValueError, match=r"prev must be int64 \(2,\)"):
        begin(state, prev)


def test_refuses_a_state_without_rows():
    with pytest.raises(ValueError, match="state has no rows"):
        begin(Network().start(), None)
