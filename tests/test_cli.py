"""The command line, from pairs to scores, and the README's quickstart as it is printed."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from seq2seq_tutor.cli import main
from seq2seq_tutor.data import date_pairs, read_pairs, write_pairs
from seq2seq_tutor.decoding import Translator
from seq2seq_tutor.training import evaluate, load_checkpoint

ROOT = Path(__file__).parent.parent
SMALL = "--embed-size 16 --hidden-size 16 --batch-size 16 --min-freq 1".split()
CHARACTERS = "--source-tokenizer char --target-tokenizer char".split()


@pytest.fixture(autouse=True)
def torch_as_it_was():
    """Put back what training from the command line sets for its whole process."""
    yield
    torch.set_float32_matmul_precision("highest")
    torch.set_flush_denormal(False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Make a folder with two hundred dates, forty more, and a small model of them."""
    folder = tmp_path_factory.mktemp("cli")
    pairs = date_pairs(240, generator=torch.Generator().manual_seed(0))
    write_pairs(pairs[:200], folder / "train.tsv")
    write_pairs(pairs[200:], folder / "test.tsv")
    (folder / "train.src").write_text("".join(f"{p.src}\n" for p in pairs[:200]), encoding="utf-8")
    (folder / "train.tgt").write_text("".join(f"{p.tgt}\n" for p in pairs[:200]), encoding="utf-8")
    assert train(folder, "model", "--epochs", "2") == 0
    return folder


def train(folder, out, *options, pairs=("train.tsv",), tokenizers=CHARACTERS):
    files = [str(folder / name) for name in pairs]
    return main(["train", *files, "--out", str(folder / out), *SMALL, *tokenizers, *options])


def program(*arguments):
    code = "import sys; from seq2seq_tutor.cli import main; sys.exit(main())"
    return [sys.executable, "-c", code, *map(str, arguments)]


@pytest.fixture
def run(capsys, monkeypatch):
    """Run the program here with a text as its standard input; give status, output and errors."""

    def run(*arguments, text=""):
        capsys.readouterr()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        status = main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run


def test_train_says_what_it_did_and_saves_model_languages_and_training(folder, capsys):
    assert train(folder, "told", "--epochs", "1", "--valid", str(folder / "test.tsv")) == 0
    out, err = capsys.readouterr()
    assert "200 pairs to train on, 40 to validate on (0 of these seen)" in out
    assert "epoch 1: validation perplexity" in out
    assert "epoch 1" in err
    checkpoint = load_checkpoint(folder / "told")
    assert checkpoint.training.finished
    assert f"source: {checkpoint.source.tokenizer}, {len(checkpoint.source.vocab)} tokens" in out
    assert f"{sum(p.numel() for p in checkpoint.model.parameters())} parameters, on" in out


def test_a_tenth_is_held_out_where_no_validation_pairs_are_given(folder, capsys):
    train(folder, "held_out", "--epochs", "0")
    assert "180 pairs to train on, 20 to validate on (0 of these seen)" in capsys.readouterr().out


def test_seen_validation_sources_are_counted(folder, capsys):
    train(folder, "seen", "--epochs", "0", "--valid", str(folder / "train.tsv"))
    assert "200 to validate on (200 of these seen)" in capsys.readouterr().out


def test_two_files_line_by_line_are_the_same_as_one_table(folder):
    train(folder, "two", "--epochs", "2", pairs=("train.src", "train.tgt"))
    ours, theirs = (load_checkpoint(folder / name) for name in ("two", "model"))
    assert ours.source == theirs.source
    for mine, other in zip(ours.model.parameters(), theirs.model.parameters(), strict=True):
        assert torch.equal(mine, other)


