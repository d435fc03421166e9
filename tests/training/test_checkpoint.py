import errno
import hashlib
import io
import json
import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import seq2seq_tutor
from seq2seq_tutor.models import (
    AdditiveAttention,
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
from seq2seq_tutor.training import (
    CheckpointError,
    History,
    TrainConfig,
    TrainingState,
    load_checkpoint,
    save_checkpoint,
)

from ..networks import CELLS, DECODERS, SRC_VOCAB, TGT_VOCAB, network, random_batch
from .small import DIGITS, LETTERS, contents, small_model

ROOT = Path(seq2seq_tutor.__file__).parents[1]
HISTORY = History([2.5, 1 / 3], [0.1, float("inf")], [1e-300], [float("inf")])


def state_of(seed=0):
    """Make the state of a training that never was."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {
        "adam.0.step": torch.tensor(3.0),
        "adam.0.exp_avg": torch.randn(2, 3, generator=generator, dtype=torch.float64),
        "random.cpu": generator.get_state(),
        "kept.x": torch.randn(4, 6, generator=generator).t(),  # not contiguous
    }
    return TrainingState(
        TrainConfig(epochs=7, lr=1 / 3, patience=2), HISTORY, 1, False, "some hash", tensors
    )


def logits_of(model):
    with torch.no_grad():
        return model(random_batch())


def saved(folder, **options):
    """Save a small model, and give it."""
    model = small_model(**options)
    save_checkpoint(model, folder, source=LETTERS, target=DIGITS, training=state_of())
    return model


def edit(folder, change):
    """Change what checkpoint.json says."""
    path = folder / "checkpoint.json"
    content = json.loads(path.read_bytes())
    change(content)
    path.write_text(json.dumps(content))


def put_tensors(folder, data):
    """Put other bytes in the place of the weights, under a name and a hash that fit them."""
    digest = hashlib.sha256(data).hexdigest()
    name = f"weights-{digest[:16]}.safetensors"
    (folder / name).write_bytes(data)
    edit(folder, lambda content: content.update(weights={"file": name, "sha256": digest}))


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("kind", DECODERS)
def test_logits_are_those_of_the_saved_model_bit_for_bit(tmp_path, kind, cell, bidirectional):
    options = {"cell": cell, "bidirectional": bidirectional, "num_layers": 2, "dropout": 0.25}
    model = network(kind, **options)
    save_checkpoint(model, tmp_path)
    again = load_checkpoint(tmp_path).model
    assert again is not model
    assert not any(module.training for module in again.modules())
    assert all(p.dtype == torch.float64 and p.requires_grad for p in again.parameters())
    assert torch.equal(logits_of(again), logits_of(model))
    assert again.train().decoder.dropout.p == 0.25


@pytest.mark.parametrize(
    "attention",
    [DotAttention(), GeneralAttention(6, 6), AdditiveAttention(6, 6, 3)],
    ids=lambda module: type(module).__name__,
)
def test_attention_modules_come_back(tmp_path, attention):
    model = Seq2Seq(
        Encoder(SRC_VOCAB, 5, 6), LuongDecoder(TGT_VOCAB, 4, 6, attention=attention)
    ).eval()
    save_checkpoint(model, tmp_path)
    again = load_checkpoint(tmp_path).model
    assert type(again.decoder.attention) is type(attention)
    assert torch.equal(logits_of(again), logits_of(model))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_dtype_comes_back(tmp_path, dtype):
    model = LanguageModel(10, 3, 4, cell="lstm", num_layers=2).to(dtype).eval()
    save_checkpoint(model, tmp_path)
    again = load_checkpoint(tmp_path)
    assert again.source is again.target is again.training is None
    weights = again.model.state_dict()
    assert list(weights) == list(model.state_dict())
    for name, weight in model.state_dict().items():
        assert weights[name].dtype == dtype
        assert torch.equal(weights[name], weight)
    ids = torch.tensor([[1, 5, 6]])
    assert torch.equal(again.model(ids).logits, model(ids).logits)


def test_a_loaded_model_learns_as_the_saved_one_would(tmp_path):
    model = network("luong", cell="lstm")
    save_checkpoint(model, tmp_path)
    again = load_checkpoint(tmp_path).model
    for one in (model, again):
        optimizer = torch.optim.Adam(one.parameters())
        one(random_batch()).square().mean().backward()
        optimizer.step()
    assert torch.equal(logits_of(again), logits_of(model))


@pytest.mark.parametrize(
    "tokenizer",
    [
        CharTokenizer("NFKC"),
        WordTokenizer(),
        WordTokenizer("NFKC"),
        JiebaTokenizer(),
        JiebaTokenizer(hmm=False),
        SubwordTokenizer([("学", "生"), ("大", "学生"), ('"', "\\")], form="NFKC"),
    ],
    ids=str,
)
def test_languages_come_back(tmp_path, tokenizer):
    vocab = Vocab.build([["茶", "👩‍👩‍👧", '"', "\\", "\n", "\u2028", "\x00", "é"]])
    language = Language(tokenizer, vocab)
    model = LanguageModel(len(vocab), 3, 4)
    save_checkpoint(model, tmp_path, target=language)
    found = load_checkpoint(tmp_path)
    assert found.target == language
    assert found.target.encode('大学生 茶"\\') == language.encode('大学生 茶"\\')
    assert found.source is None


def test_the_state_of_the_training_comes_back(tmp_path):
    state = state_of()
    save_checkpoint(small_model(), tmp_path, training=state)
    found = load_checkpoint(tmp_path).training
    assert found == state
    assert set(found.tensors) == set(state.tensors)
    for name, tensor in state.tensors.items():
        assert found.tensors[name].dtype == tensor.dtype
        assert torch.equal(found.tensors[name], tensor)


def test_a_config_of_numpys_numbers_can_be_saved(tmp_path):
    config = TrainConfig(epochs=np.int64(3), seed=torch.tensor(5), lr=np.float64(0.1))
    state = TrainingState(config, History(), 0, False, "")
    save_checkpoint(small_model(), tmp_path, training=state)
    assert load_checkpoint(tmp_path).training.config == TrainConfig(epochs=3, seed=5, lr=0.1)


def stored(folder):
    """Give the bytes that hold numbers in the file of the weights: its length less its header."""
    [path] = folder.glob("weights-*")
    data = path.read_bytes()
    return len(data) - 8 - int.from_bytes(data[:8], "little")


def tie_output(model):
    model.decoder.output.weight = model.decoder.embedding.table.weight
    return ("decoder.output.weight", "decoder.embedding.table.weight")


def tie_embeddings(model):
    model.decoder.embedding.table.weight = model.encoder.embedding.table.weight
    return ("encoder.embedding.table.weight", "decoder.embedding.table.weight")


def tie_modules(model):
    model.decoder.embedding = model.encoder.embedding
    return ("encoder.embedding.table.weight", "decoder.embedding.table.weight")


def tie_three(model):
    tie_embeddings(model)
    model.decoder.output.weight = model.encoder.embedding.table.weight
    return (
        "encoder.embedding.table.weight",
        "decoder.embedding.table.weight",
        "decoder.output.weight",
    )


@pytest.mark.parametrize("tie", [tie_output, tie_embeddings, tie_modules, tie_three])
def test_tied_tensors_are_stored_once_and_tied_again(tmp_path, tie):
    model = small_model()
    whole = sum(p.numel() for p in model.parameters())
    names = tie(model)
    numbers = sum(p.numel() for p in model.parameters())
    assert numbers == whole - (len(names) - 1) * 9 * 8
    save_checkpoint(model, tmp_path)
    assert stored(tmp_path) == 4 * numbers
    again = load_checkpoint(tmp_path).model
    first, *others = (again.get_parameter(name) for name in names)
    assert all(other is first for other in others)
    assert sum(p.numel() for p in again.parameters()) == numbers
    model.eval()
    assert torch.equal(logits_of(again), logits_of(model))
    for one in (model, again):
        one(random_batch()).square().mean().backward()
    assert torch.equal(first.grad, model.get_parameter(names[0]).grad)
    assert first.grad.abs().sum() > 0


def test_saving_and_loading_leave_the_random_state_alone(tmp_path):
    before = torch.get_rng_state()
    saved(tmp_path)
    load_checkpoint(tmp_path)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("training", [True, False])
def test_saving_leaves_the_model_alone(tmp_path, training):
    model = small_model().train(training)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    save_checkpoint(model, tmp_path)
    assert model.training is training
    assert all(torch.equal(before[name], weight) for name, weight in model.state_dict().items())


def test_a_loaded_model_does_not_read_its_file_again(tmp_path):
    saved(tmp_path)
    again = load_checkpoint(tmp_path).model
    before = {name: weight.clone() for name, weight in again.state_dict().items()}
    for path in tmp_path.iterdir():
        path.write_bytes(b"\xff" * path.stat().st_size)
    assert all(torch.equal(before[name], weight) for name, weight in again.state_dict().items())


def test_the_same_checkpoint_is_the_same_files(tmp_path):
    for name in ("a", "b"):
        saved(tmp_path / name)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_nothing_is_a_pickle(tmp_path, monkeypatch):
    monkeypatch.setattr(torch, "save", None)
    monkeypatch.setattr(torch, "load", None)
    saved(tmp_path)
    load_checkpoint(tmp_path)
    files = contents(tmp_path)
    assert len(files) == 3
    for name, data in files.items():
        assert not data.startswith((b"\x80", b"PK"))  # pickle, and the zip that torch.save writes
        with pytest.raises((pickle.UnpicklingError, EOFError, KeyError, ValueError, IndexError)):
            pickle.load(io.BytesIO(data))  # noqa: S301
        assert name.endswith((".json", ".safetensors"))


class Touch:
    """What a hostile pickle does."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_a_hostile_pickle_is_not_opened(tmp_path):
    saved(tmp_path)
    data = pickle.dumps(Touch(tmp_path / "executed"))
    put_tensors(tmp_path, data)
    with pytest.raises(CheckpointError, match="holds no safetensors"):
        load_checkpoint(tmp_path)
    (tmp_path / "checkpoint.json").write_bytes(data)
    with pytest.raises(CheckpointError, match="checkpoint.json is damaged or not ours"):
        load_checkpoint(tmp_path)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is damaged or not ours: Expecting value"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "is damaged or not ours"),
        (b"\x80\x04\x95", "is damaged or not ours"),
        (b"[" * 100_000, "is damaged or not ours"),
        (b"{}", "was not written by save_checkpoint"),
        (b"null", "was not written by save_checkpoint"),
        (b'["seq2seq-tutor checkpoint"]', "was not written by save_checkpoint"),
        (b'{"model_type": "marian"}', "was not written by save_checkpoint"),
    ],
    ids=["empty", "html", "pickle", "deep", "{}", "null", "list", "foreign"],
)
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path, data, reason):
    saved(tmp_path)
    (tmp_path / "checkpoint.json").write_bytes(data)
    with pytest.raises(CheckpointError, match=reason) as caught:
        load_checkpoint(tmp_path)
    assert str(tmp_path / "checkpoint.json") in str(caught.value)


