"""Tasks made to a rule: as many pairs as one likes, each with its one right answer.

Chapter: encoder-decoder. Every function returns distinct sources in random order, so that a slice
for training and a slice for testing never share one. All numbers come from the generator, on the
CPU: the same seed gives the same pairs everywhere.
"""

import datetime
from collections.abc import Callable

import torch

from .._checks import check_generator, check_int
from .datasets import SentencePair

_MONTHS = (
    "January February March April May June July August September October November December"
).split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_FIRST_DAY, _LAST_DAY = datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)


def copy_pairs(
    n: int, *, generator: torch.Generator, min_len: int = 2, max_len: int = 8
) -> list[SentencePair]:
    """Make ``n`` pairs in which the target is the source: strings of digits.

    Lengths are even between ``min_len`` and ``max_len`` as far as there are strings of each.
    ValueError if there are fewer than ``n`` different strings.

    >>> import torch
    >>> from seq2seq_tutor.data import copy_pairs
    >>> [pair.src == pair.tgt for pair in copy_pairs(2, generator=torch.Generator())]
    [True, True]
    """
    return [SentencePair(s, s) for s in _digit_strings(n, min_len, max_len, generator)]


def reverse_pairs(
    n: int, *, generator: torch.Generator, min_len: int = 2, max_len: int = 8
) -> list[SentencePair]:
    """Make ``n`` pairs in which the target is the source read backwards: strings of digits.

    Lengths and errors as in ``copy_pairs``.

    >>> import torch
    >>> from seq2seq_tutor.data import reverse_pairs
    >>> pair = reverse_pairs(1, generator=torch.Generator())[0]
    >>> pair.tgt == pair.src[::-1]
    True
    """
    return [SentencePair(s, s[::-1]) for s in _digit_strings(n, min_len, max_len, generator)]


def sort_pairs(
    n: int, *, generator: torch.Generator, min_len: int = 2, max_len: int = 8
) -> list[SentencePair]:
    """Make ``n`` pairs in which the target is the source in rising order: strings of digits.

    Lengths and errors as in ``copy_pairs``.

    >>> import torch
    >>> from seq2seq_tutor.data import sort_pairs
    >>> pair = sort_pairs(1, generator=torch.Generator())[0]
    >>> pair.tgt == "".join(sorted(pair.src))
    True
    """
    return [
        SentencePair(s, "".join(sorted(s))) for s in _digit_strings(n, min_len, max_len, generator)
    ]


def date_pairs(n: int, *, generator: torch.Generator) -> list[SentencePair]:
    """Make ``n`` pairs of a date as people write it, in English or Chinese, and in ISO 8601.

    Days of 1900 to 2099 in eight written forms, each as likely as the others: 584,392 sources.
    ValueError if ``n`` is more than that.

    >>> import torch
    >>> from seq2seq_tutor.data import date_pairs
    >>> for pair in date_pairs(2, generator=torch.Generator().manual_seed(0)):
    ...     print(pair.src, "->", pair.tgt)
    21.11.1996 -> 1996-11-21
    1919/5/23 -> 1919-05-23
    """
    days = (_LAST_DAY - _FIRST_DAY).days + 1
    check_int("n", n, minimum=1)
    check_generator(generator)
    if n > days * len(_DATE_FORMS):
        raise ValueError(f"there are only {days * len(_DATE_FORMS)} dates to write, got n={n}")
    pairs = []
    for number in torch.randperm(days * len(_DATE_FORMS), generator=generator)[:n].tolist():
        day = _FIRST_DAY + datetime.timedelta(number // len(_DATE_FORMS))
        pairs.append(SentencePair(_DATE_FORMS[number % len(_DATE_FORMS)](day), day.isoformat()))
    return pairs


def _chinese_number(n: int) -> str:
    """Write 1 to 99 in Chinese numerals, as months and days are read."""
    digits = "〇一二三四五六七八九"
    tens, ones = divmod(n, 10)
    ten = "" if tens == 0 else "十" if tens == 1 else digits[tens] + "十"
    return ten + (digits[ones] if ones else "")


def _chinese_date(day: datetime.date) -> str:
    """Write a date in Chinese numerals: the year digit by digit, month and day as numbers."""
    year = "".join("〇一二三四五六七八九"[int(digit)] for digit in str(day.year))
    return f"{year}年{_chinese_number(day.month)}月{_chinese_number(day.day)}日"


_DATE_FORMS: tuple[Callable[[datetime.date], str], ...] = (
    lambda d: f"{d.day} {_MONTHS[d.month - 1]} {d.year}",
    lambda d: f"{_MONTHS[d.month - 1]} {d.day}, {d.year}",
    lambda d: f"{d.day}-{_MONTHS[d.month - 1][:3]}-{d.year}",
    lambda d: f"{_DAYS[d.weekday()]}, {_MONTHS[d.month - 1]} {d.day}, {d.year}",
    lambda d: f"{d.day:02d}.{d.month:02d}.{d.year}",
    lambda d: f"{d.year}/{d.month}/{d.day}",
    lambda d: f"{d.year}年{d.month}月{d.day}日",
    _chinese_date,
)


def _digit_strings(n: int, min_len: int, max_len: int, generator: torch.Generator) -> list[str]:
    """Draw ``n`` different strings of ``min_len`` to ``max_len`` digits."""
    check_int("n", n, minimum=1)
    check_int("min_len", min_len, minimum=1)
    check_int("max_len", max_len, minimum=min_len)
    check_generator(generator)
    possible = sum(10**length for length in range(min_len, max_len + 1))
    if n > possible:
        raise ValueError(
            f"there are only {possible} strings of {min_len} to {max_len} digits, got n={n}; "
            "raise max_len"
        )
    strings: dict[str, None] = {}  # a dict keeps the order of drawing, a set would not
    while len(strings) < n:
        lengths = torch.randint(min_len, max_len + 1, (n,), generator=generator).tolist()
        digits = torch.randint(0, 10, (n, max_len), generator=generator).tolist()
        for row, length in zip(digits, lengths, strict=True):
            strings["".join(map(str, row[:length]))] = None
    drawn = list(strings)[:n]  # short strings run out first, and would all stand at the front
    return [drawn[i] for i in torch.randperm(n, generator=generator).tolist()]
