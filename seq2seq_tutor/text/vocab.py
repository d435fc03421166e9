"""Vocabularies: tokens become ids, and ids become tokens again.

Chapter: text preprocessing. BOS, EOS and padding are not added here but in ``data.collate``.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .._checks import check_int, check_tokens, is_int
from .tokenizers import Tokenizer

PAD, BOS, EOS, UNK = 0, 1, 2, 3
SPECIAL_TOKENS = ("<pad>", "<bos>", "<eos>", "<unk>")
_FIRST = len(SPECIAL_TOKENS)


class Vocab:
    """The tokens a model knows, each with its id: a token's place in ``tokens``.

    ``Vocab(tokens)`` takes the whole list, the four special tokens first. ``len(vocab)`` counts
    them; ``token in vocab`` says whether an ordinary token has an id of its own. A special token
    that is spelled out in a text, such as ``<pad>``, is an unknown token like any other.

    ValueError if the special tokens are not first or a token occurs twice.

    >>> from seq2seq_tutor.text import Vocab
    >>> vocab = Vocab.build([["我", "喜欢", "音乐"], ["我", "喜欢", "你"]])
    >>> vocab.tokens[4:]
    ('喜欢', '我', '你', '音乐')
    >>> vocab.encode(["我", "喜欢", "茶"])
    [5, 4, 3]
    >>> vocab.decode([1, 5, 4, 7, 2, 0])
    ['我', '喜欢', '音乐']
    """

    def __init__(self, tokens: Sequence[str]) -> None:
        """Number the tokens in the order given."""
        check_tokens("tokens", tokens)
        if tuple(tokens[:_FIRST]) != SPECIAL_TOKENS:
            raise ValueError(
                f"a vocabulary begins with {SPECIAL_TOKENS}, got {tuple(tokens[:_FIRST])}; "
                "use Vocab.build to make one from text"
            )
        self.tokens = tuple(tokens)
        self._ids = {token: id_ for id_, token in enumerate(self.tokens)}
        if len(self._ids) < len(self.tokens):
            twice = next(token for token, count in Counter(self.tokens).items() if count > 1)
            raise ValueError(f"token {twice!r} occurs twice in the vocabulary; remove one")
        for special in SPECIAL_TOKENS:
            del self._ids[special]

    @classmethod
    def build(
        cls,
        token_lists: Iterable[Sequence[str]],
        *,
        min_freq: int = 1,
        max_size: int | None = None,
    ) -> "Vocab":
        """Make a vocabulary of the tokens that occur at least ``min_freq`` times.

        After the special tokens, by falling frequency, ties by token, so that the order of the
        texts does not matter. ``max_size`` bounds ``len(vocab)``, special tokens included. Build it
        from the training texts alone.

        ValueError if no token is left.

        >>> from seq2seq_tutor.text import Vocab
        >>> len(Vocab.build([["a", "a", "b"]], min_freq=2))
        5
        """
        check_int("min_freq", min_freq, minimum=1)
        if max_size is not None:
            check_int("max_size", max_size, minimum=_FIRST)
        if isinstance(token_lists, str):
            raise TypeError(f"token_lists must be lists of tokens, got a str: {token_lists!r:.60}")
        counts: Counter[str] = Counter()
        for position, tokens in enumerate(token_lists):
            check_tokens(f"token_lists[{position}]", tokens)
            counts.update(tokens)
        for special in SPECIAL_TOKENS:
            del counts[special]
        if not counts:
            raise ValueError("no token to build a vocabulary from: the texts are empty")
        kept = [token for token, count in counts.items() if count >= min_freq]
        if not kept:
            raise ValueError(
                f"no token occurs min_freq={min_freq} times; the most frequent, "
                f"{max(counts, key=lambda token: counts[token])!r}, occurs {max(counts.values())} "
                "times; lower min_freq"
            )
        kept.sort(key=lambda token: (-counts[token], token))
        return cls([*SPECIAL_TOKENS, *kept][:max_size])

    def encode(self, tokens: Sequence[str]) -> list[int]:
        """Give each token its id, UNK to a token that is not in the vocabulary.

        TypeError if ``tokens`` is not a list of str.
        """
        check_tokens("tokens", tokens)
        return [self._ids.get(token, UNK) for token in tokens]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Give each id its token, up to the first EOS, without PAD and BOS.

        ``ids`` may be any sequence of ints or a tensor of shape (T,). TypeError if an id is not an
        int; ValueError if it is negative or not below ``len(vocab)``.
        """
        tokens = []
        for position, id_ in enumerate(_as_list(ids)):
            if not is_int(id_):
                raise TypeError(f"ids[{position}] must be an int, got {id_!r}")
            if not 0 <= id_ < len(self.tokens):
                raise ValueError(
                    f"ids[{position}] is {id_}, but this vocabulary has ids 0 to {len(self) - 1}; "
                    "was it encoded with another vocabulary?"
                )
            if id_ == EOS:
                break
            if id_ not in (PAD, BOS):
                tokens.append(self.tokens[id_])
        return tokens

    def __len__(self) -> int:
        """Count the tokens, the special ones included."""
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        """Tell whether an ordinary token has an id of its own."""
        return token in self._ids

    def __eq__(self, other: object) -> bool:
        """Tell whether two vocabularies give the same ids to the same tokens."""
        return isinstance(other, Vocab) and self.tokens == other.tokens

    def __hash__(self) -> int:
        """Hash the tokens."""
        return hash(self.tokens)

    def __repr__(self) -> str:
        """Show the size and the first ordinary tokens."""
        first = ", ".join(map(repr, self.tokens[_FIRST : _FIRST + 5]))
        more = ", ..." if len(self) > _FIRST + 5 else ""
        return f"Vocab({len(self)} tokens: {first}{more})"


def _as_list(ids: Any) -> list[Any]:
    """Turn a sequence or a tensor of ids into a list."""
    if hasattr(ids, "tolist"):
        ids = ids.tolist()
    if isinstance(ids, (str, bytes)) or not isinstance(ids, Iterable):
        raise TypeError(f"ids must be a sequence of ints, got {ids!r}; for one id write [{ids!r}]")
    return list(ids)


@dataclass(frozen=True)
class Language:
    """A tokenizer and a vocabulary that belong together: text to ids and back.

    ``encode`` gives ids without BOS and EOS; ``decode`` stops at EOS. TypeError if the text is not
    a str.

    >>> from seq2seq_tutor.text import Language, Vocab, WordTokenizer
    >>> tokenizer = WordTokenizer()
    >>> english = Language(tokenizer, Vocab.build([tokenizer.tokenize("I like music.")]))
    >>> english.encode("I like tea.")
    [5, 6, 3, 4]
    >>> english.decode([5, 6, 7, 4, 2])
    'I like music.'
    """

    tokenizer: Tokenizer
    vocab: Vocab

    def encode(self, text: str) -> list[int]:
        """Turn text into ids."""
        return self.vocab.encode(self.tokenizer.tokenize(text))

    def decode(self, ids: Iterable[int]) -> str:
        """Turn ids into text."""
        return self.tokenizer.detokenize(self.vocab.decode(ids))
