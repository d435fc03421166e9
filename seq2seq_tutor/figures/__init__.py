"""Figures: drawn from what they are given, in the book, in Colab and with a screen reader.

Chapters: all. Chinese text appears in HTML alone, because matplotlib seldom has the glyphs.
"""

from .attention import attention_table
from .beam import beam_tree
from .curves import plot_curves
from .diagram import encoder_decoder_diagram
from .html import HtmlFigure
from .words import word_graph_table

__all__ = [
    "HtmlFigure",
    "attention_table",
    "beam_tree",
    "encoder_decoder_diagram",
    "plot_curves",
    "word_graph_table",
]
