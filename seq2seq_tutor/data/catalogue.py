"""The catalogue: which data sets there are, where their files come from, and what they must hold.

Nothing here reads a file or a network; ``download`` does, and ``datasets`` makes values of it.
"""

from dataclasses import dataclass
from typing import NamedTuple


class Source(NamedTuple):
    """An address that a file is offered at.

    ``sha256`` is None where the file is rebuilt in place: then what it holds is checked.

    >>> from seq2seq_tutor.data import DATASETS
    >>> DATASETS["timemachine"].files[0].sources[0].url
    'https://d2l-data.s3-accelerate.amazonaws.com/timemachine.txt'
    """

    url: str
    sha256: str | None


@dataclass(frozen=True)
class DataFile:
    """A file of a data set and the sources to try, in order.

    ``size`` is in bytes: exactly where ``sha256`` is known, at most otherwise.

    >>> from seq2seq_tutor.data import DATASETS
    >>> [file.name for file in DATASETS["snips"].files][:3]
    ['train.seq.in', 'train.seq.out', 'train.label']
    """

    name: str
    size: int
    sha256: str | None
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class DataSet:
    """A data set: what it is, what its licence asks for, and its files (none for ``hsk``).

    >>> from seq2seq_tutor.data import DATASETS
    >>> DATASETS["fra-eng"].licence
    'CC BY 2.0 FR'
    >>> [(file.name, file.size) for file in DATASETS["timemachine"].files]
    [('timemachine.txt', 178979)]
    """

    name: str
    summary: str
    licence: str
    attribution: str
    files: tuple[DataFile, ...]


_D2L = "https://d2l-data.s3-accelerate.amazonaws.com"
_SNIPS = (
    "https://raw.githubusercontent.com/MiuLab/SlotGated-SLU/"
    "61f0307c729b1fad479ef1de94aa5ac5dee601b0/data/snips"
)
_UNER = (
    "https://raw.githubusercontent.com/UniversalNER/UNER_Chinese-GSDSIMP/"
    "1f0307599dece7b83f4cba90ce9b63ef37a7b162"
)


def _pinned(name: str, size: int, sha256: str, url: str) -> DataFile:
    """Describe a file that one address offers and that never changes."""
    return DataFile(name, size, sha256, (Source(url, sha256),))


def _snips(split: str, kind: str, size: int, sha256: str) -> DataFile:
    """Describe a file of snips, which upstream keeps in a folder for each split."""
    return _pinned(f"{split}.{kind}", size, sha256, f"{_SNIPS}/{split}/{kind}")


def _uner(split: str, size: int, sha256: str) -> DataFile:
    """Describe a file of UNER."""
    name = f"zh_gsdsimp-ud-{split}.iob2"
    return _pinned(name, size, sha256, f"{_UNER}/{name}")


