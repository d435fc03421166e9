"""Text: a string becomes tokens, and tokens become ids.

Chapters: text preprocessing, Chinese segmentation. Nothing here imports torch; jieba, OpenCC and
tokenizers are loaded on first use.
"""

from .scripts import mostly_chinese, to_simplified
from .subwords import SubwordTokenizer
from .tokenizers import CharTokenizer, JiebaTokenizer, Tokenizer, WordTokenizer, normalize
from .vocab import BOS, EOS, PAD, SPECIAL_TOKENS, UNK, Language, Vocab

__all__ = [
    "BOS",
    "EOS",
    "PAD",
    "SPECIAL_TOKENS",
    "UNK",
    "CharTokenizer",
    "JiebaTokenizer",
    "Language",
    "SubwordTokenizer",
    "Tokenizer",
    "Vocab",
    "WordTokenizer",
    "mostly_chinese",
    "normalize",
    "to_simplified",
]
