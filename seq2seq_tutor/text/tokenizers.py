"""Tokenizers: a string becomes a list of tokens, and the tokens become a string again.

Chapter: text preprocessing. Each tokenizer first brings its text into a normal form
(``normalize``), and ``detokenize(tokenize(text))`` is a stated form of the text.
"""

import unicodedata
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import regex

from .._checks import check_choice, check_text, check_tokens
from .loading import once

Form = Literal["NFC", "NFKC"]

# Zero width space, word joiner, soft hyphen, byte order mark.
_INVISIBLE = regex.compile("[\u200b\u2060\u00ad\ufeff]")
# A word is letters, marks and digits, with the zero width joiner and non-joiner that shape them; an
# apostrophe or hyphen between two of them belongs to it, and so does a point, comma or colon
# between two digits. Anything else stands alone.
_WORD = r"[\p{L}\p{M}\p{N}_][\p{L}\p{M}\p{N}_\u200c\u200d]*"
_TOKEN = regex.compile(
    rf"{_WORD}(?:(?:['’\-]|(?<=\p{{N}})[.,:](?=\p{{N}})){_WORD})*|\X", regex.VERSION1
)
_NO_SPACE_BEFORE = frozenset(".,!?;:%)]}»”…")
_NO_SPACE_AFTER = frozenset("([{«“¿¡")
_NO_SPACE_AROUND = frozenset("。，、！？；：（）《》〈〉「」『』【】")


def normalize(text: str, form: Form = "NFC") -> str:
    """Bring text into the form that the tokenizers read.

    Zero width spaces, word joiners, soft hyphens and byte order marks removed; Unicode form
    ``form``; every run of white space (line breaks and the wide spaces of Chinese and French too)
    one space; none at the ends. Zero width joiners and non-joiners stay, since they change what is
    seen: in emoji, in Persian, in Indian scripts. ``"NFKC"`` also turns full-width letters into
    plain ones, and with them the Chinese comma ， into the Latin one, which is why it is not the
    default.

    TypeError if ``text`` is not a str; ValueError if it holds half a surrogate pair.

    Source: Unicode Standard Annex 15.

    >>> from seq2seq_tutor.text import normalize
    >>> normalize(" Cafe\\u0301\\u00a0noir\\u200b ")
    'Café noir'
    >>> normalize("ＡＢＣ，１２３", form="NFKC")
    'ABC,123'
    """
    check_text("text", text)
    check_choice("form", form, ("NFC", "NFKC"))
    return " ".join(unicodedata.normalize(form, _INVISIBLE.sub("", text)).split())


@runtime_checkable
class Tokenizer(Protocol):
    """What a tokenizer can do: ``tokenize`` a str into tokens and ``detokenize`` them again.

    >>> from seq2seq_tutor.text import CharTokenizer, Tokenizer
    >>> tokenizer: Tokenizer = CharTokenizer()
    >>> tokenizer.detokenize(tokenizer.tokenize("音乐"))
    '音乐'
    """

    def tokenize(self, text: str) -> list[str]:
        """Split text into tokens."""

    def detokenize(self, tokens: list[str]) -> str:
        """Join tokens into text."""


@dataclass(frozen=True)
class CharTokenizer:
    """Split text into the characters a reader sees: Unicode's grapheme clusters.

    An accent stays with its letter and an emoji stays whole. A space is a token.
    ``detokenize(tokenize(text)) == normalize(text, form)``.

    TypeError if the text is not a str.

    Source: Unicode Standard Annex 29.

    >>> from seq2seq_tutor.text import CharTokenizer
    >>> CharTokenizer().tokenize("我喜欢 hé")
    ['我', '喜', '欢', ' ', 'h', 'é']
    """

    form: Form = "NFC"

    def tokenize(self, text: str) -> list[str]:
        """Split text into characters."""
        return _characters(normalize(text, self.form))

    def detokenize(self, tokens: list[str]) -> str:
        """Join characters into text."""
        check_tokens("tokens", tokens)
        return "".join(tokens)


