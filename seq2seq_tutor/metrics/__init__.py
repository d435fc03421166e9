"""Metrics: how good an output is, and how well a model predicts.

Chapters: Chinese segmentation, language models (perplexity, bits per character), BLEU, search (chrF
as a utility), translation.
"""

from .bleu import BLEUScore, corpus_bleu, sentence_bleu
from .bootstrap import BootstrapInterval, PairedBootstrap, bootstrap_interval, paired_bootstrap
from .perplexity import bits_per_character, perplexity
from .reported import ReportedScores, reported_scores, sentence_chrf
from .segmentation import SegmentationScores, segmentation_scores

__all__ = [
    "BLEUScore",
    "BootstrapInterval",
    "PairedBootstrap",
    "ReportedScores",
    "SegmentationScores",
    "bits_per_character",
    "bootstrap_interval",
    "corpus_bleu",
    "paired_bootstrap",
    "perplexity",
    "reported_scores",
    "segmentation_scores",
    "sentence_bleu",
    "sentence_chrf",
]
