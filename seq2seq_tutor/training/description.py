"""Models, tokenizers and vocabularies as JSON: what they are made of, without their weights.

Every class here keeps each argument of its constructor in an attribute of the same name, and that
is all it takes to write one down and to make it again.
"""

import inspect
from typing import Any

from torch import nn

from .._checks import is_int
from ..models import (
    AdditiveAttention,
    BahdanauDecoder,
    Decoder,
    DotAttention,
    Encoder,
    GeneralAttention,
    LanguageModel,
    LuongDecoder,
    Seq2Seq,
)
from ..text import (
    CharTokenizer,
    JiebaTokenizer,
    Language,
    SubwordTokenizer,
    Vocab,
    WordTokenizer,
)

_CLASSES: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        AdditiveAttention,
        BahdanauDecoder,
        CharTokenizer,
        Decoder,
        DotAttention,
        Encoder,
        GeneralAttention,
        JiebaTokenizer,
        Language,
        LanguageModel,
        LuongDecoder,
        Seq2Seq,
        SubwordTokenizer,
        Vocab,
        WordTokenizer,
    )
}


def describe(value: Any) -> Any:
    """Write down what an object is made of, as JSON can hold it.

    TypeError if it is, or holds, something that this package could not make again.

    >>> from seq2seq_tutor.text import CharTokenizer
    >>> from seq2seq_tutor.training.description import describe
    >>> describe(CharTokenizer())
    {'type': 'CharTokenizer', 'form': 'NFC'}
    """
    cls = type(value)
    if _CLASSES.get(cls.__name__) is cls:
        # A module without a constructor of its own has nn.Module's, which takes *args, **kwargs.
        arguments = [] if cls.__init__ is nn.Module.__init__ else inspect.signature(cls).parameters
        return {"type": cls.__name__} | {name: describe(getattr(value, name)) for name in arguments}
    if isinstance(value, nn.Dropout):
        return value.p
    if isinstance(value, (tuple, list)):
        return [describe(item) for item in value]
    if value is None or isinstance(value, (bool, float, str)):
        return value
    if is_int(value):
        return int(value)  # numpy's and torch's too
    raise TypeError(
        f"a {cls.__name__} can't be written to a checkpoint; it may hold "
        f"{', '.join(sorted(_CLASSES))}"
    )


def rebuild(description: Any) -> Any:
    """Make an object again from what ``describe`` wrote; the weights of a network are new.

    ValueError if the description does not fit the classes of this package.

    >>> from seq2seq_tutor.training.description import rebuild
    >>> rebuild({"type": "CharTokenizer", "form": "NFC"})
    CharTokenizer(form='NFC')
    """
    if not isinstance(description, dict):
        return description
    arguments = {name: rebuild(value) for name, value in description.items()}
    name = arguments.pop("type", None)
    if not isinstance(name, str) or name not in _CLASSES:
        raise ValueError(f"there is no {name!r} to make; there are {', '.join(sorted(_CLASSES))}")
    try:
        return _CLASSES[name](**arguments)
    except (TypeError, AttributeError) as error:
        raise ValueError(f"a {name} can't be made of this: {error}") from None
