"""Scripts: which kind of letters a text is written in.

Chapter: text preprocessing.
"""

from collections.abc import Iterable

import regex

from .._checks import check_tokens

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
