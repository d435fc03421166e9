"""Scripts: which letters a text is written in, and Traditional characters made Simplified.

Chapter: text preprocessing.
"""

from collections.abc import Iterable
from typing import Any

import regex

from .._checks import check_text, check_tokens
from .loading import once

_HAN, _LETTER = regex.compile(r"\p{Han}"), regex.compile(r"\p{L}")


def mostly_chinese(texts: Iterable[str]) -> bool:
    """Tell whether more than half of the letters in some texts are Chinese characters.

    Japanese kanji count as Chinese, kana don't. TypeError if ``texts`` is a str, or holds something
    else.

    Source: Unicode Standard Annex 24, script Han.

    >>> from seq2seq_tutor.text import mostly_chinese
    >>> mostly_chinese(["我喜欢 PyTorch 和音乐。", "你好"]), mostly_chinese(["I like music."])
    (True, False)
    """
    if not isinstance(texts, (str, bytes)):
        texts = list(texts)
    check_tokens("texts", texts)
    han = sum(len(_HAN.findall(text)) for text in texts)
    return 2 * han > sum(len(_LETTER.findall(text)) for text in texts)


def to_simplified(text: str) -> str:
    """Write Traditional Chinese characters as Simplified ones, and leave everything else.

    Characters only, one for one: a word that Taiwan or Hong Kong says differently stays that word.
    There is no way back that is always right, because several characters become one: 髮 and 發
    are both 发, and 乾, 幹 and 干 are all 干. The words around decide: the 乾 of 乾坤 stays.
    Variants of Taiwan alone, such as 著 for 着, are not touched, and nothing else is normalised.

    TypeError if ``text`` is not a str; ValueError if it holds half a surrogate pair.

    Source: OpenCC, configuration t2s; its dictionaries are read once, when first needed.

    >>> from seq2seq_tutor.text import to_simplified
    >>> to_simplified("頭髮、發展，PyTorch")
    '头发、发展，PyTorch'
    """
    check_text("text", text)
    simplified: str = _opencc().convert(text)
    return simplified


@once
def _opencc() -> Any:
    """Load OpenCC's dictionaries."""
    from opencc import OpenCC

    return OpenCC("t2s")
