"""Checkpoints: a model, its two languages and the state of its training, in a folder.

Chapter: translation. ``checkpoint.json`` says what the model is made of and names the files that
hold its tensors, with their hashes; they are safetensors, and nothing is a pickle. Replacing
``checkpoint.json`` is the one moment at which a new checkpoint takes the place of an old one, so a
process that is killed while it saves leaves the old one whole.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .. import __version__
from .._checks import check_int, is_int
from .._files import write_whole
from ..models import LanguageModel, Seq2Seq
from ..text import Language
from .config import History, TrainConfig
from .description import describe, rebuild
from .storage import (
    NAME,
    CheckpointError,
    read_tensors,
    remove_unused,
    write_tensors,
)

FORMAT, SCHEMA = "seq2seq-tutor checkpoint", 1


@dataclass(frozen=True)
class TrainingState:
    """How far a training run has come: all that ``fit`` needs to go on as if it had never stopped.

    ``data`` is a hash of the data sets; ``tensors`` hold Adam's moments, the random states and, if
    the config asks for them, the best or the summed weights.

    >>> from seq2seq_tutor.training import History, TrainConfig, TrainingState
    >>> TrainingState(TrainConfig(), History(), epoch=0, finished=False, data="").epoch
    0
    """

    config: TrainConfig
    history: History
    epoch: int
    finished: bool
    data: str
    tensors: Mapping[str, Tensor] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint holds: a model in eval mode and, where they were saved, the other parts.

    >>> from seq2seq_tutor.models import LanguageModel
    >>> from seq2seq_tutor.training import Checkpoint
    >>> Checkpoint(LanguageModel(10, 3, 4)).source is None
    True
    """

    model: Seq2Seq | LanguageModel
    source: Language | None = None
    target: Language | None = None
    training: TrainingState | None = None


def save_checkpoint(
    model: Seq2Seq | LanguageModel,
    folder: str | os.PathLike[str],
    *,
    source: Language | None = None,
    target: Language | None = None,
    training: TrainingState | None = None,
) -> None:
    """Save a model to a folder, whole or not at all; a checkpoint that is there is replaced.

    ``source`` and ``target`` are the languages that its ids belong to; a language model has a
    target alone. Tensors that are tied are stored once.

    TypeError if a part is not of this package; ValueError if a language does not fit the model.
    OSError if the folder can't be written: a checkpoint that is there stays as it is.

    >>> import tempfile
    >>> from seq2seq_tutor.models import Decoder, Encoder, Seq2Seq
    >>> from seq2seq_tutor.training import load_checkpoint, save_checkpoint
    >>> model = Seq2Seq(Encoder(10, 3, 4), Decoder(12, 3, 4))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_checkpoint(model, folder)
    ...     again = load_checkpoint(folder).model
    >>> bool((again.decoder.output.weight == model.decoder.output.weight).all())
    True
    """
    if not isinstance(model, (Seq2Seq, LanguageModel)):
        raise TypeError(
            f"a checkpoint holds a Seq2Seq or LanguageModel, got {type(model).__name__}"
        )
    check_languages(model, source, target)
    folder = Path(folder)
    weights, tied = _parameters(model)
    description = describe(model)
    _check_whole(model, description)
    content: dict[str, Any] = {
        "format": FORMAT,
        "schema": SCHEMA,
        "version": __version__,
        "model": description,
        "tied": tied,
        "source": describe(source),
        "target": describe(target),
        "training": None,
    }
    folder.mkdir(parents=True, exist_ok=True)
    before = set(folder.iterdir())
    try:
        content["weights"] = write_tensors(folder, "weights", weights)
        if training is not None:
            content["training"] = {
                # describe: numpy's and torch's ints are ints to TrainConfig, but not to JSON
                "config": {name: describe(item) for name, item in asdict(training.config).items()},
                "history": asdict(training.history),
                "epoch": training.epoch,
                "finished": training.finished,
                "data": training.data,
                "tensors": write_tensors(folder, "training", training.tensors),
            }
        write_whole(folder / NAME, json.dumps(content, ensure_ascii=False, indent=1).encode())
    except BaseException:
        remove_unused(folder, set(folder.iterdir()) - before)
        raise
    remove_unused(folder, before)


def load_checkpoint(
    folder: str | os.PathLike[str], *, device: torch.device | str = "cpu"
) -> Checkpoint:
    """Load what ``save_checkpoint`` saved, with the model on ``device`` and in eval mode.

    Wherever it was trained, it loads on a CPU. The caller's random state is untouched.

    CheckpointError that says why if the folder holds no checkpoint, a damaged one, one of another
    program or of a newer version of this one.

    >>> from seq2seq_tutor.training import load_checkpoint
    >>> load_checkpoint("nowhere")
    Traceback (most recent call last):
    ...
    seq2seq_tutor.training.storage.CheckpointError: there is no checkpoint in nowhere: ...
    """
    folder = Path(folder)
    content = _read(folder)
    try:
        model = _model(folder, content)
        with torch.device("meta"):  # where something else than a language would take no memory
            source, target = (rebuild(content[side]) for side in ("source", "target"))
        check_languages(model, source, target)
        training = _training(folder, content["training"])
    except CheckpointError:
        raise
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
        RuntimeError,
    ) as error:
        raise CheckpointError(
            f"{folder / NAME} can't be used: {type(error).__name__}: {error}"
        ) from error
    return Checkpoint(model.to(device).eval(), source, target, training)


