"""The training loop: batches, loss, backward, clip, step, and a look at the validation set.

Chapter: encoder-decoder.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from tqdm import tqdm

from .._checks import check_int, check_number
from ..data.batching import Batch, IdPair, batches, checked_pairs
from ..metrics.perplexity import perplexity
from ..models.seq2seq import Seq2Seq
from .loss import masked_cross_entropy

_ADVICE = "the weights are as before this step; lower lr or max_norm, or look at the data"


@dataclass(frozen=True)
class TrainConfig:
    """How to train: everything that changes the result, and nothing else.

    ``epochs`` passes over the data in batches of ``batch_size`` pairs, with Adam at a learning rate
    that falls in a straight line from ``lr`` to 0; gradients clipped to the global norm
    ``max_norm``; ``teacher_forcing`` is the probability of feeding the reference; ``seed`` decides
    shuffles, coins and dropout.

    ValueError or TypeError if a field is not usable.

    >>> from seq2seq_tutor.training import TrainConfig
    >>> TrainConfig(epochs=3).batch_size
    64
    """

    epochs: int = 10
    batch_size: int = 64
    lr: float = 1e-3
    max_norm: float = 1.0
    teacher_forcing: float = 1.0
    label_smoothing: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse fields that can't be trained with."""
        check_int("epochs", self.epochs, minimum=0)
        check_int("batch_size", self.batch_size, minimum=1)
        check_number("lr", self.lr, above=0)
        check_number("max_norm", self.max_norm, above=0)
        check_number("teacher_forcing", self.teacher_forcing, at_least=0, at_most=1)
        check_number("label_smoothing", self.label_smoothing, at_least=0, below=1)
        check_int("seed", self.seed, minimum=0)


@dataclass
class History:
    """What happened in training.

    For each step: ``loss``, the mean training loss a token in nats (smoothed if the config says
    so), and ``gradient_norm``, before clipping. For each epoch: ``valid_loss``, the mean negative
    log-likelihood a token on the validation set, teacher-forced and unsmoothed, and
    ``valid_perplexity``, its exponential.

    >>> from seq2seq_tutor.training import History
    >>> History().loss
    []
    """

    loss: list[float] = field(default_factory=list)
    gradient_norm: list[float] = field(default_factory=list)
    valid_loss: list[float] = field(default_factory=list)
    valid_perplexity: list[float] = field(default_factory=list)


