"""Data: sentence pairs, from files or made to a rule, and the batches they are put into.

``load`` reads a data set by its name, ``read_pairs`` a file of yours. Chapters: text preprocessing
(batches), Chinese segmentation (the sample), language models (partitions of one long text),
encoder-decoder (the made tasks), translation (real sentences).
"""

from .batching import Batch, batches, collate, mask_from_lengths
from .catalogue import DATASETS, DataFile, DataSet, Source
from .datasets import HSK_UNTRANSLATED, SentencePair, TaggedSentence, Utterance, load
from .download import DownloadError, FileStatus, fetch, verify
from .pairs import read_pairs, split_pairs, write_pairs
from .partition import random_partition, sequential_partition
from .sample import segmented_sample
from .tasks import copy_pairs, date_pairs, reverse_pairs, sort_pairs

__all__ = [
    "DATASETS",
    "HSK_UNTRANSLATED",
    "Batch",
    "DataFile",
    "DataSet",
    "DownloadError",
    "FileStatus",
    "SentencePair",
    "Source",
    "TaggedSentence",
    "Utterance",
    "batches",
    "collate",
    "copy_pairs",
    "date_pairs",
    "fetch",
    "load",
    "mask_from_lengths",
    "random_partition",
    "read_pairs",
    "reverse_pairs",
    "segmented_sample",
    "sequential_partition",
    "sort_pairs",
    "split_pairs",
    "verify",
    "write_pairs",
]
