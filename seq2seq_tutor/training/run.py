"""One training run: what changes from step to step, saved and taken up again.

Chapters: encoder-decoder (the steps), translation (checkpoints). ``fit`` drives it.
"""

import hashlib
import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from ..data.batching import Batch, IdPair, batches
from ..metrics.perplexity import perplexity
from ..models.seq2seq import Seq2Seq
from ..text import Language
from .checkpoint import TrainingState, load_checkpoint, save_checkpoint
from .config import History, TrainConfig
from .description import describe
from .evaluation import sum_nll
from .gradients import clip_gradients
from .loss import masked_cross_entropy
from .storage import CheckpointError

_ADVICE = "the weights are as before this step; lower lr or max_norm, or look at the data"


class Run:
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
            try:
                where = self._step(batch.to(self.device))
            except torch.cuda.OutOfMemoryError as error:
                source, target = batch.src.shape[1], batch.tgt_out.shape[1]
                raise MemoryError(
                    f"the GPU has no memory left for a batch of {len(batch)} sentences of up to "
                    f"{source} and {target} tokens (epoch {self.epoch + 1}, step "
                    f"{len(self.history.loss) + 1}); lower batch_size"
                ) from error
            bar.update()
            bar.set_postfix(loss=f"{self.history.loss[-1]:.3f}", refresh=False)
        nll, tokens = sum_nll(self.model, self.valid)
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
