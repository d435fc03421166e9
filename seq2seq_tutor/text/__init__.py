"""Text: a string becomes tokens, and tokens become ids.

Chapters: text preprocessing, Chinese segmentation, characters, words or subwords. Nothing here
imports torch; jieba, OpenCC and tokenizers are loaded on first use.
"""

from .hmm import WordTagModel, estimate_hmm, jieba_hmm, tags_of_words, viterbi, words_of_tags
from .scripts import mostly_chinese, to_simplified
from .segmentation import (
    Dictionary,
    backward_maximum_matching,
    best_path,
    bidirectional_maximum_matching,
    forward_maximum_matching,
    jieba_dictionary,
    join_letters,
    segment,
    word_graph,
)
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
    "Dictionary",
    "JiebaTokenizer",
    "Language",
    "SubwordTokenizer",
    "Tokenizer",
    "Vocab",
    "WordTagModel",
    "WordTokenizer",
    "backward_maximum_matching",
    "best_path",
    "bidirectional_maximum_matching",
    "estimate_hmm",
    "forward_maximum_matching",
    "jieba_dictionary",
    "jieba_hmm",
    "join_letters",
    "mostly_chinese",
    "normalize",
    "segment",
    "tags_of_words",
    "to_simplified",
    "viterbi",
    "word_graph",
    "words_of_tags",
]