def test_a_description_cut_off_anywhere_is_refused(tmp_path):
    saved(tmp_path)
    path = tmp_path / "checkpoint.json"
    data = path.read_bytes()
    for length in range(0, len(data), 97):
        path.write_bytes(data[:length])
        with pytest.raises(CheckpointError, match="checkpoint.json is damaged"):
            load_checkpoint(tmp_path)


def test_a_folder_that_is_not_there_empty_or_a_file(tmp_path):
    with pytest.raises(
        CheckpointError, match=r"there is no checkpoint in .*/no: .* no such folder"
    ):
        load_checkpoint(tmp_path / "no")
    with pytest.raises(CheckpointError, match="there is no checkpoint in .* in it$"):
        load_checkpoint(str(tmp_path))
    (tmp_path / "model.pt").write_bytes(b"PK")
    with pytest.raises(CheckpointError, match=r"model.pt is a file; a checkpoint is a folder with"):
        load_checkpoint(tmp_path / "model.pt")


@pytest.mark.parametrize("schema", [2, 0, None, "1"])
def test_another_schema_is_refused_with_what_to_do(tmp_path, schema):
    saved(tmp_path)
    edit(tmp_path, lambda content: content.update(schema=schema, version="9.1"))
    with pytest.raises(CheckpointError, match=r"written by version 9.1.*install the version"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize("kind", ["weights", "training"])
@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: None, "is missing, and checkpoint.json beside it needs it"),
        (lambda data: b"", r"is not what was saved \(0 bytes\)"),
        (lambda data: data[:-1], "is not what was saved .*cut off or changed"),
        (lambda data: data[: len(data) // 2], "is not what was saved"),
        (lambda data: data + b"\x00", "is not what was saved"),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "is not what was saved"),
        (lambda data: b"<html>" + b" " * (len(data) - 6), "is not what was saved"),
    ],
    ids=["missing", "empty", "a byte less", "half", "a byte more", "a bit", "html"],
)
def test_tensors_that_are_not_those_saved_are_refused(tmp_path, kind, damage, reason):
    saved(tmp_path)
    [path] = tmp_path.glob(f"{kind}-*")
    data = damage(path.read_bytes())
    if data is None:
        path.unlink()
    else:
        path.write_bytes(data)
    with pytest.raises(CheckpointError, match=reason) as caught:
        load_checkpoint(tmp_path)
    assert str(path) in str(caught.value)


