"""The files of a checkpoint: tensors named after their hash, each written whole or not at all.

Chapter: translation.
"""

import contextlib
import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from torch import Tensor

from .._files import write_whole

NAME = "checkpoint.json"
_TENSORS = re.compile(r"(?:weights|training)-[0-9a-f]{16}\.safetensors")
_TEMPORARY = re.compile(rf"(?:{_TENSORS.pattern}|{re.escape(NAME)})\.tmp-\d+")


class CheckpointError(ValueError):
    """A folder does not hold a checkpoint that can be read, or not the one that was wanted.

    >>> from seq2seq_tutor.training import CheckpointError
    >>> issubclass(CheckpointError, ValueError)
    True
    """


def write_tensors(folder: Path, kind: str, tensors: Mapping[str, Tensor]) -> dict[str, str]:
    """Write tensors to a file that is named after its hash; give name and hash."""
    from safetensors.torch import save

    data = save({name: t.detach().cpu().contiguous() for name, t in tensors.items()})
    digest = hashlib.sha256(data).hexdigest()
    name = f"{kind}-{digest[:16]}.safetensors"
    write_whole(folder / name, data)
    return {"file": name, "sha256": digest}


def read_tensors(folder: Path, entry: dict[str, str]) -> dict[str, Tensor]:
    """Read the tensors of a file if it is the very one that was written."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    name = entry["file"]
    if not _TENSORS.fullmatch(name):
        raise CheckpointError(f"{folder / NAME} names {name!r}, which is no file of a checkpoint")
    path = folder / name
    if not path.exists():
        raise CheckpointError(f"{path} is missing, and {NAME} beside it needs it; copy the folder")
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != entry["sha256"]:
        raise CheckpointError(
            f"{path} is not what was saved ({len(data)} bytes): its sha256 is {digest}, and "
            f"{NAME} says {entry['sha256']}; it was cut off or changed"
        )
    try:
        tensors: dict[str, Tensor] = load(data)
    except SafetensorError as error:
        raise CheckpointError(f"{path} holds no safetensors: {error}") from None
    return tensors


def remove_unused(folder: Path, paths: Iterable[Path]) -> None:
    """Remove those of the paths that ``save_checkpoint`` wrote and its last file does not name."""
    # Read again, and not remembered: a Ctrl-C may come just after the file was replaced.
    named = (folder / NAME).read_bytes() if (folder / NAME).exists() else b""
    for path in paths:
        ours = _TENSORS.fullmatch(path.name) or _TEMPORARY.fullmatch(path.name)
        if ours and path.name.encode() not in named:
            with contextlib.suppress(OSError):
                path.unlink()
