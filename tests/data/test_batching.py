"""Batches against padding by hand, and as a partition of the data set."""

from collections import Counter
from copy import deepcopy
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_tutor.data import batches, collate, mask_from_lengths
from seq2seq_tutor.text import BOS, EOS, PAD, UNK

ids = st.lists(st.sampled_from([UNK, 4, 5, 99]), max_size=6)
pair_lists = st.lists(st.tuples(ids, ids), min_size=1, max_size=12)
quick = settings(max_examples=100, deadline=None, derandomize=True)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def padded(rows):
    width = max(map(len, rows))
    return [row + [PAD] * (width - len(row)) for row in rows]


def pairs_of(batch):
    """Read the pairs back: the source by its lengths, the target by its mask."""
    sources = [row[:n] for row, n in zip(batch.src.tolist(), batch.src_lengths, strict=True)]
    targets = [row[mask].tolist() for row, mask in zip(batch.tgt_out, batch.tgt_mask, strict=True)]
    assert all(row[-1] == EOS for row in sources + targets)
    return [(tuple(s[:-1]), tuple(t[:-1])) for s, t in zip(sources, targets, strict=True)]


def lengths_1_to_60(n):
    drawn = torch.randint(1, 61, (n,), generator=seeded(0)).tolist()
    return [([4 + i % 50] * length, [5] * length) for i, length in enumerate(drawn)]


@quick
@given(pair_lists)
def test_collate_is_padding_by_hand(pairs):
    before = deepcopy(pairs)
    batch = collate(pairs)
    assert batch.src.tolist() == padded([[*source, EOS] for source, _ in pairs])
    assert batch.tgt_in.tolist() == padded([[BOS, *target] for _, target in pairs])
    assert batch.tgt_out.tolist() == padded([[*target, EOS] for _, target in pairs])
    assert batch.src_lengths.tolist() == [len(source) + 1 for source, _ in pairs]
    assert len(batch) == len(pairs)
    assert pairs == before
    for tensor in (batch.src, batch.src_lengths, batch.tgt_in, batch.tgt_out):
        assert tensor.dtype == torch.int64


@quick
@given(pair_lists)
def test_masks_are_true_at_real_tokens_and_count_them(pairs):
    batch = collate(pairs)
    for mask, real in ((batch.src_mask, batch.src), (batch.tgt_mask, batch.tgt_out)):
        assert mask.dtype == torch.bool
        assert torch.equal(mask, real != PAD)
    assert batch.src_mask.sum(1).tolist() == batch.src_lengths.tolist()
    assert batch.tgt_mask.sum(1).tolist() == [len(target) + 1 for _, target in pairs]


@quick
@given(pair_lists)
def test_what_is_predicted_is_fed_one_step_later(pairs):
    batch = collate(pairs)
    assert torch.equal(batch.tgt_in[:, 0], torch.full((len(pairs),), BOS))
    later = batch.tgt_in[:, 1:]
    assert torch.equal(later, batch.tgt_out[:, :-1].masked_fill(later == PAD, PAD))
    assert not (batch.tgt_in == EOS).any()
    assert not (batch.tgt_out == BOS).any()


def test_an_empty_sentence_becomes_eos_alone():
    batch = collate([([], [])])
    assert batch.src.tolist() == [[EOS]]
    assert (batch.tgt_in.tolist(), batch.tgt_out.tolist()) == ([[BOS]], [[EOS]])


def test_a_very_long_sentence_is_not_cut_short():
    batch = collate([([4] * 100_000, [5] * 100_001), ([4], [5])])
    assert batch.src_lengths.tolist() == [100_001, 2]
    assert batch.tgt_mask.sum(1).tolist() == [100_002, 2]
    assert int(batch.src[0, -1]) == int(batch.tgt_out[0, -1]) == EOS


def test_to_moves_all_but_the_lengths():
    moved = collate([([4, 5], [6]), ([4], [6])]).to("meta")
    assert {t.device.type for t in (moved.src, moved.tgt_in, moved.tgt_out)} == {"meta"}
    assert moved.src_lengths.device.type == "cpu"
    assert (moved.src_mask.device.type, moved.tgt_mask.device.type) == ("meta", "meta")


@quick
@given(st.lists(st.integers(0, 7), max_size=5), st.integers(0, 7))
def test_mask_from_lengths_by_hand(lengths, width):
    mask = mask_from_lengths(torch.tensor(lengths, dtype=torch.int64), width)
    assert mask.shape == (len(lengths), width)
    assert mask.tolist() == [[place < length for place in range(width)] for length in lengths]


# batches


@quick
@given(pair_lists, st.integers(1, 14), st.none() | st.integers(0, 9))
def test_every_pair_is_in_exactly_one_batch(pairs, batch_size, seed):
    before = deepcopy(pairs)
    made = batches(pairs, batch_size, generator=None if seed is None else seeded(seed))
    found = [pair for batch in made for pair in pairs_of(batch)]
    expected = [(tuple(source), tuple(target)) for source, target in pairs]
    assert Counter(found) == Counter(expected)
    assert seed is not None or found == expected  # without a generator the order is kept too
    assert pairs == before

    full, rest = divmod(len(pairs), batch_size)
    assert sorted(map(len, made)) == sorted([batch_size] * full + [rest] * (rest > 0))


