"""Training: logits become a loss, and a loss a better model.

Chapters: padding and loss, teacher forcing.
"""

from .loss import masked_cross_entropy
from .trainer import History, TrainConfig, clip_gradients, evaluate, fit

__all__ = [
    "History",
    "TrainConfig",
    "clip_gradients",
    "evaluate",
    "fit",
    "masked_cross_entropy",
]
