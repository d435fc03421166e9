"""What goes into a training run and what comes out of it: plain values.

Chapters: encoder-decoder, teacher forcing.
"""

from dataclasses import dataclass, field
from typing import get_args

from .._checks import check_choice, check_int, check_number
from .schedules import Schedule, anneal


@dataclass(frozen=True)
class TrainConfig:
    """How to train: everything that changes the result, and nothing else.

    ``epochs`` passes over the data in batches of ``batch_size`` pairs, with Adam. The learning rate
    rises in a straight line to ``lr`` over the first ``warmup`` share of the steps and then goes to
    ``lr_end`` by ``lr_schedule`` (``anneal`` says which there are); gradients are clipped to the
    global norm ``max_norm``. ``teacher_forcing`` is the probability of feeding the reference; with
    ``teacher_forcing_end`` it goes there by ``teacher_forcing_schedule``.

    With ``patience``, training stops after so many epochs without a lower validation loss, and the
    model gets the weights of its best epoch. With ``average_last`` n it gets the mean of its
    weights after each of the last n epochs instead. ``seed`` decides shuffles, coins and dropout.

    ValueError or TypeError if a field is not usable, or ``patience`` meets ``average_last``.

    >>> from seq2seq_tutor.training import TrainConfig
    >>> TrainConfig(epochs=3).batch_size
    64
    >>> [round(TrainConfig(lr=0.1, warmup=0.5).lr_at(step, steps=4), 3) for step in range(4)]
    [0.05, 0.1, 0.1, 0.05]
    """

    epochs: int = 10
    batch_size: int = 64
    lr: float = 1e-3
    lr_end: float = 0.0
    lr_schedule: Schedule = "linear"
    warmup: float = 0.0
    max_norm: float = 1.0
    teacher_forcing: float = 1.0
    teacher_forcing_end: float | None = None
    teacher_forcing_schedule: Schedule = "linear"
    label_smoothing: float = 0.0
    patience: int | None = None
    average_last: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse fields that can't be trained with."""
        check_int("epochs", self.epochs, minimum=0)
        check_int("batch_size", self.batch_size, minimum=1)
        check_number("lr", self.lr, above=0)
        check_number("lr_end", self.lr_end, at_least=0)
        check_choice("lr_schedule", self.lr_schedule, get_args(Schedule))
        check_number("warmup", self.warmup, at_least=0, below=1)
        check_number("max_norm", self.max_norm, above=0)
        check_number("teacher_forcing", self.teacher_forcing, at_least=0, at_most=1)
        if self.teacher_forcing_end is not None:
            check_number("teacher_forcing_end", self.teacher_forcing_end, at_least=0, at_most=1)
        check_choice("teacher_forcing_schedule", self.teacher_forcing_schedule, get_args(Schedule))
        check_number("label_smoothing", self.label_smoothing, at_least=0, below=1)
        if self.patience is not None:
            check_int("patience", self.patience, minimum=1)
        check_int("average_last", self.average_last, minimum=1)
        if self.patience is not None and self.average_last > 1:
            raise ValueError(
                f"patience={self.patience} keeps the best epoch's weights and "
                f"average_last={self.average_last} the mean of the last; choose one of them"
            )
        check_int("seed", self.seed, minimum=0)
        # An exponential schedule refuses an end of 0.
        anneal(self.lr_schedule, 0.0, start=self.lr, end=self.lr_end)
        self.teacher_forcing_at(0, steps=1)

    def lr_at(self, step: int, steps: int) -> float:
        """Give the learning rate of a step, counted from 0, of a run of ``steps``."""
        rise = round(self.warmup * steps)
        if step < rise:
            return self.lr * (step + 1) / rise
        progress = (step - rise) / (steps - rise)
        return anneal(self.lr_schedule, progress, start=self.lr, end=self.lr_end)

    def teacher_forcing_at(self, step: int, steps: int) -> float:
        """Give the probability of feeding the reference at a step, counted from 0."""
        if self.teacher_forcing_end is None:
            return self.teacher_forcing
        return anneal(
            self.teacher_forcing_schedule,
            step / steps,
            start=self.teacher_forcing,
            end=self.teacher_forcing_end,
        )


@dataclass
class History:
    """What happened in training.

    For each step: ``loss``, the mean training loss a token in nats (smoothed if the config says
    so), and ``gradient_norm``, before clipping. For each epoch: ``valid_loss``, the mean negative
    log-likelihood a token on the validation set, teacher-forced and unsmoothed, and
    ``valid_perplexity``, its exponential.

    >>> from seq2seq_tutor.training import History
    >>> History(valid_loss=[2.0, 1.0, 1.5]).best_epoch
    2
    """

    loss: list[float] = field(default_factory=list)
    gradient_norm: list[float] = field(default_factory=list)
    valid_loss: list[float] = field(default_factory=list)
    valid_perplexity: list[float] = field(default_factory=list)

    @property
    def best_epoch(self) -> int:
        """Give the epoch of the lowest validation loss, counted from 1; 0 before the first."""
        if not self.valid_loss:
            return 0
        return 1 + min(range(len(self.valid_loss)), key=self.valid_loss.__getitem__)
