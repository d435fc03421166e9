"""Data: sentence pairs, from files or made to a rule, and the batches they are put into.

Chapters: text preprocessing (batches), encoder-decoder (the made tasks).
"""

from .batching import Batch, batches, collate, mask_from_lengths
from .datasets import SentencePair
from .tasks import copy_pairs, date_pairs, reverse_pairs, sort_pairs

__all__ = [
    "Batch",
    "SentencePair",
    "batches",
    "collate",
    "copy_pairs",
    "date_pairs",
    "mask_from_lengths",
    "reverse_pairs",
    "sort_pairs",
]
