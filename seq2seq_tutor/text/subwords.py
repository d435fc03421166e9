"""Subwords: byte-pair encoding, whose tokens are learned from a corpus.

Chapter: characters, words or subwords. The ``tokenizers`` library learns the merges and applies
them; it is imported when first needed.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from .._checks import check_choice, check_int, check_str, check_text, check_tokens
from .tokenizers import _TOKEN, Form, _characters, _keep_whole, normalize

if TYPE_CHECKING:
    from tokenizers import Tokenizer as _Library

_UNKNOWN = "<unk>"  # what the library calls a character that no merge holds; it is never shown


@dataclass(frozen=True)
class SubwordTokenizer:
    """Split text into the pieces that ``merges`` build: byte-pair encoding, from characters.

    The text is cut into stretches first, where ``WordTokenizer`` cuts it; a space belongs to the
    stretch after it. Chinese writes no spaces, so there a stretch reaches from one punctuation
    mark to the next. Inside a stretch, which no merge ever leaves, every character begins as a
    piece, and the pair of neighbours that comes first in ``merges`` is joined, the leftmost first,
    until no neighbours are in ``merges``. A character that no merge holds stays a piece of its own,
    for the vocabulary to know or not. Characters are Unicode's code points, but pieces never end
    inside what a reader sees as one character, such as an emoji: there two become one.

    A piece holds its space (``" like"``), and ``detokenize`` only joins the pieces:
    ``detokenize(tokenize(text)) == normalize(text, form)`` for any text.

    TypeError if ``merges`` are not pairs of str, or a text is not a str; ValueError if a pair
    occurs twice, or a part of it is half a surrogate pair, or neither one character nor made by an
    earlier merge.

    Source: Sennrich et al. (2016), who mark the end of a word instead of keeping its space.

    >>> from seq2seq_tutor.text import SubwordTokenizer
    >>> tokenizer = SubwordTokenizer([("学", "生"), ("大", "学"), ("大", "学生")])
    >>> tokenizer.tokenize("大学生在大学学习。")
    ['大学生', '在', '大学', '学', '习', '。']
    """

    merges: tuple[tuple[str, str], ...]
    form: Form = "NFC"

    def __post_init__(self) -> None:
        """Check the merges, and make tuples of them."""
        object.__setattr__(self, "merges", _checked(self.merges))
        check_choice("form", self.form, ("NFC", "NFKC"))

    @classmethod
    def train(
        cls, texts: Iterable[str], *, vocab_size: int, form: Form = "NFC"
    ) -> "SubwordTokenizer":
        """Learn the merges from texts: join the most frequent pair of neighbours, and again.

        ``vocab_size`` bounds the number of different code points in the texts and merged pieces
        together, without the special tokens of a ``Vocab``. What ``tokenize`` keeps whole besides,
        an emoji of several code points, comes on top. Learning ends earlier where no pair occurs
        twice. Of equally frequent pairs the one whose parts are older goes first; characters are
        older than what is made of them, and in the order of their code points. The same texts give
        the same merges, in whatever order they come.

        TypeError if ``texts`` are not str; ValueError if they are empty, or have more characters
        than ``vocab_size``.

        >>> from seq2seq_tutor.text import SubwordTokenizer
        >>> SubwordTokenizer.train(["大学生", "学生和大学生"], vocab_size=6).merges
        (('学', '生'), ('大', '学生'))
        """
        from tokenizers import Tokenizer
        from tokenizers.models import BPE
        from tokenizers.trainers import BpeTrainer

        check_int("vocab_size", vocab_size, minimum=1)
        if isinstance(texts, (str, bytes)) or not isinstance(texts, Iterable):
            raise TypeError(f"texts must be a list of texts, got {texts!r:.60}; write [text]")
        stretches: list[str] = []
        for position, text in enumerate(texts):
            check_str(f"texts[{position}]", text)
            stretches += _stretches(normalize(text, form))
        characters = len(set("".join(stretches)))
        if not characters:
            raise ValueError("no text to learn from: the texts are empty")
        if vocab_size < characters:
            raise ValueError(
                f"vocab_size is {vocab_size}, but the texts have {characters} different "
                "characters, and each is a piece; raise vocab_size"
            )
        library = Tokenizer(BPE())
        trainer = BpeTrainer(
            vocab_size=vocab_size,
            min_frequency=2,
            show_progress=False,
        )
        library.train_from_iterator(stretches, trainer)
        return cls(json.loads(library.to_str())["model"]["merges"], form)

    def tokenize(self, text: str) -> list[str]:
        """Split text into pieces."""
        text = normalize(text, self.form)
        stretches = _stretches(text)
        found = self._library.encode(stretches, is_pretokenized=True)
        places = zip(found.word_ids, found.offsets, strict=True)
        pieces = [
            stretches[number][start:end]
            for number, (start, end) in places
            if number is not None  # None is for special tokens; none is set
        ]
        return _keep_whole(pieces, _characters(text))

    def detokenize(self, tokens: list[str]) -> str:
        """Join pieces into text."""
        check_tokens("tokens", tokens)
        return "".join(tokens)

    @cached_property
    def _library(self) -> "_Library":
        """Make the library's tokenizer, which applies the merges."""
        from tokenizers import Tokenizer
        from tokenizers.models import BPE

        pieces = {_UNKNOWN: 0}
        for left, right in self.merges:
            for piece in (left, right, left + right):
                pieces.setdefault(piece, len(pieces))
        model = BPE(vocab=pieces, merges=list(self.merges), unk_token=_UNKNOWN)
        return Tokenizer(model)


def _stretches(text: str) -> list[str]:
    """Cut a text in normal form where a word tokenizer does, each space with what follows it."""
    stretches = []
    for number, part in enumerate(text.split()):
        first, *rest = _TOKEN.findall(part)
        stretches += [" " + first if number else first, *rest]
    return stretches


def _checked(merges: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Refuse merges that could not have been learned one after the other."""
    if isinstance(merges, str) or not isinstance(merges, Iterable):
        raise TypeError(f"merges must be a list of pairs of str, got {merges!r:.60}")
    checked: dict[tuple[str, str], None] = {}
    made: set[str] = set()
    for position, merge in enumerate(merges):
        check_tokens(f"merges[{position}]", merge)
        if len(merge) != 2:
            raise ValueError(f"merges[{position}] must be a pair of pieces, got {merge!r:.60}")
        for part, piece in enumerate(merge):
            check_text(f"merges[{position}][{part}]", piece)
            if len(piece) != 1 and piece not in made:
                raise ValueError(
                    f"merges[{position}] is {merge!r:.60}, but {piece!r:.30} is neither one "
                    "character nor made by an earlier merge; keep the merges in their order"
                )
        left, right = merge
        if (left, right) in checked:
            raise ValueError(f"merges[{position}], {merge!r:.60}, occurs before; remove one")
        checked[left, right] = None
        made.add(left + right)
    return tuple(checked)
