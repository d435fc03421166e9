"""Loaders that run once, whichever thread asks first."""

from collections.abc import Callable
from functools import cache, wraps
from threading import RLock
from typing import TypeVar

T = TypeVar("T")


def once(load: Callable[[], T]) -> Callable[[], T]:
    """Call a loader once; a thread that comes meanwhile waits for the same value.

    ``functools.cache`` alone would let both load, and a loader that silences warnings for a while
    must not run twice at a time: one would restore what the other has changed.
    """
    lock, cached = RLock(), cache(load)

    @wraps(load)
    def locked() -> T:
        with lock:
            return cached()

    return locked