@dataclass(frozen=True)
class WordTokenizer:
    """Split text at spaces and around punctuation; for languages that write spaces.

    ``don't``, ``state-of-the-art`` and ``3.14`` stay whole, and so does a word with a zero width
    joiner or non-joiner in it; ``e.g.`` does not. ``detokenize`` writes one space between
    tokens, none before a closing or after an opening mark; for text that is spaced in this way,
    ``detokenize(tokenize(text)) == normalize(text, form)``, and for any text tokenizing the result
    again gives the same tokens.

    TypeError if the text is not a str.

    >>> from seq2seq_tutor.text import WordTokenizer
    >>> WordTokenizer().tokenize("I don't like it (much).")
    ['I', "don't", 'like', 'it', '(', 'much', ')', '.']
    >>> WordTokenizer().detokenize(['I', "don't", 'like', 'it', '(', 'much', ')', '.'])
    "I don't like it (much)."
    """

    form: Form = "NFC"

    def tokenize(self, text: str) -> list[str]:
        """Split text into words and punctuation marks."""
        return [
            token for part in normalize(text, self.form).split() for token in _TOKEN.findall(part)
        ]

    def detokenize(self, tokens: list[str]) -> str:
        """Join words and punctuation marks into text."""
        check_tokens("tokens", tokens)
        text = ""
        for token in tokens:
            text += token if _adjoin(text, token) else " " + token
        return text.strip()


def _adjoin(text: str, token: str) -> bool:
    """Tell whether ``token`` is written without a space after ``text``."""
    if not text or not token:
        return True
    last, first = text[-1], token[0]
    wanted = (
        first in _NO_SPACE_BEFORE
        or last in _NO_SPACE_AFTER
        or first in _NO_SPACE_AROUND
        or last in _NO_SPACE_AROUND
    )
    # Two tokens that would melt into one (a bracket and a lone accent) keep their space.
    return wanted and regex.fullmatch(r"\X", last + first) is None


@dataclass(frozen=True)
class JiebaTokenizer:
    """Split Chinese text into words with jieba's dictionary, quietly.

    The tokens are those of ``jieba.lcut(normalize(text, form), HMM=hmm)``, except that an emoji or
    an accented letter that jieba cuts in two stays whole. jieba's logging, its cache file in the
    temporary folder and its optional installer are never used; the dictionary is read once, when
    first needed. ``detokenize(tokenize(text)) == normalize(text, form)``.

    TypeError if the text is not a str.

    Source: jieba 0.42.1; ``hmm`` is its hidden Markov model for words the dictionary lacks.

    >>> from seq2seq_tutor.text import JiebaTokenizer
    >>> JiebaTokenizer().tokenize("我喜欢音乐。")
    ['我', '喜欢', '音乐', '。']
    """

    hmm: bool = True
    form: Form = "NFC"

    def tokenize(self, text: str) -> list[str]:
        """Split text into words."""
        text = normalize(text, self.form)
        return _keep_whole(_jieba().lcut(text, HMM=self.hmm), _characters(text))

    def detokenize(self, tokens: list[str]) -> str:
        """Join words into text."""
        check_tokens("tokens", tokens)
        return "".join(tokens)


def _characters(text: str) -> list[str]:
    """Split text into grapheme clusters."""
    return [match.group() for match in regex.finditer(r"\X", text)]


@once
def _jieba() -> Any:
    """Load jieba's dictionary without its side effects: no log, no cache file, no warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its source predates Python 3.12 and warns when compiled
        import jieba
    tokenizer = jieba.Tokenizer()
    with tokenizer.get_dict_file() as dictionary:
        tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(dictionary)
    tokenizer.initialized = True
    return tokenizer


def _keep_whole(tokens: Iterable[str], characters: Iterable[str]) -> list[str]:
    """Merge neighbouring tokens wherever a cut fell inside a character."""
    ends, end = set(), 0
    for character in characters:
        end += len(character)
        ends.add(end)
    whole, pending, end = [], "", 0
    for token in tokens:
        pending, end = pending + token, end + len(token)
        if end in ends:
            whole.append(pending)
            pending = ""
    return whole
