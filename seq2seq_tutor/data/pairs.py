"""Sentence pairs in files: read strictly, written whole, and split so that nothing leaks.

Chapters: text preprocessing, translation. A file is either a table (source TAB target, UTF-8, one
pair a line) or one half of two files whose lines belong together.
"""

import codecs
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._checks import check_generator, check_number, check_str
from .._files import write_whole
from .datasets import SentencePair

if TYPE_CHECKING:
    import torch

Pathlike = str | os.PathLike[str]
_SHOWN = 5  # line numbers in a message
_UNWRITABLE = re.compile("[\t\r\n\ufeff\ud800-\udfff]")
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # begins like UTF-16's, so it is looked for first
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read_pairs(
    path: Pathlike, tgt_path: Pathlike | None = None, *, encoding: str = "utf-8"
) -> list[SentencePair]:
    """Read sentence pairs from one table, or from two files whose lines belong together.

    In a table each line is source TAB target; what follows a second tab is ignored, and blank lines
    are skipped. Only a line feed ends a line (with or without a carriage return before it); a byte
    order mark at the start and blank lines at the end of a file are no part of the text.

    FileNotFoundError if a file is missing; ValueError if it is a folder, is not in ``encoding``,
    holds no pair, has a line without source or target, or if two files differ in length.

    >>> from tempfile import TemporaryDirectory
    >>> from seq2seq_tutor.data import read_pairs
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "pairs.tsv").write_text("你好。\\tHello.\\n", encoding="utf-8")
    ...     read_pairs(Path(folder, "pairs.tsv"))
    [SentencePair(src='你好。', tgt='Hello.')]
    """
    check_str("encoding", encoding)
    path = _checked_path("path", path)
    lines = _read_lines(path, encoding)
    if tgt_path is None:
        rows = [
            (number, line.split("\t"))
            for number, line in enumerate(lines, start=1)
            if not _is_blank(line)
        ]
        where, want = str(path), "each line is source TAB target"
    else:
        tgt_path = _checked_path("tgt_path", tgt_path)
        tgt_lines = _read_lines(tgt_path, encoding)
        if len(lines) != len(tgt_lines):
            raise ValueError(
                f"{path} has {len(lines)} lines, {tgt_path} has {len(tgt_lines)}; "
                "line by line they must be translations of each other"
            )
        rows = [
            (number, [src, tgt])
            for number, (src, tgt) in enumerate(zip(lines, tgt_lines, strict=True), start=1)
        ]
        where, want = f"{path} and {tgt_path}", "a blank line on one side must go from both"
    if not rows:
        raise ValueError(f"{where}: there is no sentence pair in it")
    bad = [
        number for number, row in rows if len(row) < 2 or not row[0].strip() or not row[1].strip()
    ]
    if bad:
        shown = ", ".join(map(str, bad[:_SHOWN])) + (", ..." if len(bad) > _SHOWN else "")
        raise ValueError(
            f"{where}: {len(bad)} of {len(rows)} lines have no source or no target "
            f"(line {shown}); {want}"
        )
    return [SentencePair(row[0], row[1]) for _, row in rows]


def write_pairs(pairs: Iterable[tuple[str, str]], path: Pathlike) -> None:
    """Write sentence pairs as a table: source TAB target, UTF-8, one pair a line.

    The file is replaced in one step; if anything fails, the old one stays. ``read_pairs`` gives
    the same pairs again.

    TypeError if a pair is not two str; ValueError if there is no pair, a side is blank, or a side
    holds what a table can't (a tab, a line break, a byte order mark, half a surrogate pair);
    FileNotFoundError if the folder is missing.

    >>> from tempfile import TemporaryDirectory
    >>> from seq2seq_tutor.data import read_pairs, write_pairs
    >>> with TemporaryDirectory() as folder:
    ...     write_pairs([("你好。", "Hello.")], Path(folder, "pairs.tsv"))
    ...     read_pairs(Path(folder, "pairs.tsv"))
    [SentencePair(src='你好。', tgt='Hello.')]
    """
    path = _checked_path("path", path)
    pairs = _checked_pairs(pairs)
    for row, pair in enumerate(pairs, start=1):
        for side, text in zip(("source", "target"), pair, strict=True):
            if not text.strip():
                raise ValueError(f"the {side} of row {row} is blank; remove the pair")
            found = _UNWRITABLE.search(text)
            if found:
                raise ValueError(
                    f"the {side} of row {row} holds {found[0]!r} at position {found.start()}, "
                    "which a line of a table can't; replace it, for example by a space"
                )
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent.absolute()}; make it first")
    write_whole(path, "".join(f"{src}\t{tgt}\n" for src, tgt in pairs).encode())


