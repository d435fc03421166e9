"""Partitions of one text: every piece once, targets one step later, and as d2l cuts it."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_tutor.data import random_partition, sequential_partition

quick = settings(max_examples=150, deadline=None, derandomize=True)
seeds = st.none() | st.integers(0, 9)
BOTH = pytest.mark.parametrize("partition", [random_partition, sequential_partition])


def seeded(seed):
    return None if seed is None else torch.Generator().manual_seed(seed)


def read(made):
    return [(inputs.tolist(), targets.tolist()) for inputs, targets in made]


# A text of distinct ids that are their own places: what is where can be read off.


@quick
@given(st.integers(2, 60), st.integers(1, 9), st.integers(1, 9), seeds)
def test_random_pieces_are_each_there_once(length, batch_size, num_steps, seed):
    if length <= num_steps:
        return
    made = random_partition(list(range(length)), batch_size, num_steps, generator=seeded(seed))
    pieces = [row for inputs, _ in made for row in inputs.tolist()]
    starts = sorted(row[0] for row in pieces)
    offset = starts[0]

    assert all(row == list(range(row[0], row[0] + num_steps)) for row in pieces)
    assert starts == list(range(offset, offset + num_steps * len(pieces), num_steps))
    assert offset < num_steps
    assert length - 1 - (starts[-1] + num_steps) < num_steps  # what is left fills no piece
    full, rest = divmod(len(pieces), batch_size)
    assert [len(inputs) for inputs, _ in made] == [batch_size] * full + [rest] * (rest > 0)
    assert seed is not None or [row[0] for row in pieces] == list(
        range(0, num_steps * len(pieces), num_steps)
    )


@quick
@given(st.integers(2, 60), st.integers(1, 9), st.integers(1, 9), seeds)
def test_sequential_streams_go_on_and_leave_little_out(length, batch_size, num_steps, seed):
    if length <= batch_size:
        return
    made = sequential_partition(range(length), batch_size, num_steps, generator=seeded(seed))
    streams = torch.cat([inputs for inputs, _ in made], dim=1)
    used = streams.flatten()  # stream after stream, this is the text
    offset = int(used[0])

    assert torch.equal(used, torch.arange(offset, offset + len(used)))
    assert offset < num_steps
    assert seed is not None or offset == 0
    assert length - 1 - (offset + len(used)) < batch_size
    full, rest = divmod(streams.shape[1], num_steps)
    assert [x.shape[1] for x, _ in made] == [num_steps] * full + [rest] * (rest > 0)


@quick
@given(st.lists(st.integers(0, 9), min_size=10, max_size=60), st.integers(1, 9), seeds)
def test_targets_are_the_inputs_one_step_later(text, num_steps, seed):
    for partition in (random_partition, sequential_partition):
        places = partition(range(len(text)), 3, num_steps, generator=seeded(seed))
        made = partition(text, 3, num_steps, generator=seeded(seed))
        assert len(made) == len(places)
        for (inputs, targets), (at, at_next) in zip(made, places, strict=True):
            assert torch.equal(at_next, at + 1)
            assert torch.equal(inputs, torch.tensor(text)[at])
            assert torch.equal(targets, torch.tensor(text)[at + 1])


@BOTH
@pytest.mark.parametrize(("batch_size", "num_steps"), [(2, 3), (1, 3), (1, 19)])
def test_tensors_are_int64_on_the_cpu_and_share_nothing(partition, batch_size, num_steps):
    text = torch.arange(20)
    made = partition(text, batch_size, num_steps)
    for inputs, targets in made:
        assert (inputs.dtype, targets.dtype) == (torch.int64, torch.int64)
        assert (inputs.device.type, inputs.is_contiguous()) == ("cpu", True)
        inputs += 100
    assert all((targets < 100).all() for _, targets in made)
    assert torch.equal(text, torch.arange(20))


@BOTH
def test_a_list_a_tuple_a_range_and_a_tensor_are_cut_alike(partition):
    expected = read(partition(list(range(30)), 2, 4))
    for text in (tuple(range(30)), range(30), torch.arange(30)):
        assert read(partition(text, 2, 4)) == expected


def test_one_stream_scores_every_token_but_the_first():
    made = sequential_partition(range(11), 1, 4)
    assert torch.cat([targets for _, targets in made], 1).tolist() == [list(range(1, 11))]


def test_a_carried_state_is_that_of_the_whole_text():
    """A running sum is a recurrent state: carried over, it is the sum of the stream so far."""
    text = torch.randint(0, 9, (101,), generator=torch.Generator().manual_seed(0))
    state = torch.zeros(4, dtype=torch.int64)
    for inputs, _ in sequential_partition(text, 4, 7):
        state = state + inputs.sum(1)
    assert torch.equal(state, text[:100].view(4, 25).sum(1))


# against d2l, at the same offset; it drops the last batch where ours is smaller


@pytest.mark.parametrize("offset", [0, 2, 4])
@pytest.mark.parametrize(("batch_size", "num_steps"), [(2, 5), (3, 5), (1, 6), (4, 7)])
def test_random_pieces_are_those_of_d2l(d2l, monkeypatch, offset, batch_size, num_steps):
    monkeypatch.setattr(d2l.random, "randint", lambda low, high: offset)
    monkeypatch.setattr(d2l.random, "shuffle", lambda places: None)
    text = list(range(100, 183))
    theirs = read(d2l.seq_data_iter_random(text, batch_size, num_steps))
    ours = read(random_partition(text[offset:], batch_size, num_steps))
    assert ours[: len(theirs)] == theirs
    assert len(ours) - len(theirs) == (len(ours[-1][0]) < batch_size)


@pytest.mark.parametrize("offset", [0, 2, 5])
@pytest.mark.parametrize(("batch_size", "num_steps"), [(2, 5), (3, 5), (1, 6), (4, 7)])
def test_sequential_streams_are_those_of_d2l(d2l, monkeypatch, offset, batch_size, num_steps):
    monkeypatch.setattr(d2l.random, "randint", lambda low, high: offset)
    text = list(range(100, 183))
    theirs = read(d2l.seq_data_iter_sequential(text, batch_size, num_steps))
    ours = read(sequential_partition(text[offset:], batch_size, num_steps))
    assert ours[: len(theirs)] == theirs
    assert len(ours) - len(theirs) == (len(ours[-1][0][0]) < num_steps)


# what is drawn


@BOTH
def test_every_offset_is_drawn_about_equally_often(partition):
    generator = torch.Generator().manual_seed(0)
    offsets = [
        min(int(inputs.min()) for inputs, _ in partition(range(40), 2, 5, generator=generator))
        for _ in range(1000)
    ]
    assert set(offsets) == set(range(5))
    assert all(140 < offsets.count(offset) < 260 for offset in range(5))  # 200, 5 sigma


@BOTH
def test_no_offset_leaves_a_short_text_without_a_batch(partition):
    for seed in range(20):
        made = partition(range(7), 5, 5, generator=seeded(seed))
        assert [len(inputs) for inputs, _ in made] == [1 if partition is random_partition else 5]


def test_neighbours_in_a_batch_are_not_neighbours_in_the_text():
    made = random_partition(range(2001), 2, 2, generator=seeded(0))
    together = sum(abs(int(x[0, 0] - x[1, 0])) == 2 for x, _ in made if len(x) == 2)
    assert together < 10  # of 499 batches; without the shuffle all


@BOTH
def test_the_result_depends_on_the_generator_alone(partition):
    made = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        made.append(read(partition(range(200), 3, 8, generator=seeded(5))))
        assert torch.equal(torch.get_rng_state(), before)
    assert made[0] == made[1]


@BOTH
def test_another_epoch_is_cut_elsewhere(partition):
    generator = seeded(0)
    epochs = {str(read(partition(range(200), 3, 8, generator=generator))) for _ in range(5)}
    assert len(epochs) > 1


# refusals


@BOTH
@pytest.mark.parametrize(
    ("ids", "error", "said"),
    [
        ([], ValueError, "the text has 0 tokens"),
        ([5], ValueError, "the text has 1 tokens, too few .* 4 are needed"),
        ([5, 6, 7], ValueError, "the text has 3 tokens, .* the last input needs a target"),
        ("a text", TypeError, "got str: 'a text'; .*Language.encode"),
        (None, TypeError, "got NoneType"),
        ([4] * 8 + [-1], ValueError, r"ids\[8\] is -1; no id is negative"),
        (torch.tensor([4, 4, -3, -4]), ValueError, r"ids\[2\] is -3; no id is negative"),
        ([4, 5, 6.0, 7], TypeError, r"ids\[2\] must be an int, got 6\.0"),
        ([4, True, 5, 6], TypeError, r"ids\[1\] must be an int, got True"),
        ([4, "5", 6, 7], TypeError, r"ids\[1\] must be an int, got '5'"),
        ([[4, 5], [6, 7]], TypeError, r"ids\[0\] must be an int, got \[4, 5\]"),
        ([4, 5, 6, 2**63], ValueError, r"ids\[3\] is 9223372036854775808"),
        (torch.tensor([4.0] * 9), TypeError, r"torch\.float32 and shape \(9,\)"),
        (torch.tensor([True] * 9), TypeError, r"torch\.bool"),
        (torch.ones(3, 3, dtype=torch.int64), TypeError, r"torch\.int64 and shape \(3, 3\)"),
        (torch.tensor([4] * 9).numpy(), TypeError, r"got ndarray: .*tolist\(\)"),
    ],
)
def test_a_wrong_text_is_refused(partition, ids, error, said):
    with pytest.raises(error, match=said):
        partition(ids, 3, 3)


@BOTH
@pytest.mark.parametrize("name", ["batch_size", "num_steps"])
@pytest.mark.parametrize(
    ("value", "error"), [(0, ValueError), (-1, ValueError), (2.0, TypeError), (True, TypeError)]
)
def test_a_wrong_size_is_refused(partition, name, value, error):
    sizes = {"batch_size": 2, "num_steps": 2, name: value}
    with pytest.raises(error, match=f"{name} must be .*, got {value}"):
        partition(range(9), **sizes)


@BOTH
@pytest.mark.parametrize("kind", [np.int64, torch.tensor])
def test_a_size_may_be_an_int_of_numpy_or_torch(partition, kind):
    found = partition(range(20), kind(2), kind(3), generator=seeded(0))
    assert read(found) == read(partition(range(20), 2, 3, generator=seeded(0)))


@BOTH
def test_a_seed_is_not_a_generator(partition):
    with pytest.raises(TypeError, match=r"torch.Generator, got 0; write .*manual_seed\(0\)"):
        partition(range(9), 2, 2, generator=0)