def fit(
    model: Seq2Seq,
    train: Sequence[IdPair],
    valid: Sequence[IdPair],
    config: TrainConfig,
    *,
    progress: bool = False,
) -> History:
    """Train a model in place on pairs of id lists, on the device it is on.

    Runs under its own random state, seeded by ``config.seed``: the same call gives the same model,
    and the caller's random state is as it was. Leaves the model in eval mode, after an error too.
    ``progress`` shows a bar.

    ValueError if a data set is empty or holds an id that the model does not know.
    FloatingPointError if a loss or a gradient is not finite: the weights are those of the last
    step that was.

    >>> import torch
    >>> from seq2seq_tutor.models import Decoder, Encoder, Seq2Seq
    >>> from seq2seq_tutor.training import TrainConfig, fit
    >>> _ = torch.manual_seed(0)
    >>> model = Seq2Seq(Encoder(8, 8, 16), Decoder(8, 8, 16))
    >>> pairs = [([4, 5], [5, 4]), ([6, 7], [7, 6])]
    >>> history = fit(model, pairs, pairs, TrainConfig(epochs=60, lr=0.02))
    >>> history.valid_perplexity[-1] < 1.1
    True
    """
    if not isinstance(model, Seq2Seq):
        raise TypeError(f"fit trains a Seq2Seq, got {type(model).__name__}")
    train, valid = checked_pairs(train, "train"), checked_pairs(valid, "valid")
    _check_ids("train", train, model)
    _check_ids("valid", valid, model)
    device = next(model.parameters()).device
    valid_batches = batches(valid, config.batch_size)
    history = History()
    # manual_seed seeds every device, so the random state of every device is put back.
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(config.seed)
        generator = torch.Generator().manual_seed(config.seed)
        optimizer = torch.optim.Adam(model.parameters(), lr=config.lr)
        steps = max(1, config.epochs * -(-len(train) // config.batch_size))
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1.0 - step / steps)
        try:
            for epoch in range(1, config.epochs + 1):
                model.train()
                bar = batches(train, config.batch_size, generator=generator)
                for batch in tqdm(bar, f"epoch {epoch}", leave=False) if progress else bar:
                    where = (
                        f"epoch {epoch}, step {len(history.loss) + 1}, "
                        f"lr {schedule.get_last_lr()[0]}"
                    )
                    loss, norm = _step(model, optimizer, batch.to(device), config, generator, where)
                    schedule.step()
                    history.loss.append(loss)
                    history.gradient_norm.append(norm)
                nll, tokens = _sum_nll(model, valid_batches)
                if not math.isfinite(nll):
                    raise FloatingPointError(f"the validation loss is {nll} ({where}); lower lr")
                history.valid_loss.append(nll / tokens)
                history.valid_perplexity.append(perplexity(nll, tokens))
        finally:
            model.eval()
    return history


def _step(
    model: Seq2Seq,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    config: TrainConfig,
    generator: torch.Generator,
    where: str,
) -> tuple[float, float]:
    """Learn from one batch: the mean loss a token and the gradient's norm before clipping."""
    optimizer.zero_grad()
    logits = model(batch, teacher_forcing=config.teacher_forcing, generator=generator)
    nll, tokens = masked_cross_entropy(
        logits, batch.tgt_out, batch.tgt_mask, label_smoothing=config.label_smoothing
    )
    loss = nll / tokens
    # Looked at on its own: a loss of -log 0 has a finite gradient.
    if not math.isfinite(loss.item()):
        raise FloatingPointError(f"the loss is {loss.item()} ({where}); {_ADVICE}")
    loss.backward()
    try:
        norm = clip_gradients(model.parameters(), config.max_norm)
    except FloatingPointError as error:
        raise FloatingPointError(f"{error} ({where}, loss {loss.item()}); {_ADVICE}") from None
    optimizer.step()
    return loss.item(), norm


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
    _check_ids("pairs", pairs, model)
    return _sum_nll(model, batches(pairs, batch_size))


@torch.no_grad()
def _sum_nll(model: Seq2Seq, of: Sequence[Batch]) -> tuple[float, int]:
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


def clip_gradients(parameters: Tensor | Iterable[Tensor], max_norm: float) -> float:
    """Scale all gradients down together if their global norm is above ``max_norm``.

    The norm is taken over all gradients as one vector and returned as it was before.
    FloatingPointError if it is not finite, and the gradients are left as they are; ValueError if
    there is no gradient.

    Source: Pascanu et al. (2013), section 3.2, algorithm 1.

    >>> import torch
    >>> from seq2seq_tutor.training import clip_gradients
    >>> weight = torch.zeros(2, requires_grad=True)
    >>> weight.grad = torch.tensor([3.0, 4.0])
    >>> clip_gradients([weight], max_norm=1.0), weight.grad.norm().item() < 1.0001
    (5.0, True)
    """
    if not max_norm > 0:
        raise ValueError(f"max_norm must be greater than 0 (inf clips nothing), got {max_norm}")
    if isinstance(parameters, Tensor):
        parameters = [parameters]
    gradients = [p.grad for p in parameters if p.grad is not None]
    if not gradients:
        raise ValueError("no parameter has a gradient; call backward first")
    norm = float(torch.stack([torch.linalg.vector_norm(g) for g in gradients]).norm())
    if not math.isfinite(norm):
        raise FloatingPointError(f"the norm of the gradients is {norm}")
    if norm > max_norm:
        for gradient in gradients:
            gradient.mul_(max_norm / norm)
    return norm


def _check_ids(name: str, pairs: Sequence[IdPair], model: Seq2Seq) -> None:
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
