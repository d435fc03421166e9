"""Training: ``fit`` takes a model through its epochs, and goes on where a folder says it stopped.

Chapters: encoder-decoder, translation.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import torch
from tqdm import tqdm

from ..data.batching import IdPair, checked_pairs
from ..models.seq2seq import Seq2Seq
from ..text import Language
from .checkpoint import has_checkpoint
from .config import History, TrainConfig
from .evaluation import check_ids
from .run import Run


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
    MemoryError if a batch does not fit into the GPU's memory; it says how large the batch is.
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
    check_ids("train", train, model)
    check_ids("valid", valid, model)
    if languages is not None and folder is None:
        raise ValueError("languages are saved with the checkpoints; say in which folder")
    # manual_seed seeds every device, so the random state of every device is put back.
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(config.seed)
        run = Run(model, train, valid, config)
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
