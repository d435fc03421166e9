"""Data sets: the values they consist of, and ``load``, which reads one by its name.

Chapters: text preprocessing, four shapes, translation. ``catalogue`` says what there is,
``download`` sees to the files; here their bytes become values.
"""

import hashlib
from typing import Literal, NamedTuple, overload

from .._checks import check_choice
from .archives import public_split, read_member
from .catalogue import DATASETS
from .download import contents

# What 82 sentences of hsk have for English: 67 one of the first two, 15 a number each of their own.
HSK_UNTRANSLATED = frozenset(
    {"placeholder", "PH", "placeholder-q1", *(f"placeholder-p{n}" for n in range(1, 15))}
)
_HSK_PAIRS = 4354
_HSK_SHA256 = "172dc347d0c96cb554873664aaa57075cd5afa68f4599a9784bb9ac485ac41a1"
_SPLITS = ("train", "valid", "test")


class SentencePair(NamedTuple):
    """A source sentence and its target, as text.

    >>> from seq2seq_tutor.data import SentencePair
    >>> SentencePair("我喜欢音乐。", "I like music.").tgt
    'I like music.'
    """

    src: str
    tgt: str


class Utterance(NamedTuple):
    """A command in words, with a slot tag for each word and one intent for all of them.

    >>> from seq2seq_tutor.data import Utterance
    >>> Utterance(("play", "Bach"), ("O", "B-artist"), "PlayMusic").intent
    'PlayMusic'
    """

    words: tuple[str, ...]
    slots: tuple[str, ...]
    intent: str


class TaggedSentence(NamedTuple):
    """A sentence in words, with a tag (IOB2) for each word.

    >>> from seq2seq_tutor.data import TaggedSentence
    >>> TaggedSentence(("我", "在", "北京"), ("O", "O", "B-LOC")).tags[2]
    'B-LOC'
    """

    words: tuple[str, ...]
    tags: tuple[str, ...]


@overload
def load(name: Literal["hsk", "fra-eng"]) -> list[SentencePair]: ...
@overload
def load(name: Literal["timemachine"]) -> list[str]: ...
@overload
def load(name: Literal["tatoeba-zh-en"]) -> dict[str, list[SentencePair]]: ...
@overload
def load(name: Literal["snips"]) -> dict[str, list[Utterance]]: ...
@overload
def load(name: Literal["uner-chinese-gsdsimp"]) -> dict[str, list[TaggedSentence]]: ...
@overload
def load(
    name: str,
) -> (
    list[SentencePair]
    | list[str]
    | dict[str, list[SentencePair]]
    | dict[str, list[Utterance]]
    | dict[str, list[TaggedSentence]]
): ...
def load(
    name: str,
) -> (
    list[SentencePair]
    | list[str]
    | dict[str, list[SentencePair]]
    | dict[str, list[Utterance]]
    | dict[str, list[TaggedSentence]]
):
    """Read a data set by its name; ``DATASETS`` says which there are.

    ``hsk`` (Chinese to English) and ``fra-eng`` (English to French) are lists of sentence pairs,
    ``timemachine`` is a list of lines, and the rest are dicts of ``"train"``, ``"valid"`` and
    ``"test"``: of sentence pairs, Chinese to English (``tatoeba-zh-en``), of ``Utterance``
    (``snips``) or of ``TaggedSentence`` (``uner-chinese-gsdsimp``). All but ``hsk`` are files: they
    are looked for in ``$SEQ2SEQ_TUTOR_DATA``, then in the user's cache, then downloaded. The lists
    are the caller's to change. In ``hsk`` 82 sentences have no English but ``HSK_UNTRANSLATED``.

    ValueError if there is no such data set, or a file in ``$SEQ2SEQ_TUTOR_DATA`` (or the package
    with ``hsk``) doesn't hold what it should; DownloadError if a file can't be had.

    >>> from seq2seq_tutor.data import load
    >>> pairs = load("hsk")
    >>> len(pairs), pairs[0].src, pairs[0].tgt
    (4354, '老师，您好！', 'Hello, teacher!')
    """
    check_choice("name", name, list(DATASETS))
    if name == "hsk":
        return _hsk_pairs()
    content = contents(name)
    if name == "timemachine":
        return _lines(content["timemachine.txt"].decode())
    if name == "fra-eng":
        rows = _lines(read_member(content["fra-eng.zip"], "fra-eng/fra.txt"))
        return [SentencePair(*row.split("\t")) for row in rows]
    if name == "tatoeba-zh-en":
        sets = public_split(content["cmn-eng.zip"])
        return {split: [SentencePair(zh, en) for en, zh in sets[split]] for split in _SPLITS}
    if name == "snips":
        return {split: _utterances(content, split) for split in _SPLITS}
    upstream = {"train": "train", "valid": "dev", "test": "test"}
    return {
        split: _tagged_sentences(content[f"zh_gsdsimp-ud-{upstream[split]}.iob2"].decode())
        for split in _SPLITS
    }


def _hsk_pairs() -> list[SentencePair]:
    """Read the sentences of the package hsk-sentences-audio, if they are the ones we know."""
    from hsk_sentences_audio import load_sentences

    pairs = [SentencePair(row["chinese"], row["translation"]["en"]) for row in load_sentences()]
    found = hashlib.sha256("".join(f"{src}\t{tgt}\n" for src, tgt in pairs).encode()).hexdigest()
    if found != _HSK_SHA256:
        raise ValueError(
            f"the installed hsk-sentences-audio holds {len(pairs)} pairs with sha256 {found}, "
            f"expected {_HSK_PAIRS} with {_HSK_SHA256}; "
            "run: pip install --force-reinstall --no-deps hsk-sentences-audio==1.0.0"
        )
    return pairs


def _lines(text: str) -> list[str]:
    """Split text at its line feeds and at nothing else."""
    return text.removesuffix("\n").split("\n")


def _utterances(content: dict[str, bytes], split: str) -> list[Utterance]:
    """Put the words, the slots and the intent of each utterance together."""
    words, slots, intents = (
        _lines(content[f"{split}.{kind}"].decode()) for kind in ("seq.in", "seq.out", "label")
    )
    return [
        Utterance(tuple(w.split()), tuple(s.split()), intent.strip())
        for w, s, intent in zip(words, slots, intents, strict=True)
    ]


def _tagged_sentences(text: str) -> list[TaggedSentence]:
    """Read IOB2: per word a line of tab columns (number, word, tag), blank between sentences."""
    sentences = []
    for block in text.strip("\n").split("\n\n"):
        rows = [line.split("\t") for line in block.split("\n") if not line.startswith("# ")]
        sentences.append(TaggedSentence(tuple(r[1] for r in rows), tuple(r[2] for r in rows)))
    return sentences