def has_checkpoint(folder: str | os.PathLike[str]) -> bool:
    """Tell whether there is a checkpoint in a folder, whole or not."""
    return (Path(folder) / NAME).exists()


def check_languages(
    model: Seq2Seq | LanguageModel, source: Language | None, target: Language | None
) -> None:
    """Refuse languages whose ids are not the model's."""
    sizes = {"target": model.decoder.vocab_size if isinstance(model, Seq2Seq) else model.vocab_size}
    if isinstance(model, Seq2Seq):
        sizes["source"] = model.encoder.vocab_size
    for name, language in (("source", source), ("target", target)):
        if language is None:
            continue
        if not isinstance(language, Language):
            raise TypeError(f"{name} must be a Language, got {type(language).__name__}")
        if name not in sizes:
            raise ValueError("a language model has no source, only a target")
        if len(language.vocab) != sizes[name]:
            raise ValueError(
                f"the {name} vocabulary has {len(language.vocab)} tokens, but the model was built "
                f"with vocab_size={sizes[name]}; they don't belong together"
            )


def _parameters(model: nn.Module) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Give every parameter once by its name, and for each other name of it the first."""
    first: dict[int, str] = {}
    weights: dict[str, Tensor] = {}
    tied: dict[str, str] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        if id(parameter) in first:
            tied[name] = first[id(parameter)]
        else:
            first[id(parameter)] = name
            weights[name] = parameter.detach()
    return weights, tied


def _check_whole(model: nn.Module, description: Any) -> None:
    """Refuse a model that is no longer what its constructor made: it could not be loaded."""
    with torch.device("meta"):
        made = rebuild(description)
    sizes = {name: tuple(p.shape) for name, p in made.named_parameters()}
    mine = {name: tuple(p.shape) for name, p in model.named_parameters(remove_duplicate=False)}
    for name in sorted(sizes.keys() | mine.keys()):
        if sizes.get(name) != mine.get(name):
            raise ValueError(
                f"the model's parameter {name} is {mine.get(name)}, but a {type(model).__name__} "
                f"made of the same arguments has {sizes.get(name)}; a model that was changed after "
                "it was made can't be made again, so save its state_dict instead"
            )


def _most_layers(description: Any) -> int:
    """Give the highest number of layers that is asked for: each takes memory, even on "meta"."""
    if not isinstance(description, dict):
        return 0
    layers = description.get("num_layers", 0)
    return max([layers if is_int(layers) else 0, *map(_most_layers, description.values())])


def _model(folder: Path, content: dict[str, Any]) -> Seq2Seq | LanguageModel:
    """Make the model and give it its weights; on "meta" nothing is drawn and nothing allocated."""
    weights = read_tensors(folder, content["weights"])
    if _most_layers(content) > len(weights):
        raise CheckpointError(f"{folder / NAME} describes more layers than there are weights for")
    with torch.device("meta"):
        model = rebuild(content["model"])
    if not isinstance(model, (Seq2Seq, LanguageModel)):
        raise CheckpointError(f"{folder / NAME} describes no model, but a {type(model).__name__}")
    # assign: the loaded tensors become the parameters, and a tensor under two names stays one.
    model.load_state_dict(
        weights | {name: weights[first] for name, first in content["tied"].items()}, assign=True
    )
    for name, first in content["tied"].items():
        module, _, parameter = name.rpartition(".")
        setattr(model.get_submodule(module), parameter, model.get_parameter(first))
    return model


def _training(folder: Path, content: dict[str, Any] | None) -> TrainingState | None:
    """Give the state of the training, if there is one."""
    if content is None:
        return None
    check_int("epoch", content["epoch"], minimum=0)
    return TrainingState(
        TrainConfig(**content["config"]),
        History(**{name: list(map(float, of)) for name, of in content["history"].items()}),
        content["epoch"],
        content["finished"],
        content["data"],
        read_tensors(folder, content["tensors"]),
    )


def _read(folder: Path) -> dict[str, Any]:
    """Read checkpoint.json, or say why it is none of ours."""
    path = folder / NAME
    if folder.is_file():
        raise CheckpointError(
            f"{folder} is a file; a checkpoint is a folder with {NAME} in it, and no other kind "
            "is read"
        )
    if not path.exists():
        raise CheckpointError(
            f"there is no checkpoint in {folder}: no file {NAME} "
            f"{'in it' if folder.is_dir() else 'and no such folder'}"
        )
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is damaged or not ours: {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(f"{path} was not written by save_checkpoint")
    schema = content.get("schema")
    if schema != SCHEMA:
        raise CheckpointError(
            f"{path} has schema {schema!r} (written by version {content.get('version')}), and "
            f"version {__version__} reads schema {SCHEMA}; install the version that wrote it"
        )
    return content
