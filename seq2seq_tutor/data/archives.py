"""The two zip files: their text is read without unpacking, and one is cut by the public split.

The file of Chinese-English pairs is rebuilt in place from time to time. So that every copy of it
gives the same sets, the package keeps the first 5 bytes of SHA-256 of each pair of the public
split (``tatoeba_split.bin``, in the order of the sets): a pair is known by its own hash.
"""

import hashlib
import io
import zipfile
import zlib
from importlib.resources import files

SPLIT_SIZES = {"train": 26_124, "valid": 998, "test": 997}
_PREFIX = 5  # bytes; a chance of 1 in 1,000 that any of a file's 30,000 pairs is taken for another
_MAY_LACK = 0.01
_MAX_TEXT = 50_000_000  # bytes; the larger of the two texts has 12 million


def read_member(content: bytes, member: str, *, limit: int = _MAX_TEXT) -> str:
    """Read one text file (UTF-8) of a zip archive, without unpacking anything to disk.

    ValueError if the archive is broken or lacks the member, or the member is larger than ``limit``
    bytes.

    >>> import io, zipfile
    >>> from seq2seq_tutor.data.archives import read_member
    >>> with zipfile.ZipFile(buffer := io.BytesIO(), "w") as archive:
    ...     archive.writestr("a.txt", "音乐")
    >>> read_member(buffer.getvalue(), "a.txt")
    '音乐'
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            declared = archive.getinfo(member).file_size
            with archive.open(member) as file:
                # The declared size is the archive's word; the cap holds if that is a lie.
                text = b"" if declared > limit else file.read(limit + 1)
    except KeyError:
        raise ValueError(f"the zip archive holds no file {member!r}") from None
    # RuntimeError: encrypted; NotImplementedError: an unknown way to compress
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise ValueError(f"not a zip archive that can be read: {error}") from error
    if max(declared, len(text)) > limit:
        raise ValueError(f"{member} in the zip archive is larger than {limit} bytes")
    return text.decode("utf-8")


def public_split(content: bytes) -> dict[str, list[tuple[str, str]]]:
    """Cut cmn-eng.zip by the public split: (English, Chinese) for train, valid and test.

    Pairs outside the split are dropped; the order is the split's, whatever the file's is.

    ValueError if the archive can't be read or lacks more than 1 % of a set.

    >>> from seq2seq_tutor.data.archives import public_split
    >>> public_split(b"PK")
    Traceback (most recent call last):
    ValueError: not a zip archive that can be read: File is not a zip file
    """
    found: dict[bytes, tuple[str, str]] = {}
    for line in read_member(content, "cmn.txt").split("\n"):
        columns = line.removesuffix("\r").split("\t")
        if len(columns) > 1:
            english, chinese = columns[:2]
            found.setdefault(pair_prefix(english, chinese), (english, chinese))
    prefixes = files(__package__).joinpath("tatoeba_split.bin").read_bytes()
    sets: dict[str, list[tuple[str, str]]] = {}
    start = 0
    for name, size in SPLIT_SIZES.items():
        end = start + size * _PREFIX
        keys = (prefixes[i : i + _PREFIX] for i in range(start, end, _PREFIX))
        sets[name] = [found[key] for key in keys if key in found]
        start = end
    counts = ", ".join(f"{len(sets[name])} of {size} {name}" for name, size in SPLIT_SIZES.items())
    if any(len(sets[name]) < (1 - _MAY_LACK) * size for name, size in SPLIT_SIZES.items()):
        raise ValueError(
            f"cmn.txt in the zip archive lacks pairs of the public split: it has {counts}; "
            "at most 1 % of a set may be missing"
        )
    return sets


def pair_prefix(english: str, chinese: str) -> bytes:
    """Give the bytes that a pair is known by in ``tatoeba_split.bin``.

    >>> from seq2seq_tutor.data.archives import pair_prefix
    >>> pair_prefix("Hi.", "你好。").hex()
    '3533785e04'
    """
    return hashlib.sha256(f"{english}\t{chinese}".encode()).digest()[:_PREFIX]
