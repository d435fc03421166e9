"""Partitions: one long text becomes batches of inputs and of targets one step later.

Chapters: sequence models, language models. A text without sentence pairs, a book say, is cut in one
of two ways: into pieces that know nothing of each other, or into streams that go on from batch to
batch, so that a recurrent state may be carried over.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from .._checks import check_generator, check_int, is_int

Ids = Sequence[int] | Tensor
_LARGEST = torch.iinfo(torch.int64).max


def random_partition(
    ids: Ids, batch_size: int, num_steps: int, *, generator: torch.Generator | None = None
) -> list[tuple[Tensor, Tensor]]:
    """Cut a text into pieces of ``num_steps``, and shuffle them: pairs of inputs and targets.

    ``ids`` is one text, a list of ints or an int64 tensor (N,). A batch is (inputs, targets), both
    (B, num_steps), int64, on the CPU; ``targets[b, t]`` is the token that follows ``inputs[b, t]``.
    B is ``batch_size``, in the last batch as many as are left. The pieces follow each other without
    overlap; after the shuffle neighbours in a batch, or in two batches, aren't neighbours in the
    text, so each row needs a fresh state.

    With a generator the first cut is at an offset drawn evenly from 0 to ``num_steps - 1``, so that
    the cuts fall elsewhere in each epoch, and the order is drawn too; the result depends on the
    generator's state alone. Without one the offset is 0 and the order is the text's. Left out: the
    ``offset`` tokens before the first piece, and those after the target of the last input, fewer
    than ``num_steps``, which don't fill a piece. In a text of fewer than ``2 * num_steps`` tokens
    the offset stays below what would leave no piece at all.

    TypeError if an id is no int; ValueError if one is negative or if the text has fewer than
    ``num_steps + 1`` tokens.

    Source: random sampling, after release 0.17 of the book by Zhang et al. (2023), which leaves the
    last incomplete batch out; here it is kept.

    >>> from seq2seq_tutor.data import random_partition
    >>> for inputs, targets in random_partition(range(10, 18), 2, 2):
    ...     print(inputs.tolist(), targets.tolist())
    [[10, 11], [12, 13]] [[11, 12], [13, 14]]
    [[14, 15]] [[15, 16]]
    """
    text = _checked_text(ids, batch_size, num_steps, generator, shortest=num_steps)
    batch_size, num_steps = int(batch_size), int(num_steps)  # torch splits by no other int
    offset = _draw_offset(num_steps, len(text) - 1 - num_steps, generator)
    pieces = (len(text) - 1 - offset) // num_steps
    end = offset + pieces * num_steps
    inputs = text[offset:end].view(pieces, num_steps)
    targets = text[offset + 1 : end + 1].view(pieces, num_steps)
    order = torch.arange(pieces)
    if generator is not None:
        order = torch.randperm(pieces, generator=generator)
    return [(inputs[rows], targets[rows]) for rows in order.split(batch_size)]


def sequential_partition(
    ids: Ids, batch_size: int, num_steps: int, *, generator: torch.Generator | None = None
) -> list[tuple[Tensor, Tensor]]:
    """Cut a text into ``batch_size`` parallel streams: row b of a batch goes on in the next one.

    ``ids`` is one text, a list of ints or an int64 tensor (N,). A batch is (inputs, targets), both
    (batch_size, num_steps), int64, on the CPU, the last one narrower if the streams end there;
    ``targets[b, t]`` is the token that follows ``inputs[b, t]``. The state after row b of one batch
    is the state before row b of the next, so it may be carried over; the first batch begins anew.

    With a generator the streams begin at an offset drawn evenly from 0 to ``num_steps - 1``, so
    that the cuts fall elsewhere in each epoch; the result depends on the generator's state alone.
    Without one the offset is 0. Left out: the ``offset`` tokens at the beginning, and at the end
    fewer than ``batch_size``, because all streams have one length. So without a generator and with
    ``batch_size=1`` every token but the first is a target once, as a perplexity wants it. In a
    short text the offset stays below what would leave a stream no target.

    TypeError if an id is no int; ValueError if one is negative or if the text has fewer than
    ``batch_size + 1`` tokens.

    Source: sequential partitioning, after release 0.17 of the book by Zhang et al. (2023), which
    leaves the last incomplete batch out and may draw ``num_steps`` itself as the offset; here the
    batch is kept, narrower, and the offset is smaller than ``num_steps``.

    >>> from seq2seq_tutor.data import sequential_partition
    >>> for inputs, targets in sequential_partition(range(10, 18), 2, 2):
    ...     print(inputs.tolist(), targets.tolist())
    [[10, 11], [13, 14]] [[11, 12], [14, 15]]
    [[12], [15]] [[13], [16]]
    """
    text = _checked_text(ids, batch_size, num_steps, generator, shortest=batch_size)
    batch_size, num_steps = int(batch_size), int(num_steps)  # torch splits by no other int
    offset = _draw_offset(num_steps, len(text) - 1 - batch_size, generator)
    length = (len(text) - 1 - offset) // batch_size
    end = offset + length * batch_size
    inputs = text[offset:end].view(batch_size, length)
    targets = text[offset + 1 : end + 1].view(batch_size, length)
    return [
        (inputs[:, places], targets[:, places])  # an index tensor copies
        for places in torch.arange(length).split(num_steps)
    ]


def _draw_offset(num_steps: int, largest: int, generator: torch.Generator | None) -> int:
    """Draw where the first cut is: 0 to ``num_steps - 1``, but at most ``largest``."""
    if generator is None:
        return 0
    return int(torch.randint(min(num_steps, largest + 1), (), generator=generator))


def _checked_text(
    ids: Ids,
    batch_size: int,
    num_steps: int,
    generator: torch.Generator | None,
    *,
    shortest: int,
) -> Tensor:
    """Check all arguments and give the text as a tensor (N,), with ``shortest`` targets."""
    check_int("batch_size", batch_size, minimum=1)
    check_int("num_steps", num_steps, minimum=1)
    if generator is not None:
        check_generator(generator)
    text = _tensor_of(ids)
    if len(text) <= shortest:
        raise ValueError(
            f"the text has {len(text)} tokens, too few for batch_size={batch_size} and "
            f"num_steps={num_steps}: {shortest + 1} are needed, one more than the first inputs, "
            "because the last input needs a target"
        )
    return text


def _tensor_of(ids: Ids) -> Tensor:
    """Give ids as an int64 tensor (N,) on the CPU, or say what is wrong with them."""
    if isinstance(ids, Tensor):
        if ids.dim() != 1 or ids.dtype != torch.int64:
            raise TypeError(
                f"ids must be one text: a list of ints or an int64 tensor (N,), got a tensor of "
                f"{ids.dtype} and shape {tuple(ids.shape)}"
            )
        if (ids < 0).any():
            position = int((ids < 0).nonzero()[0])
            raise ValueError(f"ids[{position}] is {int(ids[position])}; no id is negative")
        return ids.detach().cpu()
    if not isinstance(ids, (list, tuple, range)):
        raise TypeError(
            f"ids must be a list of ints or an int64 tensor (N,), got {type(ids).__name__}: "
            f"{ids!r:.60}; text becomes ids by Language.encode, an array by tolist()"
        )
    for position, id_ in enumerate(ids):
        if not is_int(id_):
            raise TypeError(f"ids[{position}] must be an int, got {id_!r:.60}")
        if not 0 <= id_ <= _LARGEST:
            raise ValueError(f"ids[{position}] is {id_}; no id is negative or above {_LARGEST}")
    return torch.tensor(ids, dtype=torch.int64)
