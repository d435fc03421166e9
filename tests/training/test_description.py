import inspect
import json

import numpy as np
import pytest
import torch

from seq2seq_tutor.models import (
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
from seq2seq_tutor.text import (
    CharTokenizer,
    JiebaTokenizer,
    Language,
    SubwordTokenizer,
    Vocab,
    WordTokenizer,
)
from seq2seq_tutor.training.description import _CLASSES, describe, rebuild

NETWORK = {"num_layers": 2, "cell": "lstm", "dropout": 0.25}
SIZES = {"vocab_size": 9, "embed_size": 3, "hidden_size": 4} | NETWORK
VOCAB = {"tokens": ("<pad>", "<bos>", "<eos>", "<unk>", "茶", '"\\', "\x00")}

# Every class with every argument, none of them the default.
EXAMPLES = [
    (AdditiveAttention, {"query_size": 4, "memory_size": 8, "hidden_size": 5}),
    (BahdanauDecoder, SIZES | {"memory_size": 8, "attention_size": 5}),
    (CharTokenizer, {"form": "NFKC"}),
    (Decoder, SIZES | {"context": "every_step", "memory_size": 8}),
    (DotAttention, {}),
    (Encoder, SIZES | {"bidirectional": True, "summary": "mean"}),
    (GeneralAttention, {"query_size": 4, "memory_size": 8}),
    (JiebaTokenizer, {"hmm": False, "form": "NFKC"}),
    (Language, {"tokenizer": WordTokenizer("NFKC"), "vocab": Vocab(VOCAB["tokens"])}),
    (LanguageModel, SIZES),
    (
        LuongDecoder,
        SIZES | {"memory_size": 8, "attention": AdditiveAttention(4, 8, 5), "input_feeding": True},
    ),
    (
        Seq2Seq,
        {
            "encoder": Encoder(**SIZES, bidirectional=True),
            "decoder": LuongDecoder(**SIZES, memory_size=8, attention=GeneralAttention(4, 8)),
        },
    ),
    (SubwordTokenizer, {"merges": (("学", "生"), ("大", "学生")), "form": "NFKC"}),
    (Vocab, VOCAB),
    (WordTokenizer, {"form": "NFKC"}),
]
IDS = [cls.__name__ for cls, _ in EXAMPLES]


def test_every_class_has_its_example_with_every_argument():
    assert {cls.__name__: cls for cls, _ in EXAMPLES} == _CLASSES
    for cls, arguments in EXAMPLES:
        parameters = {} if cls is DotAttention else inspect.signature(cls).parameters
        assert set(parameters) == set(arguments)
        for name, parameter in parameters.items():
            assert (
                parameter.default is inspect.Parameter.empty or parameter.default != arguments[name]
            )


@pytest.mark.parametrize(("cls", "arguments"), EXAMPLES, ids=IDS)
def test_every_argument_is_written_down(cls, arguments):
    description = describe(cls(**arguments))
    assert description.pop("type") == cls.__name__
    assert description == {name: describe(value) for name, value in arguments.items()}


@pytest.mark.parametrize(("cls", "arguments"), EXAMPLES, ids=IDS)
def test_a_round_trip_by_json(cls, arguments):
    description = describe(cls(**arguments))
    made = rebuild(json.loads(json.dumps(description)))
    assert type(made) is cls
    assert describe(made) == description
    if issubclass(cls, torch.nn.Module):
        shapes = [
            {name: p.shape for name, p in module.named_parameters()}
            for module in (made, cls(**arguments))
        ]
        assert shapes[0] == shapes[1]
    else:
        assert made == cls(**arguments)


@pytest.mark.parametrize(
    "value",
    [
        Decoder(9, 3, 4),
        Decoder(9, 3, 4, memory_size=7),  # which form 1 has no use for
        LuongDecoder(9, 3, 4),
        LuongDecoder(9, 3, 4, attention=DotAttention()),
        BahdanauDecoder(9, 3, 4),
        Encoder(9, 3, 4),
    ],
    ids=lambda value: type(value).__name__,
)
def test_defaults_survive_a_round_trip(value):
    assert describe(rebuild(describe(value))) == describe(value)


@pytest.mark.parametrize("size", [np.int64(9), torch.tensor(9)], ids=["numpy", "torch"])
def test_integers_of_other_kinds_become_json(size):
    written = json.dumps(describe(Encoder(size, 3, 4)))
    assert json.loads(written)["vocab_size"] == 9


class Shouting(CharTokenizer):
    """A tokenizer that this package could not make again."""


@pytest.mark.parametrize(
    "value",
    [
        Shouting(),
        Language(Shouting(), Vocab(VOCAB["tokens"])),
        torch.nn.Linear(2, 2),
        object(),
        len,
    ],
    ids=["subclass", "part", "module", "object", "function"],
)
def test_refuses_what_it_could_not_make_again(value):
    with pytest.raises(TypeError, match=r"a \w+ can't be written to a checkpoint; it may hold Add"):
        describe(value)


@pytest.mark.parametrize(
    ("description", "message"),
    [
        ({}, "there is no None to make; there are Add"),
        ({"type": "Linear", "in_features": 2, "out_features": 2}, "there is no 'Linear'"),
        ({"type": "os.system", "command": "true"}, "there is no 'os.system'"),
        ({"type": "__import__", "name": "os"}, "there is no '__import__'"),
        ({"type": ["Vocab"]}, r"there is no \['Vocab'\]"),
        ({"type": {"type": "CharTokenizer"}}, "there is no CharTokenizer"),
        ({"type": "CharTokenizer", "colour": "red"}, "a CharTokenizer can't be made of this"),
        ({"type": "Vocab"}, "a Vocab can't be made of this"),
        ({"type": "Vocab", "tokens": ["a"]}, "a vocabulary begins with"),
        ({"type": "SubwordTokenizer", "merges": 1}, "a SubwordTokenizer can't be made of this"),
        ({"type": "SubwordTokenizer", "merges": [["a", "bc"]]}, "'bc' is neither one character"),
        ({"type": "Encoder", "vocab_size": "9"}, "an? Encoder can't be made of this"),
        ({"type": "GeneralAttention", "query_size": 4.0, "memory_size": 8}, "must be an int"),
        ({"type": "Seq2Seq", "encoder": 1, "decoder": 2}, "a Seq2Seq can't be made of this"),
    ],
)
def test_rebuild_refuses(description, message):
    with pytest.raises(ValueError, match=message):
        rebuild(description)