HUGE = 2**63 - 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 64,
        (2**62).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"[]",
        (61).to_bytes(8, "little")
        + b'{"a":{"dtype":"F32","shape":[1000000000],"data_offsets":[0,4]}}'[:61],
    ],
    ids=["empty", "noise", "long header", "list", "lies"],
)
def test_hostile_tensors_under_a_right_hash_are_refused(tmp_path, data):
    saved(tmp_path)
    put_tensors(tmp_path, data)
    with pytest.raises(CheckpointError, match="holds no safetensors"):
        load_checkpoint(tmp_path)


def put(*keys, value):
    """Make a change to a description: ``value`` at a place."""

    def change(content):
        for key in keys[:-1]:
            content = content[key]
        content[keys[-1]] = value

    return change


def drop(*keys):
    """Make a change to a description: nothing at a place."""

    def change(content):
        for key in keys[:-1]:
            content = content[key]
        del content[keys[-1]]

    return change


DEEP = {"type": "LanguageModel", "vocab_size": 9, "embed_size": 2, "hidden_size": 2}


@pytest.mark.parametrize(
    "change",
    [
        drop("model"),
        drop("weights"),
        drop("tied"),
        drop("source"),
        drop("training"),
        drop("weights", "file"),
        drop("weights", "sha256"),
        drop("model", "type"),
        drop("model", "encoder"),
        drop("model", "encoder", "vocab_size"),
        drop("training", "config"),
        drop("training", "tensors"),
        put("model", value=None),
        put("model", value=[]),
        put("model", value={"type": "Vocab", "tokens": ["<pad>", "<bos>", "<eos>", "<unk>"]}),
        put("model", "type", value="Transformer"),
        put("model", "type", value="LanguageModel"),
        put("model", "decoder", "type", value="BahdanauDecoder"),
        put("model", "decoder", "type", value="os.system"),
        put("model", "decoder", "colour", value="red"),
        put("model", "decoder", "cell", value="lstm"),
        put("model", "encoder", "cell", value="gur"),
        put("model", "encoder", "vocab_size", value="9"),
        put("model", "encoder", "vocab_size", value=10),
        put("model", "encoder", "vocab_size", value=-9),
        put("model", "encoder", "vocab_size", value=HUGE),
        put("model", "encoder", "vocab_size", value=10**40),
        put("model", "encoder", "hidden_size", value=HUGE),
        put("model", "encoder", "hidden_size", value=10**12),
        put("model", "encoder", "num_layers", value=10**9),
        put("model", "decoder", "num_layers", value=10**40),
        put("model", "decoder", value=DEEP | {"num_layers": 10**9}),
        put("model", "decoder", "attention", value=DEEP | {"num_layers": 10**9}),
        put("tied", value=[]),
        put("tied", value={"decoder.output.weight": "nothing"}),
        put("tied", value={"nothing": "decoder.output.weight"}),
        put("tied", value={"__class__": "decoder.output.weight"}),
        put("weights", value="file"),
        put("weights", "file", value=None),
        put("weights", "sha256", value=None),
        put("source", value="English"),
        put("source", value={"type": "CharTokenizer", "form": "NFC"}),
        put("source", value=DEEP | {"vocab_size": 10**11, "num_layers": 1}),
        put("source", value=DEEP | {"num_layers": 10**9}),
        put("source", "vocab", "tokens", value=["<pad>", "<bos>", "<eos>", "<unk>", "a"]),
        put("source", "vocab", "tokens", value=["a"] * 9),
        put("source", "vocab", value=None),
        put("target", "vocab", "tokens", 5, value=5),
        put("training", value=[]),
        put("training", "epoch", value="one"),
        put("training", "epoch", value=-1),
        put("training", "config", value={"epochs": -1}),
        put("training", "config", "colour", value="red"),
        put("training", "history", value={"loss": 5}),
        put("training", "history", "loss", value=["a"]),
        put("training", "tensors", value={}),
    ],
)
def test_an_edited_description_is_refused_with_its_path(tmp_path, change):
    saved(tmp_path)
    edit(tmp_path, change)
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(tmp_path)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "../secret.safetensors",
        "/etc/passwd",
        "../weights-0123456789abcdef.safetensors",
        "sub/weights-0123456789abcdef.safetensors",
        "weights-0123456789abcdef.safetensors/../../secret",
        "weights-0123456789abcdef.safetensors\n",
        "weights-0123456789abcdef.safetensors.tmp-1",
        "checkpoint.json",
        "",
    ],
)
def test_a_file_elsewhere_is_never_opened(tmp_path, monkeypatch, name):
    folder = tmp_path / "model"
    saved(folder)
    (tmp_path / "secret.safetensors").write_bytes(b"secret")
    edit(folder, put("weights", "file", value=name))
    opened = []
    read = Path.read_bytes

    def spy(path):
        opened.append(path)
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", spy)
    with pytest.raises(CheckpointError, match="which is no file of a checkpoint"):
        load_checkpoint(folder)
    assert opened == [folder / "checkpoint.json"]


