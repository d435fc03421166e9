"""Checks of arguments at the public boundary: each says what was wrong, and what to do."""

import math
import operator
from collections.abc import Sequence
from typing import Any


def is_int(value: Any) -> bool:
    """Tell whether a value is an integer, numpy's and torch's too (a bool is not a number here)."""
    try:
        operator.index(value)
    except TypeError:
        return False
    return not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Tell whether a value can be made a float and is neither a bool nor text."""
    return not isinstance(value, bool) and hasattr(value, "__float__")


def check_int(name: str, value: Any, *, minimum: int, maximum: float = math.inf) -> None:
    """Refuse anything but an int within the bounds."""
    if not is_int(value):
        raise TypeError(f"{name} must be an int, got {value!r} ({type(value).__name__})")
    if value < minimum:
        raise ValueError(f"{name} must be at least {minimum}, got {value}")
    if value > maximum:
        raise ValueError(f"{name} must be at most {maximum}, got {value}")


def check_number(
    name: str,
    value: Any,
    *,
    above: float = -math.inf,
    at_least: float = -math.inf,
    below: float = math.inf,
    at_most: float = math.inf,
) -> None:
    """Refuse anything but a finite number within the bounds."""
    if not is_number(value):
        raise TypeError(f"{name} must be a number, got {value!r} ({type(value).__name__})")
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value}")
    if value <= above:
        raise ValueError(f"{name} must be greater than {above}, got {value}")
    if value < at_least:
        raise ValueError(f"{name} must be at least {at_least}, got {value}")
    if value >= below:
        raise ValueError(f"{name} must be below {below}, got {value}")
    if value > at_most:
        raise ValueError(f"{name} must be at most {at_most}, got {value}")


def check_choice(name: str, value: Any, choices: Sequence[str]) -> None:
    """Refuse anything but one of ``choices``."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}; got {value!r}")


def check_str(name: str, value: Any) -> None:
    """Refuse anything but a str."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, got {type(value).__name__}: {value!r:.60}")


def check_text(name: str, value: Any) -> None:
    """Refuse anything but a str of whole characters, which UTF-8 can encode."""
    check_str(name, value)
    for position, character in enumerate(value):
        if "\ud800" <= character <= "\udfff":
            raise ValueError(
                f"{name} has half a surrogate pair ({character!r}) at position {position}: "
                "it was decoded wrongly; read the file again as UTF-8 or UTF-16"
            )


def check_generator(value: Any) -> None:
    """Refuse anything but a torch.Generator: a seed is not one, and None would be global state."""
    import torch

    if not isinstance(value, torch.Generator):
        raise TypeError(
            f"generator must be a torch.Generator, got {value!r:.60}; "
            "write torch.Generator().manual_seed(0)"
        )


def check_tokens(name: str, value: Any) -> None:
    """Refuse anything but a list (or tuple) of str; a bare str would be read letter by letter."""
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        raise TypeError(
            f"{name} must be a list of tokens, got {type(value).__name__}: {value!r:.60}; "
            "split the text first, for example with a tokenizer"
        )
    for position, token in enumerate(value):
        if not isinstance(token, str):
            raise TypeError(f"{name}[{position}] must be a str, got {token!r}")
