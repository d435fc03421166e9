"""Evaluation: how well a model predicts the targets of a data set.

Chapters: encoder-decoder, padding and loss.
"""

from collections.abc import Sequence

import torch

from ..data.batching import Batch, IdPair, batches, checked_pairs
from ..models.seq2seq import Seq2Seq
from .loss import masked_cross_entropy


def evaluate(
    model: Seq2Seq, pairs: Sequence[IdPair], *, batch_size: int = 256
) -> tuple[float, int]:
    """Sum the negative log-likelihood of the targets, in nats, and count their tokens.

    Teacher-forced, unsmoothed, in eval mode; the model's mode is as it was afterwards.
    ``perplexity(*evaluate(model, pairs))`` is the perplexity. ValueError as in ``fit``.

    >>> import torch
    >>> from seq2seq_tutor.metrics import perplexity
    >>> from seq2seq_tutor.models import Decoder, Encoder, Seq2Seq
    >>> from seq2seq_tutor.training import evaluate
    >>> model = Seq2Seq(Encoder(8, 8, 16), Decoder(8, 8, 16))
    >>> nll, tokens = evaluate(model, [([4, 5], [5, 4])])
    >>> tokens, perplexity(nll, tokens) > 1
    (3, True)
    """
    pairs = checked_pairs(pairs)
    check_ids("pairs", pairs, model)
    return sum_nll(model, batches(pairs, batch_size))


@torch.no_grad()
def sum_nll(model: Seq2Seq, of: Sequence[Batch]) -> tuple[float, int]:
    """Sum the negative log-likelihood over batches, in eval mode, and count their tokens."""
    device = next(model.parameters()).device
    training = model.training
    model.eval()
    try:
        total, count = 0.0, 0
        for batch in of:
            batch = batch.to(device)
            nll, tokens = masked_cross_entropy(model(batch), batch.tgt_out, batch.tgt_mask)
            total, count = total + nll.item(), count + tokens
        return total, count
    finally:
        model.train(training)


def check_ids(name: str, pairs: Sequence[IdPair], model: Seq2Seq) -> None:
    """Refuse ids that the model has no embedding for.

    On a GPU such an id is reported late and costs the process its device.
    """
    for side, size in ((0, model.encoder.vocab_size), (1, model.decoder.vocab_size)):
        for row, pair in enumerate(pairs):
            if pair[side] and max(pair[side]) >= size:
                raise ValueError(
                    f"{name}[{row}] has id {max(pair[side])} in its "
                    f"{('source', 'target')[side]}, but the model was built with "
                    f"vocab_size={size}; build it with len(vocab)"
                )
