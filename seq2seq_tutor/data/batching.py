"""Batches: lists of ids become padded tensors, and a data set becomes batches of like length.

Chapters: text preprocessing, padding and loss. This is the only place that adds BOS, EOS and PAD
and the only place that shifts the target by one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .._checks import check_generator, check_int, is_int
from ..text.vocab import BOS, EOS, PAD

IdPair = tuple[Sequence[int], Sequence[int]]
_POOL = 100  # batches that are sorted by length together


@dataclass(frozen=True, eq=False)  # == of tensors gives tensors
class Batch:
    """Sentence pairs as tensors: what the encoder reads, the decoder reads and then predicts.

    ``src`` (B, S) ends in EOS; ``tgt_in`` (B, T) begins with BOS; ``tgt_out`` (B, T) is the same
    target one step later and ends in EOS. ``src_lengths`` (B,) counts EOS and stays on the CPU,
    where packing wants it. Everything is int64.

    >>> from seq2seq_tutor.data import collate
    >>> batch = collate([([5, 6, 7], [8, 9]), ([5], [8])])
    >>> batch.src.tolist(), batch.src_lengths.tolist()
    ([[5, 6, 7, 2], [5, 2, 0, 0]], [4, 2])
    >>> batch.tgt_in.tolist(), batch.tgt_out.tolist()
    ([[1, 8, 9], [1, 8, 0]], [[8, 9, 2], [8, 2, 0]])
    >>> batch.tgt_mask.tolist()
    [[True, True, True], [True, True, False]]
    """

    src: Tensor
    src_lengths: Tensor
    tgt_in: Tensor
    tgt_out: Tensor

    @property
    def src_mask(self) -> Tensor:
        """Where ``src`` holds a real token, EOS included: (B, S), bool."""
        return mask_from_lengths(self.src_lengths, self.src.shape[1]).to(self.src.device)

    @property
    def tgt_mask(self) -> Tensor:
        """Where ``tgt_out`` holds a real token, EOS included: (B, T), bool."""
        return self.tgt_out != PAD

    def to(self, device: torch.device | str) -> "Batch":
        """Copy the batch to a device, all but ``src_lengths``."""
        return Batch(
            self.src.to(device), self.src_lengths, self.tgt_in.to(device), self.tgt_out.to(device)
        )

    def __len__(self) -> int:
        """Count the sentence pairs."""
        return len(self.src)


def mask_from_lengths(lengths: Tensor, width: int) -> Tensor:
    """Mark the first ``lengths[b]`` places of each row: (B,) -> (B, width), bool, True = real.

    >>> import torch
    >>> from seq2seq_tutor.data import mask_from_lengths
    >>> mask_from_lengths(torch.tensor([2, 1]), 3).tolist()
    [[True, True, False], [True, False, False]]
    """
    return torch.arange(width, device=lengths.device) < lengths.unsqueeze(1)


def collate(pairs: Iterable[IdPair]) -> Batch:
    """Make one batch of pairs of id lists, as ``Language.encode`` gives them.

    Adds EOS to the source, BOS and EOS to the target, pads to the longest of each side. An empty
    sentence becomes EOS alone.

    TypeError if a pair is not two lists of ints; ValueError if there is no pair, or an id is
    negative or is PAD, BOS or EOS, which only this function may add.

    >>> from seq2seq_tutor.data import collate
    >>> collate([([5, 6], [7])]).src.tolist()
    [[5, 6, 2]]
    """
    return _collate(checked_pairs(pairs))


def _collate(pairs: Sequence[IdPair]) -> Batch:
    """Make one batch of pairs that have been checked."""
    return Batch(
        src=_pad([[*source, EOS] for source, _ in pairs]),
        src_lengths=torch.tensor([len(source) + 1 for source, _ in pairs]),
        tgt_in=_pad([[BOS, *target] for _, target in pairs]),
        tgt_out=_pad([[*target, EOS] for _, target in pairs]),
    )


def _pad(rows: list[list[int]]) -> Tensor:
    """Fill all rows up to the longest with PAD: (B, longest), int64."""
    width = max(map(len, rows))
    return torch.tensor([row + [PAD] * (width - len(row)) for row in rows], dtype=torch.int64)


def batches(
    pairs: Iterable[IdPair], batch_size: int, *, generator: torch.Generator | None = None
) -> list[Batch]:
    """Cut a data set into batches; every pair is in exactly one, the last may be smaller.

    Without a generator the pairs keep their order, for evaluation. With one they are shuffled, then
    sorted by length inside pools of 100 batches, so that a batch holds sentences of like length and
    little padding, and the batches are shuffled again. The result depends on the generator's state
    alone.

    Errors as in ``collate``; TypeError if ``generator`` is a seed and not a generator.

    >>> import torch
    >>> from seq2seq_tutor.data import batches
    >>> pairs = [([5] * n, [6] * n) for n in (1, 9, 2, 9, 1)]
    >>> sorted(len(batch) for batch in batches(pairs, 2, generator=torch.Generator()))
    [1, 2, 2]
    """
    check_int("batch_size", batch_size, minimum=1)
    pairs = checked_pairs(pairs)
    order = list(range(len(pairs)))
    if generator is None:
        return [_collate([pairs[i] for i in chunk]) for chunk in _chunks(order, batch_size)]
    check_generator(generator)
    order = torch.randperm(len(pairs), generator=generator).tolist()
    chunks = []
    for pool in _chunks(order, batch_size * _POOL):
        pool.sort(key=lambda i: (len(pairs[i][1]), len(pairs[i][0])))
        chunks += _chunks(pool, batch_size)
    shuffled = torch.randperm(len(chunks), generator=generator).tolist()
    return [_collate([pairs[i] for i in chunks[c]]) for c in shuffled]


def _chunks(items: list[int], size: int) -> list[list[int]]:
    """Cut a list into pieces of ``size``, the last as long as what is left."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def checked_pairs(pairs: Iterable[IdPair], name: str = "pairs") -> list[IdPair]:
    """Give the pairs as a list, or refuse what is not pairs of lists of ids.

    >>> from seq2seq_tutor.data.batching import checked_pairs
    >>> checked_pairs(zip([[5], [6]], [[7], [8]]))
    [([5], [7]), ([6], [8])]
    """
    pairs = list(pairs)
    if not pairs:
        raise ValueError(f"{name} is empty: there are no pairs to make a batch of")
    for number, pair in enumerate(pairs):
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(f"pair {number} must be (source ids, target ids), got {pair!r:.60}")
        _check_ids(pair[0], f"the source of pair {number}")
        _check_ids(pair[1], f"the target of pair {number}")
    return pairs


def _check_ids(ids: Any, where: str) -> None:
    """Refuse ids that ``Vocab.encode`` would not give."""
    if not isinstance(ids, (list, tuple)):
        raise TypeError(
            f"{where} must be a list of ids, got {ids!r:.60}; "
            "text becomes ids by Language.encode, a tensor by tolist()"
        )
    for position, id_ in enumerate(ids):
        if not is_int(id_):
            raise TypeError(f"id {position} in {where} must be an int, got {id_!r}")
        if id_ < 0 or id_ in (PAD, BOS, EOS):
            raise ValueError(
                f"id {position} in {where} is {id_}; PAD={PAD}, BOS={BOS} and EOS={EOS} are added "
                "here and nowhere else, and no id is negative"
            )
