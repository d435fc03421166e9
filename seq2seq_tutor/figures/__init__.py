"""Figures: drawn from what they are given, in the book, in Colab and with a screen reader.

Chapters: all. Chinese text appears in HTML alone, because matplotlib seldom has the glyphs.
"""

from .attention import AttentionTable, attention_table
from .curves import plot_curves

__all__ = ["AttentionTable", "attention_table", "plot_curves"]
