"""Training: logits become a loss, and a loss a better model.

Chapters: padding and loss, teacher forcing, translation (checkpoints).
"""

from .checkpoint import (
    Checkpoint,
    CheckpointError,
    TrainingState,
    load_checkpoint,
    save_checkpoint,
)
from .config import History, TrainConfig
from .loss import masked_cross_entropy
from .schedules import anneal
from .trainer import TrainingInterrupted, clip_gradients, evaluate, fit

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "History",
    "TrainConfig",
    "TrainingInterrupted",
    "TrainingState",
    "anneal",
    "clip_gradients",
    "evaluate",
    "fit",
    "load_checkpoint",
    "masked_cross_entropy",
    "save_checkpoint",
]
