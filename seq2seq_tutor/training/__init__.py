"""Training: logits become a loss, and a loss a better model.

Chapters: padding and loss, teacher forcing, translation (checkpoints).
"""

from .checkpoint import (
    Checkpoint,
    TrainingState,
    load_checkpoint,
    save_checkpoint,
)
from .config import History, TrainConfig
from .evaluation import evaluate
from .gradients import clip_gradients
from .loss import masked_cross_entropy
from .schedules import anneal
from .storage import CheckpointError
from .trainer import TrainingInterrupted, fit

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