@pytest.mark.parametrize(
    ("source", "target", "names"),
    [
        ("我喜欢音乐。", "I like music.", ("CharTokenizer", "WordTokenizer")),
        ("I like music.", "我喜欢音乐。", ("WordTokenizer", "CharTokenizer")),
    ],
)
def test_auto_reads_chinese_by_characters_and_the_rest_by_words(tmp_path, source, target, names):
    write_pairs([(f"{source}{n}", f"{target}{n}") for n in range(20)], tmp_path / "pairs.tsv")
    train(tmp_path, "model", "--epochs", "0", pairs=("pairs.tsv",), tokenizers=())
    checkpoint = load_checkpoint(tmp_path / "model")
    found = (type(checkpoint.source.tokenizer), type(checkpoint.target.tokenizer))
    assert tuple(cls.__name__ for cls in found) == names


@pytest.mark.parametrize(
    ("attention", "cell"),
    [
        ("dot", "gru"),
        ("general", "rnn"),
        ("additive", "gru"),
        ("bahdanau", "lstm"),
        ("none", "gru"),
    ],
)
def test_every_kind_of_model_trains_and_translates(folder, run, attention, cell):
    options = ["--attention", attention, "--cell", cell, "--num-layers", "2", "--epochs", "0"]
    assert train(folder, attention, *options) == 0
    status, out, _ = run("translate", folder / attention, "--json", text="2024年3月5日\n")
    assert status == 0
    assert (json.loads(out)[0]["weights"] is None) == (attention == "none")
    model = load_checkpoint(folder / attention).model
    assert (model.decoder.cell, model.decoder.num_layers) == (cell, 2)


def test_the_same_command_again_goes_on_and_another_is_refused(folder, capsys):
    capsys.readouterr()
    before = {path: path.read_bytes() for path in (folder / "model").iterdir()}
    assert train(folder, "model", "--epochs", "2") == 0
    assert train(folder, "model", "--epochs", "3") == 1
    assert "another config" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in (folder / "model").iterdir()} == before


def test_ctrl_c_says_how_to_go_on_and_the_same_command_does(folder, tmp_path):
    command = program(
        "train", folder / "train.tsv", "--out", tmp_path / "m", *SMALL, *CHARACTERS, "--epochs", 400
    )
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.05)
        if (tmp_path / "m" / "checkpoint.json").exists() and load_epoch(tmp_path / "m") >= 2:
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "training was interrupted after" in err
    assert "the same command goes on" in err
    assert "Traceback" not in err
    assert 2 <= load_epoch(tmp_path / "m") < 400


def load_epoch(folder):
    text = (folder / "checkpoint.json").read_text(encoding="utf-8")
    return json.loads(text)["training"]["epoch"]


def test_translates_lines_one_to_one_also_empty_ones(folder, run):
    text = "2024年3月5日\n\n   \r\nMarch 5, 2024"
    status, out, err = run("translate", folder / "model", text=text)
    assert (status, err) == (0, "")
    lines = out.split("\n")
    assert len(lines) == 5
    assert lines[1:3] == ["", ""]
    translations = Translator.load(folder / "model").translate(["2024年3月5日", "March 5, 2024"])
    assert [lines[0], lines[3]] == [each.text for each in translations]


def test_many_lines_go_through_in_chunks(folder, run):
    sentences = [pair.src for pair in read_pairs(folder / "train.tsv")] * 2
    _, out, _ = run("translate", folder / "model", "--beam-size", 1, text="\n".join(sentences))
    assert len(out.splitlines()) == len(sentences) == 400
    assert out.splitlines()[:200] == out.splitlines()[200:]


def test_n_best_gives_number_score_and_text(folder, run):
    _, out, _ = run("translate", folder / "model", "--n-best", 3, text="5.3.2024\n6.3.2024\n")
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[0] for row in rows] == ["1"] * 3 + ["2"] * 3
    best = Translator.load(folder / "model").translate(["5.3.2024"], n_best=3)[0]
    expected = [(each.log_prob, each.text) for each in (best, *best.alternatives)]
    assert [row[2] for row in rows[:3]] == [text for _, text in expected]
    assert [float(row[1]) for row in rows[:3]] == pytest.approx([p for p, _ in expected], abs=1e-3)


