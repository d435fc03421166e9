"""Metrics: how good an output is, and how well a model predicts.

Chapters: language models (perplexity), BLEU.
"""

from .bleu import BLEUScore, corpus_bleu, sentence_bleu
from .perplexity import perplexity

__all__ = ["BLEUScore", "corpus_bleu", "perplexity", "sentence_bleu"]
