"""Metrics: how good an output is, and how well a model predicts.

Chapters: language models (perplexity), BLEU, translation.
"""

from .bleu import BLEUScore, corpus_bleu, sentence_bleu
from .perplexity import perplexity
from .reported import ReportedScores, reported_scores

__all__ = [
    "BLEUScore",
    "ReportedScores",
    "corpus_bleu",
    "perplexity",
    "reported_scores",
    "sentence_bleu",
]