def test_json_holds_tokens_and_attention(folder, run):
    _, out, _ = run("translate", folder / "model", "--json", "--n-best", 2, text="5.3.2024\n\n")
    full, empty = map(json.loads, out.splitlines())
    assert len(full) == 2
    for each in full:
        assert each["source_tokens"] == [*"5.3.2024", "<eos>"]
        assert len(each["weights"]) == len(each["target_tokens"])
        assert all(sum(row) == pytest.approx(1, abs=1e-4) for row in each["weights"])
    assert empty[0]["text"] == ""
    assert empty[0]["weights"] is None


def test_attention_is_written_as_tables(folder, run, tmp_path):
    page = tmp_path / "attention.html"
    status, *_ = run("translate", folder / "model", "--attention", page, text="5.3.2024\n<b>\n")
    assert status == 0
    html = page.read_text(encoding="utf-8")
    assert html.count("<table") == 2
    assert "<b>" not in html


def test_attention_of_a_model_without_any_is_an_error(folder, run, tmp_path):
    train(folder, "blind", "--attention", "none", "--epochs", "0")
    page = tmp_path / "attention.html"
    status, _, err = run("translate", folder / "blind", "--attention", page, text="5.3.2024\n")
    assert status == 1
    assert "no attention" in err
    assert not page.exists()


def test_the_installed_program_is_this_one(folder):
    done = subprocess.run(
        [Path(sys.executable).parent / "seq2seq-tutor", "translate", folder / "model"],
        input="2024年3月5日\n",
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1


def test_evaluate_gives_sacrebleus_scores_and_the_perplexity(folder, capsys):
    capsys.readouterr()
    assert main(["evaluate", str(folder / "model"), str(folder / "test.tsv")]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^40 sentences, \d+ translations cut off$", out, re.MULTILINE)
    assert re.search(r"^BLEU +\d+\.\d\d  nrefs:1.*tok:13a.*version:", out, re.MULTILINE)
    assert re.search(r"^chrF +\d+\.\d\d  nrefs:1.*nc:6", out, re.MULTILINE)
    translator = Translator.load(folder / "model")
    pairs = [
        (translator.source.encode(src), translator.target.encode(tgt))
        for src, tgt in read_pairs(folder / "test.tsv")
    ]
    nll, tokens = evaluate(translator.model, pairs)
    shown = re.search(r"^perplexity (\S+) ", out, re.MULTILINE)
    assert float(shown[1]) == pytest.approx(torch.tensor(nll / tokens).exp().item(), rel=1e-2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["translate", "nowhere"], "there is no checkpoint in nowhere"),
        (["evaluate", "{model}", "nowhere.tsv"], "nowhere.tsv"),
        (["evaluate", "{model}", "a", "b", "c"], "in one file or in two, got 3"),
        (["translate", "{model}", "nowhere.txt"], "nowhere.txt"),
        (["translate", "{model}", "{gbk}"], "line 2 is not UTF-8"),
        (["translate", "{model}", "{tsv}", "--n-best", "9"], "n_best must be at most 5"),
        (["train", "nowhere.tsv", "--out", "m"], "nowhere.tsv"),
        (["train", "{tsv}", "--out", "{tsv}", "--min-freq", "1"], "train.tsv"),
        (
            ["train", "{tsv}", "--out", "m", "--min-freq", "1", "--hidden-size", "7"],
            "--hidden-size must be even",
        ),
        (
            ["train", "{tsv}", "--out", "m", "--min-freq", "1", "--dropout", "1.5"],
            "dropout must be below 1",
        ),
        (["train", "{tsv}", "--out", "m", "--epochs", "-1"], "epochs must be at least 0"),
        (["train", "{tsv}", "--out", "m", "--min-freq", "99999"], "lower min_freq"),
        (["data", "get", "nothing"], "must be one of hsk"),
        (["data", "verify", "nothing"], "must be one of hsk"),
    ],
)
def test_errors_are_one_line_and_status_1(
    folder, tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gbk.txt").write_bytes("1.1.2000\n年\n".encode("gb18030"))
    places = {"model": folder / "model", "tsv": folder / "train.tsv", "gbk": tmp_path / "gbk.txt"}
    assert main([argument.format(**places) for argument in arguments]) == 1
    err = capsys.readouterr().err
    assert err.startswith("seq2seq-tutor: ")
    assert message in err
    assert "Traceback" not in err


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_cuda_without_a_gpu_is_an_error(folder, capsys):
    assert train(folder, "gpu", "--device", "cuda") == 1
    assert "torch sees no GPU" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["gpu", "cpu:x", ""])
