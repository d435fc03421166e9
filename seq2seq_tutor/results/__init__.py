"""Results: what runs that take too long for a page found, each with how to run it again.

Chapters: those of part 1 from Chinese segmentation on, those of part 3, translation. Every file
holds the command that wrote it, the versions and the machine it ran on, a hash of its data, and
what it found; ``benchmarks/`` holds the commands.
"""

import json
from importlib import resources
from typing import Any

__all__ = ["read_result"]


def read_result(name: str) -> dict[str, Any]:
    """Read a result that ships with the package.

    ValueError if there is none of that name.

    >>> from seq2seq_tutor.results import read_result
    >>> read_result("hsk_zh_en")["command"]
    'python benchmarks/hsk_zh_en.py'
    """
    files = {
        file.name.removesuffix(".json"): file
        for file in resources.files(__name__).iterdir()
        if file.name.endswith(".json")
    }
    if name not in files:
        raise ValueError(f"there is no result {name!r}; there are {', '.join(sorted(files))}")
    result: dict[str, Any] = json.loads(files[name].read_text(encoding="utf-8"))
    return result
