"""Write down a result with everything that it takes to get it again."""

import datetime
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import seq2seq_tutor

RESULTS = Path(seq2seq_tutor.__file__).parent / "results"


def write_result(name: str, found: dict[str, Any], *, seconds: float, licence: str) -> None:
    """Write ``seq2seq_tutor/results/NAME.json``, whole or not at all."""
    content = {
        "command": f"python benchmarks/{name}.py",
        "date": datetime.date.today().isoformat(),
        "seconds": round(seconds),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread",
        "versions": {
            "python": platform.python_version(),
            "seq2seq-tutor": seq2seq_tutor.__version__,
            **{package: version(package) for package in ("torch", "sacrebleu")},
        },
        "licence": licence,
        **found,
    }
    temporary = RESULTS / f"{name}.json.tmp"
    temporary.write_text(
        json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n"
    )
    temporary.replace(RESULTS / f"{name}.json")