def test_a_device_that_torch_does_not_know_is_an_error(folder, capsys, name):
    assert train(folder, "nowhere", "--device", name) == 1
    err = capsys.readouterr().err
    assert f"--device {name}: torch can't use it here; give cpu, cuda or auto" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_a_device_that_is_there_is_used(folder, capsys, device):
    assert train(folder, f"on_{device}", "--device", device, "--epochs", "0") == 0
    there = "cuda" if device == "auto" and torch.cuda.is_available() else "cpu"
    assert f"parameters, on {there}" in capsys.readouterr().out


def test_a_gpu_that_is_too_small_is_an_error_that_names_the_batch(folder, capsys, monkeypatch):
    def full(*arguments, **options):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 8 GiB.")

    monkeypatch.setattr("seq2seq_tutor.training.run.masked_cross_entropy", full)
    assert train(folder, "full", "--epochs", "1") == 1
    err = capsys.readouterr().err
    assert "the GPU has no memory left for a batch of 16 sentences" in err
    assert "lower batch_size" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("arguments", [[], ["train"], ["data"], ["nonsense"]])
def test_wrong_usage_is_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_reader_that_stops_is_no_error_with_a_traceback(folder):
    command = program("translate", folder / "model", folder / "many.txt", "--beam-size", 1)
    (folder / "many.txt").write_text("1.1.2000\n" * 600, encoding="utf-8")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.readline()
    process.stdout.close()
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait(timeout=60)


def test_data_list_names_licences_and_sizes(capsys):
    assert main(["data", "list"]) == 0
    out = capsys.readouterr().out
    assert "CC BY-SA 4.0" in out
    assert re.search(r"^fra-eng: ", out, re.MULTILINE)
    assert "3.4 MB to download" in out


def test_data_get_writes_pairs_that_do_not_overlap(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SEQ2SEQ_TUTOR_DATA", str(tmp_path))  # main sets it; put back
    assert main(["data", "get", "hsk", "--to", str(tmp_path)]) == 0
    sets = {
        name: read_pairs(tmp_path / "hsk" / f"{name}.tsv") for name in ("train", "valid", "test")
    }
    out = capsys.readouterr().out
    assert all(f"{name}: {len(pairs)}" in out for name, pairs in sets.items())
    for side in (0, 1):
        sentences = [{pair[side] for pair in pairs} for pairs in sets.values()]
        assert sum(map(len, sentences)) == len(set.union(*sentences))
    everything = {pair.tgt for pairs in sets.values() for pair in pairs}
    assert not everything & {"placeholder", "PH"}


def quickstart():
    """Return the lines of the README's quickstart."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"## Quickstart\n.*?```bash\n(.*?)```", text, re.DOTALL)
    return block[1].splitlines()


def test_the_readmes_quickstart_runs_as_printed(tmp_path):
    lines = quickstart()
    assert len(lines) == 5
    scripts = Path(sys.executable).parent
    done = subprocess.run(
        ["/bin/bash", "-e", "-o", "pipefail", "-c", "\n".join(lines[1:])],  # line 1 installs it
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert lines[0].startswith("pip install .")
    assert (tmp_path / "model" / "checkpoint.json").exists()
    assert "BLEU" in done.stdout