def test_old_files_go_and_strangers_stay(tmp_path):
    strangers = ["weights.safetensors", "notes.txt", "weights-abc.safetensors", "x.tmp-1"]
    for name in strangers:
        (tmp_path / name).write_text("mine")
    (tmp_path / "weights-0123456789abcdef").mkdir()
    for left in ("checkpoint.json.tmp-1", "training-0123456789abcdef.safetensors.tmp-77"):
        (tmp_path / left).write_text("left by a process that was killed")
    saved(tmp_path)
    first = set(contents_of_files(tmp_path))
    assert len(first - set(strangers)) == 3
    save_checkpoint(small_model(kind="luong"), tmp_path)
    second = set(contents_of_files(tmp_path))
    assert {name.partition("-")[0] for name in second - set(strangers)} == {
        "checkpoint.json",
        "weights",
    }
    assert first & second == {"checkpoint.json", *strangers}
    assert {(tmp_path / name).read_text() for name in strangers} == {"mine"}
    assert (tmp_path / "weights-0123456789abcdef").is_dir()


def contents_of_files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def failing(real, number, error, *, after):
    """Give a function that fails at its ``number``-th call, before or after the real one."""
    calls = []

    def call(*arguments, **options):
        calls.append(None)
        if len(calls) == number and not after:
            raise error
        result = real(*arguments, **options)
        if len(calls) == number:
            raise error
        return result

    return call


