"""Sentence pairs: what every data set of this package consists of."""

from typing import NamedTuple


class SentencePair(NamedTuple):
    """A source sentence and its target, as text.

    >>> from seq2seq_tutor.data import SentencePair
    >>> SentencePair("我喜欢音乐。", "I like music.").tgt
    'I like music.'
    """

    src: str
    tgt: str