def test_more_than_one_pool_is_still_a_partition():
    pairs = [([4 + i], [4 + i]) for i in range(450)]
    made = batches(pairs, 2, generator=seeded(0))
    assert sorted(int(i) for batch in made for i in batch.src[:, 0]) == list(range(4, 454))
    assert len(made) == 225


def test_a_large_data_set_mixes_the_companions_of_a_pair():
    def companions(seed):
        made = batches(pairs, 2, generator=seeded(seed))
        return {tuple(sorted(batch.src_lengths.tolist())) for batch in made}

    pairs = [([4] * length, [5]) for length in range(450)]  # sorted all at once, they never mix
    assert len(companions(1) & companions(2)) < 100


def test_batches_of_like_length_waste_less_padding_than_batches_at_random():
    def waste(made):
        return sum(int((batch.src == PAD).sum()) for batch in made)

    pairs = lengths_1_to_60(2000)
    assert waste(batches(pairs, 32, generator=seeded(0))) < 0.1 * waste(batches(pairs, 32))


def test_batches_of_like_length_are_in_no_order_of_length():
    widths = [b.src.shape[1] for b in batches(lengths_1_to_60(2000), 20, generator=seeded(0))]
    falls = sum(a > b for a, b in pairwise(widths))
    assert 30 < falls < 70  # of 99


def test_the_order_is_a_function_of_the_seed():
    def order(seed):
        return [batch.src.tolist() for batch in batches(pairs, 4, generator=seeded(seed))]

    pairs = lengths_1_to_60(100)
    assert order(1) == order(1)
    assert order(1) != order(2)


def test_another_epoch_has_another_order():
    generator, pairs = seeded(0), lengths_1_to_60(100)
    first, second = (batches(pairs, 4, generator=generator) for _ in range(2))
    assert [b.src.tolist() for b in first] != [b.src.tolist() for b in second]


def test_torchs_own_random_state_is_neither_read_nor_moved():
    orders = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        made = batches(lengths_1_to_60(50), 4, generator=seeded(3))
        orders.append([batch.src.tolist() for batch in made])
        assert torch.equal(torch.get_rng_state(), before)
    assert orders[0] == orders[1]


def test_the_order_does_not_depend_on_hashing(outputs_under_two_hash_seeds):
    program = (
        "import torch\n"
        "from seq2seq_tutor.data import batches, date_pairs, reverse_pairs\n"
        "generator = torch.Generator().manual_seed(0)\n"
        "made = reverse_pairs(99, generator=generator) + date_pairs(9, generator=generator)\n"
        "ids = [([4 + i] * len(pair.src), [5] * len(pair.tgt)) for i, pair in enumerate(made)]\n"
        "print(made, [b.src.tolist() for b in batches(ids, 8, generator=generator)])\n"
    )
    assert len(outputs_under_two_hash_seeds(program)) == 1


# refusals


@pytest.mark.parametrize(
    ("bad", "error", "said"),
    [
        (([4], [PAD]), ValueError, "id 0 in the target of pair 7 is 0; PAD=0, BOS=1 and EOS=2"),
        (([4, EOS], [4]), ValueError, "id 1 in the source of pair 7 is 2; .* are added here"),
        (([BOS, 4], [4]), ValueError, "id 0 in the source of pair 7 is 1"),
        (([4], [-1]), ValueError, "id 0 in the target of pair 7 is -1; .* no id is negative"),
        (([4], [4, 5.0]), TypeError, r"id 1 in the target of pair 7 must be an int, got 5\.0"),
        (([True], [4]), TypeError, "id 0 in the source of pair 7 must be an int, got True"),
        (([4], ["a"]), TypeError, "id 0 in the target of pair 7 must be an int, got 'a'"),
        (("ab", [4]), TypeError, "the source of pair 7 must be a list of ids, got 'ab'; .*encode"),
        (([4], None), TypeError, "the target of pair 7 must be a list of ids, got None"),
        (([4], torch.tensor([4])), TypeError, r"target of pair 7 .* got tensor.* tolist\(\)"),
        (([4],), TypeError, r"pair 7 must be \(source ids, target ids\), got \(\[4\],\)"),
        (4, TypeError, "pair 7 must be .* got 4"),
    ],
)
@pytest.mark.parametrize("seed", [None, 0, 1])
def test_the_bad_pair_of_a_data_set_is_named(bad, error, said, seed):
    pairs = [([4] * i, [5]) for i in range(9)]
    pairs[7] = bad
    with pytest.raises(error, match=said):
        batches(pairs, 2, generator=None if seed is None else seeded(seed))
    with pytest.raises(error, match=said):
        collate(pairs)


def test_no_pairs_is_refused():
    with pytest.raises(ValueError, match="no pairs"):
        collate([])
    with pytest.raises(ValueError, match="no pairs"):
        batches([], 4)


@pytest.mark.parametrize(
    ("batch_size", "error"),
    [(0, ValueError), (-1, ValueError), (2.0, TypeError), (True, TypeError)],
)
def test_a_wrong_batch_size_is_refused(batch_size, error):
    with pytest.raises(error, match=f"batch_size must be .*, got {batch_size}"):
        batches([([4], [4])], batch_size)


def test_a_seed_is_not_a_generator():
    with pytest.raises(TypeError, match=r"torch.Generator, got 0; write .*manual_seed\(0\)"):
        batches([([4], [4])], 1, generator=0)
