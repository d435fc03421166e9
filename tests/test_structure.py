"""The shape of the package: imports go one way, nothing heavy early, public names explained."""

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from typing import get_origin

import pytest

import seq2seq_tutor

PACKAGE = Path(seq2seq_tutor.__file__).parent
ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))

# What each room may import of the others. decoding knows no network, and of the vocabulary the
# special ids: translator.py alone joins the two ends.
MAY_IMPORT = {
    "text": set(),
    "data": {"text"},
    "models": {"text", "data"},
    "training": {"text", "data", "models", "metrics"},
    "decoding": {"text.vocab"},
    "decoding.translator": {"text", "data", "models", "training"},
    "metrics": {"text", "data", "decoding"},
    "figures": {"text", "data", "decoding", "metrics"},
    "results": set(),
    "exercises": {"text", "data", "models", "training", "decoding", "metrics", "figures"},
}
FOR_EVERYONE = {"_checks", "_files", "__version__"}
SPECIAL_IDS = {"PAD", "BOS", "EOS", "UNK"}

FIXED_NAMES = {
    "text": "PAD BOS EOS UNK Vocab WordTokenizer CharTokenizer JiebaTokenizer SubwordTokenizer "
    "Language",
    "data": "SentencePair Batch collate batches load DATASETS",
    "models": "RNNCell GRUCell LSTMCell Encoder EncoderOutput DotAttention GeneralAttention "
    "AdditiveAttention Decoder LuongDecoder BahdanauDecoder DecoderState DecoderOutput StepOutput "
    "Seq2Seq LanguageModel",
    "training": "masked_cross_entropy clip_gradients TrainConfig fit save_checkpoint "
    "load_checkpoint",
    "decoding": "Hypothesis greedy_search sample beam_search exhaustive_search Translator "
    "Translation",
    "metrics": "perplexity corpus_bleu sentence_bleu paired_bootstrap",
    "exercises": "check",
}


def module_name(path):
    """Return 'text.vocab' for the file seq2seq_tutor/text/vocab.py."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def own_imports(importer, text):
    """Return (module within the package, imported name) for each of a module's own imports."""
    package = ["seq2seq_tutor", *importer.split(".")[:-1]]
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            source = ".".join([*base, node.module] if node.module else base)
            found += [(source, alias.name) for alias in node.names]
    root = "seq2seq_tutor"
    return [
        (source.removeprefix(root).removeprefix("."), name)
        for source, name in found
        if source.split(".")[0] == root
    ]


def is_allowed(importer, source, name):
    """Tell whether a module of a room may import a name from another module of the package."""
    room = importer.split(".")[0]
    source = source or name  # from .. import text
    if source.split(".")[0] in {room, *FOR_EVERYONE}:
        return True
    allowed = MAY_IMPORT.get(importer, MAY_IMPORT[room])
    if source == "text.vocab" and source in allowed:
        return name in SPECIAL_IDS
    return source.split(".")[0] in allowed


MODULES = [path for room in ROOMS for path in sorted((PACKAGE / room).rglob("*.py"))]


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_go_one_way(path):
    importer = module_name(path)
    found = own_imports(importer, path.read_text(encoding="utf-8"))
    wrong = [pair for pair in found if not is_allowed(importer, *pair)]
    assert not wrong, f"{importer} imports {wrong}; MAY_IMPORT says what it may"


def test_a_wrong_import_is_seen():
    text = (
        "import torch, seq2seq_tutor.data.batching\n"
        "from .. import models\n"
        "from ..models.decoder import StepOutput\n"
        "from ..text.vocab import PAD, Vocab\n"
        "from .hypothesis import Hypothesis\n"
    )
    verdicts = {
        pair: is_allowed("decoding.beam", *pair) for pair in own_imports("decoding.beam", text)
    }
    assert verdicts == {
        ("data.batching", ""): False,
        ("", "models"): False,
        ("models.decoder", "StepOutput"): False,
        ("text.vocab", "PAD"): True,
        ("text.vocab", "Vocab"): False,
        ("decoding.hypothesis", "Hypothesis"): True,
    }


def test_the_package_and_text_import_nothing_heavy():
    code = "import sys, seq2seq_tutor.text; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stderr == ""
    heavy = {"torch", "jieba", "matplotlib", "opencc", "sacrebleu", "tokenizers"}
    assert not heavy & set(done.stdout.split())


@pytest.mark.parametrize("room", FIXED_NAMES)
def test_fixed_names_are_importable_from_their_room(room):
    public = importlib.import_module(f"seq2seq_tutor.{room}")
    assert set(FIXED_NAMES[room].split()) <= set(public.__all__)
    assert all(hasattr(public, name) for name in public.__all__)


def public_objects():
    """Yield the classes and functions that the rooms export, protocols and types aside."""
    for room in ROOMS:
        module = importlib.import_module(f"seq2seq_tutor.{room}")
        for name in module.__all__:
            found = getattr(module, name)
            if get_origin(found) is None and (inspect.isclass(found) or inspect.isfunction(found)):
                yield pytest.param(found, id=f"{room}.{name}")


@pytest.mark.parametrize("found", list(public_objects()))
def test_a_public_name_is_explained_with_an_example(found):
    text = inspect.getdoc(found) or ""
    assert ">>>" in text, "its docstring has no example"


def test_the_citation_names_this_version():
    citation = (PACKAGE.parent / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {seq2seq_tutor.__version__}\n" in citation
