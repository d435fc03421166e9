"""Files of data sets: found on this machine or downloaded, and checked before anyone reads them.

``$SEQ2SEQ_TUTOR_DATA/<name>/`` comes first, then the user's cache, then the network. A file in a
folder that the user chose is never changed; a wrong one in the cache is downloaded again. pooch
does the temporary file, the hash and the move, ``network`` the request; one process at a time works
in a folder.
"""

import hashlib
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from .._checks import check_choice
from .archives import public_split
from .catalogue import DATASETS, DataFile, Source
from .network import get

_VARIABLE = "SEQ2SEQ_TUTOR_DATA"
_DEADLINE = 300.0  # seconds for a whole file
_PARTIAL = ".partial"
_LOCK = ".lock"


class DownloadError(OSError):
    """A file of a data set is not on this machine and could not be downloaded.

    The message says what was tried, what failed, and where to put the file by hand.

    >>> from seq2seq_tutor.data import DownloadError
    >>> issubclass(DownloadError, OSError)
    True
    """


class FileStatus(NamedTuple):
    """Where a file of a data set is, and what is wrong with it.

    ``path`` is None if the file is nowhere on this machine, ``problem`` is None if it is right.

    >>> from pathlib import Path
    >>> from seq2seq_tutor.data import FileStatus
    >>> FileStatus("timemachine.txt", Path("here/timemachine.txt"), None).problem is None
    True
    """

    name: str
    path: Path | None
    problem: str | None


def contents(name: str) -> dict[str, bytes]:
    """Return the checked bytes of all files of a data set, by file name; download what is missing.

    ValueError if a file in ``$SEQ2SEQ_TUTOR_DATA`` is not what it should be; DownloadError if a
    file can't be had.

    >>> from seq2seq_tutor.data.download import contents
    >>> contents("hsk")
    {}
    """
    return {file.name: _locate(name, file)[1] for file in DATASETS[name].files}


def fetch(name: str, folder: str | os.PathLike[str] | None = None) -> list[Path]:
    """Make sure that all files of a data set are on this machine, and say where they are.

    Without a folder: what ``load`` would do, without reading the sentences. With one: each file is
    copied or downloaded into ``folder/name/``, which is the layout of ``$SEQ2SEQ_TUTOR_DATA``.
    A data set that comes inside a package (``hsk``) has no files.

    ValueError if there is no such data set, or a wrong file is in ``folder/name/`` or in
    ``$SEQ2SEQ_TUTOR_DATA``; DownloadError if a file can't be had or written.

    >>> from seq2seq_tutor.data import fetch
    >>> fetch("hsk")
    []
    """
    check_choice("name", name, list(DATASETS))
    if folder is None:
        return [_locate(name, file)[0] for file in DATASETS[name].files]
    return [_fetch_into(Path(folder) / name, name, file) for file in DATASETS[name].files]


def verify(name: str) -> list[FileStatus]:
    """Say for each file of a data set where it is and whether it is right, without downloading.

    ValueError if there is no such data set.

    >>> from seq2seq_tutor.data import verify
    >>> verify("hsk")
    []
    """
    check_choice("name", name, list(DATASETS))
    statuses = []
    for file in DATASETS[name].files:
        path = next(filter(Path.exists, _places(name, file)), None)
        problem = "not on this machine" if path is None else _problem(file, path.read_bytes())
        statuses.append(FileStatus(file.name, path, problem))
    return statuses


def cache_folder() -> Path:
    """Return the user's cache folder of this package; it need not exist.

    DownloadError if the user has no home folder.

    >>> from seq2seq_tutor.data.download import cache_folder
    >>> cache_folder().is_absolute()
    True
    """
    from platformdirs import user_cache_dir

    folder = Path(user_cache_dir("seq2seq-tutor", appauthor=False))
    if not folder.is_absolute():  # ~ stays ~ where there is no home, and would be made right here
        raise DownloadError(
            f"there is no home folder to keep data in (got {str(folder)!r}): set {_VARIABLE} to a "
            "folder that holds the data sets, or use `seq2seq-tutor data get NAME --to FOLDER`"
        )
    return folder


def download(
    file: DataFile,
    folder: Path,
    *,
    mode: int = 0o700,
    seconds: float = _DEADLINE,
    local: bool = False,
) -> bytes:
    """Download a file into a folder, where it appears whole and checked or not at all.

    Folders that have to be made get ``mode``. ``seconds`` is the time for each source, and
    ``local`` allows http on this machine: both are for tests.

    DownloadError if no source gives the right file, or the folder can't be written.

    >>> from pathlib import Path
    >>> from seq2seq_tutor.data import DATASETS
    >>> from seq2seq_tutor.data.download import download
    >>> file = DATASETS["timemachine"].files[0]
    >>> len(download(file, Path("data/timemachine")))  # doctest: +SKIP
    178979
    """
    path = folder / file.name
    failures = []
    try:
        with _workshop(folder, mode) as partial:
            content = _kept(path, file)  # another process may have been here while this one waited
            if content is not None:
                return content
            for source in file.sources:
                try:
                    whole = _retrieve(file, source, partial, seconds, local)
                    content = whole.read_bytes()
                    whole.replace(path)
                except (OSError, ValueError) as error:
                    failures.append(f"{source.url}: {error}")
                else:
                    return content
    except OSError as error:
        failures.append(f"{folder}: {error}")
    wanted = f"sha256 {file.sha256}" if file.sha256 else "from one of these addresses"
    raise DownloadError(
        f"{file.name} is not on this machine and could not be downloaded.\n  "
        + "\n  ".join(failures)
        + f"\nPut the file there by hand as {path} ({wanted}), or set {_VARIABLE} to a folder "
        f"that holds {folder.name}/{file.name}, or, if only the folder is the trouble, use "
        f"`seq2seq-tutor data get {folder.name} --to FOLDER`."
    )