def split_pairs(
    pairs: Iterable[tuple[str, str]],
    *,
    valid: float,
    test: float,
    generator: "torch.Generator",
) -> tuple[list[SentencePair], list[SentencePair], list[SentencePair]]:
    """Split pairs at random into train, valid and test, so that no sentence is on two sides.

    ``valid`` and ``test`` are fractions of the pairs; ``test=0`` gives an empty test set. Pairs
    that share a source or a target, directly or through other pairs, stay together; with a set
    already nearly full, a group that is too large for it goes to the next. The result depends on
    the generator's state alone.

    TypeError or ValueError if there are no pairs of str, or the fractions leave a set empty.

    >>> import torch
    >>> from seq2seq_tutor.data import split_pairs
    >>> pairs = [(str(n), str(-n)) for n in range(10)]
    >>> sets = split_pairs(pairs, valid=0.2, test=0.1, generator=torch.Generator())
    >>> [len(pairs) for pairs in sets]
    [7, 2, 1]
    """
    import torch

    pairs = _checked_pairs(pairs)
    check_number("valid", valid, above=0, below=1)
    check_number("test", test, at_least=0, below=1)
    if valid + test >= 1:
        raise ValueError(f"valid and test must sum to less than 1, got {valid} + {test}")
    check_generator(generator)
    order = torch.randperm(len(pairs), generator=generator).tolist()
    groups: dict[int, list[int]] = {}
    group_of = _group_numbers(pairs)
    for i in order:  # in random order, so that a pair's chance doesn't hang on its group's size
        groups.setdefault(group_of[i], []).append(i)
    room = {"test": round(test * len(pairs)), "valid": round(valid * len(pairs))}
    set_of = {}
    for number, group in groups.items():
        set_of[number] = next((name for name in room if len(group) <= room[name]), "train")
        if set_of[number] != "train":
            room[set_of[number]] -= len(group)
    sets: dict[str, list[SentencePair]] = {"train": [], "valid": [], "test": []}
    for i in order:
        sets[set_of[group_of[i]]].append(pairs[i])
    for name, wanted in (("train", 1 - valid - test), ("valid", valid), ("test", test)):
        if wanted and not sets[name]:
            raise ValueError(
                f"valid={valid} and test={test} leave no pair for {name}: there are {len(pairs)} "
                f"pairs in {len(groups)} groups that share no sentence, the largest of "
                f"{max(map(len, groups.values()))}; take more pairs or other fractions"
            )
    return sets["train"], sets["valid"], sets["test"]


def _group_numbers(pairs: list[SentencePair]) -> list[int]:
    """Number the pairs so that those linked by a source or a target have the same number."""
    parent = list(range(len(pairs)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = i = parent[parent[i]]
        return i

    first: dict[tuple[str, str], int] = {}
    for i, pair in enumerate(pairs):
        for side, text in zip(("src", "tgt"), pair, strict=True):
            parent[root(i)] = root(first.setdefault((side, text), i))
    return [root(i) for i in range(len(pairs))]


def _checked_path(name: str, path: Any) -> Path:
    """Give a path as a Path, or refuse what is none."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"{name} must be a path, got {path!r:.60} ({type(path).__name__})")
    return Path(path)


def _checked_pairs(pairs: Any) -> list[SentencePair]:
    """Give the pairs as a list, or refuse what is not pairs of str."""
    checked = []
    for row, pair in enumerate(pairs, start=1):
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(f"row {row} must be (source, target), got {pair!r:.60}")
        for side, text in zip(("source", "target"), pair, strict=True):
            check_str(f"the {side} of row {row}", text)
        checked.append(SentencePair(*pair))
    if not checked:
        raise ValueError("pairs is empty: there is no sentence pair")
    return checked


def _read_lines(path: Path, encoding: str) -> list[str]:
    """Read the lines of a text file, without line ends and without blank lines at the end."""
    text = _decode(path, _read_bytes(path), encoding).removeprefix("\ufeff")
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    while lines and _is_blank(lines[-1]):
        lines.pop()
    return lines


def _is_blank(line: str) -> bool:
    """Tell a blank line from a row whose columns are blank."""
    return not line.strip() and "\t" not in line


def _read_bytes(path: Path) -> bytes:
    """Read a file, or say that there is none."""
    if path.is_dir():
        raise ValueError(f"{path} is a folder; name a file in it")
    if not path.exists():
        raise FileNotFoundError(
            f"there is no file {path.absolute()}; check the path, a relative one starts at "
            "the folder that the program runs in"
        )
    return path.read_bytes()


def _decode(path: Path, content: bytes, encoding: str) -> str:
    """Decode the bytes of a file, or say where that fails and what the encoding may be."""
    try:
        standard = codecs.lookup(encoding).name
        marks = (name for mark, name in _BYTE_ORDER_MARKS.items() if content.startswith(mark))
        name = next(marks, "")
        if not standard.startswith(name):
            raise ValueError(
                f"{path} begins with the byte order mark of {name.upper()}, and encoding is "
                f'{encoding!r}; write encoding="{name}"'
            )
        return content.decode(encoding)
    except LookupError:
        raise ValueError(
            f'there is no text encoding {encoding!r}; "utf-8" and "gb18030" are two that there are'
        ) from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{path} is not in {encoding}: line {line}, byte offset {error.start} "
            f"({content[error.start : error.start + 4]!r}); name the encoding it was saved in, "
            'for example encoding="gb18030" for Chinese from Windows'
        ) from error
