"""Write down a result with everything that it takes to get it again."""

import argparse
import datetime
import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

import seq2seq_tutor
from seq2seq_tutor._files import write_whole

RESULTS = Path(seq2seq_tutor.__file__).parent / "results"


def begin(description: str | None) -> float:
    """Begin a command without options: one thread, no denormal numbers; give the time."""
    argparse.ArgumentParser(description=description).parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    return time.monotonic()


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
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    write_whole(RESULTS / f"{name}.json", text.encode())
