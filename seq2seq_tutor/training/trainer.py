"""The training loop: batches, loss, backward, clip, step, and a look at the validation set.

Chapter: encoder-decoder.
"""

import hashlib
import json
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from ..data.batching import Batch, IdPair, batches, checked_pairs
from ..metrics.perplexity import perplexity
from ..models.seq2seq import Seq2Seq
from ..text import Language
from .checkpoint import (
    CheckpointError,
    TrainingState,
    has_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from .config import History, TrainConfig
from .description import describe
from .loss import masked_cross_entropy

_ADVICE = "the weights are as before this step; lower lr or max_norm, or look at the data"


class TrainingInterrupted(KeyboardInterrupt):
    """Ctrl-C stopped ``fit``; ``history`` holds what happened until then.

    >>> from seq2seq_tutor.training import History, TrainingInterrupted
    >>> TrainingInterrupted(History(loss=[2.0])).history.loss
    [2.0]
    """

    def __init__(self, history: History) -> None:
        """Keep the history."""
        super().__init__(f"training was interrupted after {len(history.loss)} steps")
        self.history = history


def fit(
    model: Seq2Seq,
    train: Iterable[IdPair],
    valid: Iterable[IdPair],
    config: TrainConfig,
    *,
    folder: str | os.PathLike[str] | None = None,
    languages: tuple[Language, Language] | None = None,
    progress: bool = False,
) -> History:
    """Train a model in place on pairs of id lists, on the device it is on.

    Runs under its own random state, seeded by ``config.seed``: the same call gives the same model,
    and the caller's random state is as it was. Leaves the model in eval mode, after an error too.
    ``progress`` shows a bar.

    With a ``folder``, a checkpoint is saved there at once and after each epoch, with the two
    ``languages`` if they are given. If the folder holds one of the same model, config and data,
    training goes on where that one stopped; on a CPU the result is that of an uninterrupted run,
    bit for bit.

    ValueError if a data set is empty or holds an id that the model does not know.
    FloatingPointError if a loss or a gradient is not finite: the weights are those of the last
    step that was. CheckpointError if the folder holds something else than this training.
    TrainingInterrupted at Ctrl-C, with the history; the model is as after the last step.

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
    if languages is not None and folder is None:
        raise ValueError("languages are saved with the checkpoints; say in which folder")
    # manual_seed seeds every device, so the random state of every device is put back.
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(config.seed)
        run = _Run(model, train, valid, config)
        try:
            if folder is not None and has_checkpoint(folder):
                run.go_on(Path(folder), languages)
            elif folder is not None:
                run.save(Path(folder), languages)  # what can't be saved is known before the work
            with tqdm(
                desc=f"epoch {run.epoch + 1}",
                initial=len(run.history.loss),
                total=run.steps,
                leave=False,
                **({} if progress else {"disable": True}),  # else TQDM_DISABLE decides
            ) as bar:
                while not run.finished:
                    run.run_epoch(bar)
                    if folder is not None:
                        run.save(Path(folder), languages)
        except KeyboardInterrupt:
            raise TrainingInterrupted(run.history) from None
        finally:
            model.eval()
    return run.history


class _Run:
    """One training run: all that changes from step to step, and how to save it and go on."""

    def __init__(
        self, model: Seq2Seq, train: list[IdPair], valid: list[IdPair], config: TrainConfig
    ) -> None:
        """Begin before the first step."""
        self.model, self.train, self.config = model, train, config
        self.valid = batches(valid, config.batch_size)
        self.device = next(model.parameters()).device
        self.generator = torch.Generator().manual_seed(config.seed)
        self.optimizer = torch.optim.Adam(model.parameters(), lr=config.lr)
        self.steps = config.epochs * -(-len(train) // config.batch_size)
        self.history = History()
        self.epoch = 0
        self.kept: dict[str, Tensor] = {}  # the best weights, or the sum of the last
        self.data = hashlib.sha256(json.dumps([train, valid], default=int).encode()).hexdigest()

    @property
    def finished(self) -> bool:
        """Tell whether all epochs are done, or patience is at its end."""
        patience = self.config.patience
        tired = patience is not None and self.epoch - self.history.best_epoch >= patience
        return self.epoch >= self.config.epochs or tired

    def run_epoch(self, bar: "tqdm[None]") -> None:
        """Learn from every batch once, then look at the validation set."""
        self.model.train()
        for batch in batches(self.train, self.config.batch_size, generator=self.generator):
            where = self._step(batch.to(self.device))
            bar.update()
            bar.set_postfix(loss=f"{self.history.loss[-1]:.3f}", refresh=False)
        nll, tokens = _sum_nll(self.model, self.valid)
        if not math.isfinite(nll):
            raise FloatingPointError(f"the validation loss is {nll} ({where}); lower lr")
        self.epoch += 1
        self.history.valid_loss.append(nll / tokens)
        self.history.valid_perplexity.append(perplexity(nll, tokens))
        bar.set_description(
            f"epoch {self.epoch + 1}, perplexity {self.history.valid_perplexity[-1]:.2f}"
        )
        self._keep()

    def _step(self, batch: Batch) -> str:
        """Learn from one batch; give the place in words."""
        step = len(self.history.loss)
        rate = self.config.lr_at(step, self.steps)
        where = f"epoch {self.epoch + 1}, step {step + 1}, lr {rate}"
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        forcing = self.config.teacher_forcing_at(step, self.steps)
        logits = self.model(batch, teacher_forcing=forcing, generator=self.generator)
        nll, tokens = masked_cross_entropy(
            logits, batch.tgt_out, batch.tgt_mask, label_smoothing=self.config.label_smoothing
        )
        loss = nll / tokens
        # Looked at on its own: a loss of -log 0 has a finite gradient.
        if not math.isfinite(loss.item()):
            raise FloatingPointError(f"the loss is {loss.item()} ({where}); {_ADVICE}")
        loss.backward()
        try:
            norm = clip_gradients(self.model.parameters(), self.config.max_norm)
        except FloatingPointError as error:
            raise FloatingPointError(f"{error} ({where}, loss {loss.item()}); {_ADVICE}") from None
        self.optimizer.step()
        self.history.loss.append(loss.item())
        self.history.gradient_norm.append(norm)
        return where

    def _keep(self) -> None:
        """Keep this epoch's weights if they are the best or among the last; use them at the end."""
        weights = dict(self.model.named_parameters())
        if self.config.patience is not None and self.history.best_epoch == self.epoch:
            self.kept = {name: weight.detach().clone() for name, weight in weights.items()}
        first = self.config.epochs - self.config.average_last
        if self.config.average_last > 1 and self.epoch > first:
            self.kept = {
                name: weight.detach() + self.kept.get(name, 0) for name, weight in weights.items()
            }
        if self.finished and self.kept:
            count = min(self.config.average_last, self.config.epochs)
            with torch.no_grad():
                for name, weight in weights.items():
                    weight.copy_(self.kept[name] / count)

    def save(self, folder: Path, languages: tuple[Language, Language] | None) -> None:
        """Save everything that the rest of the run depends on."""
        tensors = {"random.cpu": torch.get_rng_state(), "random.draws": self.generator.get_state()}
        if self.device.type == "cuda":
            tensors["random.cuda"] = torch.cuda.get_rng_state(self.device)
        for number, moments in self.optimizer.state_dict()["state"].items():
            tensors |= {f"adam.{number}.{name}": value for name, value in moments.items()}
        tensors |= {f"kept.{name}": weight for name, weight in self.kept.items()}
        state = TrainingState(
            self.config, self.history, self.epoch, self.finished, self.data, tensors
        )
        source, target = languages or (None, None)
        save_checkpoint(self.model, folder, source=source, target=target, training=state)

    def go_on(self, folder: Path, languages: tuple[Language, Language] | None) -> None:
        """Take up the run that a folder holds, if it is this one."""
        saved = load_checkpoint(folder, device=self.device)
        state = saved.training
        if state is None:
            raise CheckpointError(
                f"{folder} holds a model without the state of its training; train into another "
                "folder"
            )
        source, target = languages or (None, None)
        for what, mine, theirs in (
            ("model", describe(self.model), describe(saved.model)),
            ("config", asdict(self.config), asdict(state.config)),
            # A tied parameter has one name here, and an untied one two.
            ("kind of parameters", _kinds(self.model), _kinds(saved.model)),
            ("data", {"sha256": self.data}, {"sha256": state.data}),
            (
                "pair of languages",
                {"source": describe(source), "target": describe(target)},
                {"source": describe(saved.source), "target": describe(saved.target)},
            ),
        ):
            if different := _differences(mine, theirs):
                raise CheckpointError(
                    f"{folder} holds the training of another {what}: {'; '.join(different)}; "
                    "train into another folder, or delete this one"
                )
        try:
            self._take_up(saved.model, state)
        except (KeyError, ValueError, RuntimeError) as error:
            raise CheckpointError(
                f"{folder} holds a training that can't go on: {type(error).__name__}: {error}"
            ) from error

    def _take_up(self, model: torch.nn.Module, state: TrainingState) -> None:
        """Become what was saved."""
        self.model.load_state_dict(model.state_dict())
        self.history, self.epoch = state.history, state.epoch
        self.generator.set_state(state.tensors["random.draws"])
        torch.set_rng_state(state.tensors["random.cpu"])
        if self.device.type == "cuda" and "random.cuda" in state.tensors:
            torch.cuda.set_rng_state(state.tensors["random.cuda"], self.device)
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in state.tensors.items():
            kind, _, rest = name.partition(".")
            if kind == "adam":
                number, _, moment = rest.partition(".")
                moments.setdefault(int(number), {})[moment] = value
            elif kind == "kept":
                self.kept[rest] = value.to(self.device)
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": moments, "param_groups": groups})


def _differences(mine: dict[str, Any], theirs: dict[str, Any], at: str = "") -> list[str]:
    """Name the parts in which two descriptions differ, each with its two values."""
    found = []
    for name in sorted(mine.keys() | theirs.keys()):
        here, there = mine.get(name), theirs.get(name)
        if isinstance(here, dict) and isinstance(there, dict):
            found += _differences(here, there, f"{at}{name}.")
        elif here != there:
            found.append(f"{at}{name} is {there!r:.80} there and {here!r:.80} here")
    return found


def _kinds(model: torch.nn.Module) -> dict[str, str]:
    """Give the name of each parameter's numbers."""
    return {name: str(parameter.dtype) for name, parameter in model.named_parameters()}


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