class Full(io.FileIO):
    """A file on a disk that is full after some bytes."""

    def write(self, data):
        super().write(bytes(data)[:100])
        raise OSError(errno.ENOSPC, "No space left on device")


ERRORS = [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), MemoryError()]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("where", ["os.fsync", "pathlib.Path.replace", "pathlib.Path.open"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_save_that_fails_leaves_one_whole_checkpoint_and_nothing_else(
    tmp_path, monkeypatch, where, number, error, after
):
    old = saved(tmp_path)
    before = contents(tmp_path)
    new = small_model(kind="luong")
    owner = os if where == "os.fsync" else Path
    name = where.rpartition(".")[2]
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, failing(getattr(owner, name), number, error, after=after))
        with pytest.raises(type(error)):
            save_checkpoint(new, tmp_path, training=state_of(seed=1))
    replaced = where.endswith("replace") and number == 3 and after
    found = load_checkpoint(tmp_path).model
    expected = new if replaced else old
    assert all(
        torch.equal(weight, expected.state_dict()[name])
        for name, weight in found.state_dict().items()
    )
    if not replaced:
        assert contents(tmp_path) == before
    assert not list(tmp_path.glob("*.tmp-*"))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_disk_that_fills_up_leaves_the_old_checkpoint(tmp_path, monkeypatch, number):
    saved(tmp_path)
    before = contents(tmp_path)
    real, calls = Path.open, []

    def full(path, mode="r", *arguments, **options):
        calls.append(mode)
        if calls.count("wb") == number and mode == "wb":
            return Full(path, "wb")
        return real(path, mode, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        with pytest.raises(OSError, match="No space left"):
            save_checkpoint(small_model(kind="luong"), tmp_path, training=state_of(seed=1))
    assert contents(tmp_path) == before


def test_a_first_save_that_fails_leaves_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", failing(os.fsync, 2, ERRORS[0], after=False))
    with pytest.raises(OSError, match="No space left"):
        saved(tmp_path / "new")
    assert not list((tmp_path / "new").iterdir())


def killed_while_saving(folder):
    """Save over a checkpoint in children that are killed at each step of the save in turn."""
    load_checkpoint(folder)  # imports what torch imports late: once, and not in each child
    for number in range(1, 7):
        child = os.fork()
        if child:
            _, status = os.waitpid(child, 0)
            assert os.WTERMSIG(status) == signal.SIGKILL
            load_checkpoint(folder)
            continue
        steps = []

        def die_at(real, number=number, steps=steps):
            def call(*arguments):
                steps.append(None)
                if len(steps) == number:
                    if isinstance(arguments[0], int):
                        os.ftruncate(arguments[0], os.fstat(arguments[0]).st_size // 2)
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*arguments)

            return call

        os.fsync, Path.replace = die_at(os.fsync), die_at(Path.replace)
        save_checkpoint(small_model(kind="luong"), folder, training=state_of(seed=1))
        os._exit(0)


def test_a_process_that_is_killed_while_it_saves_leaves_the_old_checkpoint(tmp_path):
    old = saved(tmp_path)
    before = contents(tmp_path)
    module = "tests.training.test_checkpoint"
    program = f"from {module} import *; killed_while_saving(Path({str(tmp_path)!r}))"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
    assert list(tmp_path.glob("*.tmp-*"))
    assert before.items() <= contents(tmp_path).items()
    assert torch.equal(
        load_checkpoint(tmp_path).model.decoder.output.weight, old.decoder.output.weight
    )
    saved(tmp_path)
    assert contents(tmp_path) == before


def test_a_folder_that_cannot_be_made_is_an_os_error(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FileExistsError):
        save_checkpoint(small_model(), tmp_path / "file")
    with pytest.raises(NotADirectoryError):
        save_checkpoint(small_model(), tmp_path / "file" / "below")
    assert (tmp_path / "file").read_text() == "mine"


class Changed(Decoder):
    """A decoder that this package could not make again."""


SIX = Language(CharTokenizer(), Vocab.build([list("ab")]))


@pytest.mark.parametrize(
    ("make", "options", "error", "message"),
    [
        (lambda: torch.nn.Linear(2, 2), {}, TypeError, "holds a Seq2Seq or LanguageModel, got Lin"),
        (lambda: None, {}, TypeError, "holds a Seq2Seq or LanguageModel, got NoneType"),
        (
            lambda: Seq2Seq(Encoder(9, 3, 4), Changed(9, 3, 4)),
            {},
            TypeError,
            "a Changed can't be written",
        ),
        (small_model, {"source": SIX}, ValueError, "source vocabulary has 6 .* vocab_size=9"),
        (small_model, {"target": SIX}, ValueError, "target vocabulary has 6 .* vocab_size=9"),
        (small_model, {"target": LETTERS.vocab}, TypeError, "target must be a Language, got Vocab"),
        (
            lambda: LanguageModel(9, 3, 4),
            {"source": LETTERS},
            ValueError,
            "a language model has no source",
        ),
        (lambda: LanguageModel(9, 3, 4), {"target": SIX}, ValueError, "target vocabulary has 6"),
    ],
)
def test_what_cannot_be_saved_is_refused_before_anything_is_written(
    tmp_path, make, options, error, message
):
    with pytest.raises(error, match=message):
        save_checkpoint(make(), tmp_path / "new", **options)
    assert not (tmp_path / "new").exists()


def wider(model):
    model.decoder.output = torch.nn.Linear(8, 10)


def barer(model):
    model.decoder.output = torch.nn.Linear(8, 9, bias=False)


def longer(model):
    model.extra = torch.nn.Linear(1, 1)


@pytest.mark.parametrize(
    ("change", "name"),
    [(wider, "decoder.output"), (barer, "decoder.output.bias"), (longer, "extra.bias")],
)
def test_a_model_that_could_not_be_loaded_is_not_saved(tmp_path, change, name):
    model = small_model()
    change(model)
    with pytest.raises(ValueError, match=f"parameter {name}.*save its state_dict instead"):
        save_checkpoint(model, tmp_path / "new")
    assert not (tmp_path / "new").exists()
