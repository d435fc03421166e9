"""What every test may use: one thread, runs under other hash seeds, and d2l as an oracle."""

import importlib.machinery
import os
import subprocess
import sys
import types

import pytest

# Before anything imports torch: the same numbers on every machine, and no fight between workers.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")
os.environ.pop("TQDM_DISABLE", None)  # tests look for progress where there should be some


@pytest.fixture(scope="session")
def d2l():
    """Import d2l.torch; torchvision, which only its vision code needs, is an empty module."""
    for name in ("torchvision", "torchvision.transforms"):
        module = types.ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, loader=None)
        sys.modules[name] = module
    sys.modules["torchvision"].transforms = sys.modules["torchvision.transforms"]
    from d2l import torch as d2l

    return d2l


@pytest.fixture
def outputs_under_two_hash_seeds():
    """Run a program under two hash seeds and return the set of what it printed."""

    def run(program):
        return {
            subprocess.run(
                [sys.executable, "-c", program],
                env=os.environ | {"PYTHONHASHSEED": seed},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for seed in ("0", "1")
        }

    return run