_ALL = (
    DataSet(
        name="hsk",
        summary="4,354 graded Chinese sentences, 4,287 with their English, in a package",
        licence="CC BY-SA 4.0",
        attribution="Sentences of hsk-sentences-audio 1.0.0 "
        "(https://pypi.org/project/hsk-sentences-audio/), CC BY-SA 4.0.",
        files=(),
    ),
    DataSet(
        name="tatoeba-zh-en",
        summary="28,119 Chinese-English pairs of Tatoeba in the public split (train, valid, test)",
        licence="CC BY 2.0 FR",
        attribution="Sentence pairs from Tatoeba (https://tatoeba.org), CC BY 2.0 FR, via "
        "www.manythings.org/anki. Each row of cmn.txt names its authors in the third column; "
        "keep that column in any copy of the file.",
        files=(
            DataFile(
                name="cmn-eng.zip",
                size=20_000_000,
                sha256=None,
                sources=(
                    Source("https://www.manythings.org/anki/cmn-eng.zip", None),
                    Source(
                        "https://raw.githubusercontent.com/wuyuhanwyh777-max/CET4Focus/"
                        "475b882fee97ab839782287f57ac71a03476655e/data/cmn-eng.zip",
                        "d606361aa7312dcdfb15ef4fc51cb1e7ed8bc2dc608a7b192626cd36e8403106",
                    ),
                ),
            ),
        ),
    ),
    DataSet(
        name="timemachine",
        summary="The Time Machine by H. G. Wells (1895), 3,221 lines of English",
        licence="public domain",
        attribution="H. G. Wells, The Time Machine (1895); text of Project Gutenberg, no. 35.",
        files=(
            _pinned(
                "timemachine.txt",
                178_979,
                "8424dbd9532ac81f7e5f0b6add90e6952baea29158309d7d1bf3884f4e12c516",
                f"{_D2L}/timemachine.txt",
            ),
        ),
    ),
    DataSet(
        name="fra-eng",
        summary="167,130 English-French pairs of Tatoeba, the file of Dive into Deep Learning",
        licence="CC BY 2.0 FR",
        attribution="Sentence pairs from www.manythings.org/anki and tatoeba.org, CC BY 2.0 FR, "
        "file of 2019-04-07.",
        files=(
            _pinned(
                "fra-eng.zip",
                3_420_152,
                "fa96382b2c8b609e1662654c1e6e6baeb8d30b3bf63dfb4a5a261cc36347df13",
                f"{_D2L}/fra-eng.zip",
            ),
        ),
    ),
    DataSet(
        name="snips",
        summary="14,484 English commands with 7 intents and slot tags (train, valid, test)",
        licence="CC0 1.0",
        attribution="Coucke et al. (2018), Snips Voice Platform, arXiv:1805.10190; split of "
        "Goo et al. (2018).",
        files=(
            _snips(
                "train",
                "seq.in",
                617_079,
                "04ad1e3f2121d83c6478f9a4b17d2dbdc21d06d6127f73cb7af835ed733f9855",
            ),
            _snips(
                "train",
                "seq.out",
                950_926,
                "fd5f2121d8055827e5d6b3d3bac30f3d7e94e82a5d437751960cbdd9e1b4f6d3",
            ),
            _snips(
                "train",
                "label",
                184_532,
                "bfd7df6cf9dd76c5da5d8b61bc85f90386197bdd3d7510c1d324c051537b962f",
            ),
            _snips(
                "valid",
                "seq.in",
                33_629,
                "64e0f6d8ad8aab3a3828164d7d53731a0993d3ca1aed437ceaca6d3d568d410e",
            ),
            _snips(
                "valid",
                "seq.out",
                50_626,
                "712e6d34feb8d52d208b820a5f8bae6e6ff990f08374507dfde22de389088319",
            ),
            _snips(
                "valid",
                "label",
                9_900,
                "9c1dd041216f647bcfca838aaf1a48eb5781e4404256d31ff07cd38a5436c52f",
            ),
            _snips(
                "test",
                "seq.in",
                33_121,
                "c1e341173fcea2951a8ca371956a6f81c76de87b9583c62eb87edd6158fa3a7c",
            ),
            _snips(
                "test",
                "seq.out",
                50_918,
                "58c07c9097d5e1f78889765c2a535a160f6455b90b3142055c8051847afcca47",
            ),
            _snips(
                "test",
                "label",
                10_120,
                "37a26da3ad079bb41c42c85a3a8f827eb47efec4c5917ce5d08f4b2736e4f830",
            ),
        ),
    ),
    DataSet(
        name="uner-chinese-gsdsimp",
        summary="4,997 Chinese sentences with gold words and names (train, valid, test)",
        licence="CC BY-SA 4.0",
        attribution="UNER_Chinese-GSDSIMP of Universal NER (Mayhew et al. 2024), based on "
        "UD_Chinese-GSDSimp, CC BY-SA 4.0; what is made from it stays CC BY-SA.",
        files=(
            _uner(
                "train",
                2_088_494,
                "a03b5260c3d960aa711ff5f12b797de5c7d7f412563593c173cd0e7135001db5",
            ),
            _uner(
                "dev",
                267_445,
                "8aeab3ac662468e258a65f887844c50cee8311cb080b60a421ff7aa8a05e8032",
            ),
            _uner(
                "test",
                255_351,
                "f1d8faa790d914fe01a24627874c8e7fad9c40b54742f5aefab5ba3f7c8edede",
            ),
        ),
    ),
)

DATASETS: dict[str, DataSet] = {data_set.name: data_set for data_set in _ALL}