def _own_path(name: str, file: DataFile) -> Path | None:
    """Return the place of a file in the folder that the user named, if one is named."""
    folder = os.environ.get(_VARIABLE)
    return Path(folder).expanduser() / name / file.name if folder else None


def _places(name: str, file: DataFile) -> Iterator[Path]:
    """Yield where a file may be on this machine, in the order of search."""
    own = _own_path(name, file)
    if own is not None:
        yield own
    with suppress(DownloadError):  # without a home there is no cache to look in
        yield cache_folder() / name / file.name


def _problem(file: DataFile, content: bytes) -> str | None:
    """Say what is wrong with the content of a file, or None."""
    if file.sha256 is not None:
        return _wrong_hash(file.sha256, content)
    try:
        public_split(content)  # the one file that is known by what it holds
    except ValueError as error:
        return str(error)
    return None


def _wrong_hash(expected: str, content: bytes) -> str | None:
    """Say what is wrong with the SHA-256 of a content, or None."""
    found = hashlib.sha256(content).hexdigest()
    if found == expected:
        return None
    return f"its sha256 is {found}, expected {expected} ({len(content)} bytes)"


def _chosen(path: Path, file: DataFile) -> bytes:
    """Read a file in a folder that the user chose; a wrong one is an error, and is left alone."""
    content = path.read_bytes()
    problem = _problem(file, content)
    if problem is not None:
        raise ValueError(f"{path} is not the file it should be: {problem}; replace or remove it")
    return content


def _kept(path: Path, file: DataFile) -> bytes | None:
    """Read a file that this package keeps, or return None if it is missing or wrong."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return content if _problem(file, content) is None else None


def _search(name: str, file: DataFile) -> tuple[Path, bytes] | None:
    """Find a file on this machine: its place and its checked bytes."""
    own = _own_path(name, file)
    for place in _places(name, file):
        if place == own and place.exists():
            return place, _chosen(place, file)
        content = _kept(place, file)
        if content is not None:
            return place, content
    return None


def _locate(name: str, file: DataFile) -> tuple[Path, bytes]:
    """Find a file, or download it into the cache: its place and its checked bytes."""
    found = _search(name, file)
    if found is not None:
        return found
    folder = cache_folder() / name
    return folder / file.name, download(file, folder)


def _fetch_into(folder: Path, name: str, file: DataFile) -> Path:
    """Copy or download a file into a folder that the user chose; what is right stays."""
    path = folder / file.name
    if path.exists():
        _chosen(path, file)
        return path
    found = _search(name, file)
    if found is None:
        download(file, folder, mode=0o777)
        return path
    try:
        with _workshop(folder, 0o777) as partial:
            _write(partial / file.name, found[1])
            (partial / file.name).replace(path)
    except OSError as error:
        raise DownloadError(f"{found[0]} could not be copied to {path}: {error}") from error
    return path


@contextmanager
def _workshop(folder: Path, mode: int) -> Iterator[Path]:
    """Lend an empty folder inside a folder, to one process at a time."""
    from filelock import FileLock

    folder.parent.mkdir(mode=mode, parents=True, exist_ok=True)
    folder.mkdir(mode=mode, exist_ok=True)
    with FileLock(folder / _LOCK, timeout=2 * _DEADLINE):
        partial = folder / _PARTIAL
        # What is here was left by a process that was killed: its lock died with it.
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=mode)
        try:
            yield partial
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _retrieve(file: DataFile, source: Source, partial: Path, seconds: float, local: bool) -> Path:
    """Let pooch bring one source into the work folder; OSError or ValueError says what failed."""
    import pooch

    def bring(url: str, output: str, _: Any) -> None:
        content = get(url, limit=file.size, seconds=seconds, local=local)
        problem = _problem(file, content)  # pooch compares the hash of the source, if it has one
        if problem is not None:
            raise ValueError(problem)
        _write(Path(output), content)

    with _quiet(pooch.get_logger()):
        return Path(pooch.retrieve(source.url, source.sha256, file.name, partial, downloader=bring))


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """Keep a logger from reporting what goes well."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def _write(path: Path, content: bytes) -> None:
    """Write a file through to the disk, with the permissions that the user's files have."""
    path.unlink(missing_ok=True)  # pooch's temporary file is its owner's alone
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
