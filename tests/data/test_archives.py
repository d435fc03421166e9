"""Zip files that are broken, too large or not what they seem, and the public split by hashes."""

import io
import os
import zipfile
from pathlib import Path

import pytest

import seq2seq_tutor.data
from seq2seq_tutor.data.archives import SPLIT_SIZES, pair_prefix, public_split, read_member

FOLDER = os.environ.get("SEQ2SEQ_TUTOR_DATA")
SPLIT_FILE = Path(seq2seq_tutor.data.__file__).parent / "tatoeba_split.bin"


def zipped(text, name="cmn.txt"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return buffer.getvalue()


def test_a_member_is_read():
    assert read_member(zipped("嗨。\r\nHi.\n"), "cmn.txt") == "嗨。\r\nHi.\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a zip archive"),
        (b"<html>", "not a zip archive"),
        (zipped("text")[:-30], "not a zip archive"),
        (zipped("text", "other.txt"), "holds no file 'cmn.txt'"),
    ],
    ids=["empty", "page", "truncated", "other"],
)
def test_a_broken_archive_is_refused(content, said):
    with pytest.raises(ValueError, match=said):
        read_member(content, "cmn.txt")


def test_a_changed_byte_is_noticed():
    content = zipped("text " * 100)
    position = content.index(b"cmn.txt") + 12
    changed = bytes([content[position] ^ 1])
    with pytest.raises(ValueError, match="not a zip archive that can be read"):
        read_member(content[:position] + changed + content[position + 1 :], "cmn.txt")


def test_an_encrypted_member_is_refused():
    content = bytearray(zipped("text"))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    with pytest.raises(ValueError, match="encrypted"):
        read_member(bytes(content), "cmn.txt")


def test_a_bomb_is_refused_by_what_it_declares():
    with pytest.raises(ValueError, match="larger than 1000 bytes"):
        read_member(zipped(bytes(1001)), "cmn.txt", limit=1000)
    assert len(read_member(zipped(bytes(1000)), "cmn.txt", limit=1000)) == 1000


def test_a_bomb_that_declares_little_is_refused():
    content = bytearray(zipped(bytes(5_000_000)))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = content.index(signature) + offset
        content[start : start + 4] = (100).to_bytes(4, "little")
    with pytest.raises(ValueError, match="larger than|can be read"):
        read_member(bytes(content), "cmn.txt", limit=1000)


# the public split


@pytest.fixture
def small_split(monkeypatch):
    """Make a split of 400, 100 and 100 pairs stand for the public one; give its pairs."""
    pairs = [(f"Sentence {i}.", f"句子{i}。") for i in range(600)]
    prefixes = b"".join(pair_prefix(*pair) for pair in pairs)
    monkeypatch.setattr(
        "seq2seq_tutor.data.archives.SPLIT_SIZES", {"train": 400, "valid": 100, "test": 100}
    )

    class Folder:
        def joinpath(self, name):
            return self

        def read_bytes(self):
            return prefixes

    monkeypatch.setattr("seq2seq_tutor.data.archives.files", lambda _: Folder())
    return pairs


def as_zip(pairs):
    return zipped("".join(f"{english}\t{chinese}\tby #{1}\r\n" for english, chinese in pairs))


def test_the_order_is_the_splits_and_the_rest_is_dropped(small_split):
    shuffled = [("Other.", "别的。"), *reversed(small_split), small_split[0]]
    assert public_split(as_zip(shuffled)) == {
        "train": small_split[:400],
        "valid": small_split[400:500],
        "test": small_split[500:],
    }


def test_one_in_a_hundred_may_be_missing(small_split):
    sets = public_split(as_zip(small_split[4:499] + small_split[500:]))
    assert [len(pairs) for pairs in sets.values()] == [396, 99, 100]
    assert sets["train"] == small_split[4:400]


def test_more_may_not_be_missing_from_any_set(small_split):
    for lacking in (small_split[5:], small_split[:498] + small_split[500:], small_split[:598]):
        with pytest.raises(
            ValueError, match="it has .* of 400 train, .* of 100 valid, .* 100 test"
        ):
            public_split(as_zip(lacking))


def test_another_file_lacks_the_split():
    with pytest.raises(ValueError, match="it has 0 of 26124 train, 0 of 998 valid, 0 of 997 test"):
        public_split(as_zip([("Hi.", "Salut !")]))


def test_the_package_holds_a_prefix_of_each_pair():
    content = SPLIT_FILE.read_bytes()
    prefixes = {content[i : i + 5] for i in range(0, len(content), 5)}
    assert len(content) == 5 * sum(SPLIT_SIZES.values()) == 5 * 28_119
    assert len(prefixes) == 28_119


@pytest.mark.skipif(not FOLDER, reason="SEQ2SEQ_TUTOR_DATA names no folder of data sets")
def test_the_split_equals_its_tables():
    folder = Path(FOLDER) / "tatoeba-zh-en"
    sets = public_split((folder / "cmn-eng.zip").read_bytes())
    for name, pairs in sets.items():
        rows = (folder / f"{name}.tsv").read_text(encoding="utf-8").rstrip("\n").split("\n")
        assert pairs == [tuple(row.split("\t")[:2]) for row in rows]
