"""The command line: ``seq2seq-tutor data | train | translate | evaluate``.

Chapter: translation. From a file of sentence pairs to a model, its translations and its scores.
"""

import argparse
import itertools
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .data import SentencePair
    from .decoding import Translation
    from .models import Seq2Seq
    from .text import Tokenizer

_CHUNK = 256  # lines that are translated before the first of them is written


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; give its exit status: 0, 1 after an error, 2 for a wrong usage.

    >>> from seq2seq_tutor.cli import main
    >>> main(["translate", "nowhere"])
    1
    """
    options = _parser().parse_args(arguments)
    for stream in (sys.stdin, sys.stdout):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    try:
        options.run(options)
    except BrokenPipeError:  # whoever read our output has stopped, as head does
        sys.stderr.close()
        return 1
    except KeyboardInterrupt as error:
        hint = "; the same command goes on from the last whole epoch" if error.args else ""
        return _fail(f"{error or 'interrupted'}{hint}", 130)
    except (ArithmeticError, MemoryError, OSError, ValueError) as error:
        return _fail(str(error), 1)
    return 0


def _fail(message: str, status: int) -> int:
    """Say what went wrong."""
    print(f"seq2seq-tutor: {message}", file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    """Describe the commands and their options."""
    parser = argparse.ArgumentParser(
        prog="seq2seq-tutor",
        description="From a file of sentence pairs to a model, its translations and its scores.",
    )
    commands = parser.add_subparsers(required=True, metavar="data | train | translate | evaluate")

    data = commands.add_parser("data", help="list, download and verify data sets")
    actions = data.add_subparsers(required=True, metavar="list | get | verify")
    action = actions.add_parser("list", help="list the data sets, with licence and size")
    action.set_defaults(run=_list)
    action = actions.add_parser("get", help="download a data set, if it is not here, and verify it")
    action.add_argument("name")
    action.add_argument(
        "--to", metavar="FOLDER", help="put it into FOLDER/NAME too, with its pairs as TSV files"
    )
    action.set_defaults(run=_get)
    action = actions.add_parser("verify", help="say where data sets are and whether they are whole")
    action.add_argument("names", nargs="*", metavar="NAME")
    action.set_defaults(run=_verify)

    train = commands.add_parser(
        "train", help="train a model on sentence pairs", formatter_class=_Defaults
    )
    _add_pairs(train, "what to learn from")
    train.add_argument("--out", required=True, metavar="FOLDER", help="where the model goes")
    train.add_argument(
        "--valid", nargs="+", metavar="FILE", help="validation pairs; else a tenth of the others"
    )
    for side in ("source", "target"):
        train.add_argument(
            f"--{side}-tokenizer",
            choices=("auto", "char", "word", "jieba"),
            default="auto",
            help="auto: char if most letters are Chinese, else word",
        )
    train.add_argument("--min-freq", type=int, default=2, help="rarer tokens are unknown")
    train.add_argument(
        "--attention",
        choices=("dot", "general", "additive", "bahdanau", "none"),
        default="general",
        help="none hands over the last state alone",
    )
    train.add_argument("--cell", choices=("rnn", "gru", "lstm"), default="gru")
    train.add_argument("--embed-size", type=int, default=128)
    train.add_argument("--hidden-size", type=int, default=256, help="even: half each way")
    train.add_argument("--num-layers", type=int, default=1)
    train.add_argument("--dropout", type=float, default=0.3)
    train.add_argument("--epochs", type=int, default=20)
    train.add_argument("--batch-size", type=int, default=32)
    train.add_argument("--lr", type=float, default=3e-3, help="falls in a line to 0")
    train.add_argument("--label-smoothing", type=float, default=0.0)
    train.add_argument("--patience", type=int, help="stop after so many epochs without progress")
    train.add_argument("--seed", type=int, default=0)
    _add_device(train)
    train.set_defaults(run=_train)

    translate = commands.add_parser(
        "translate", help="translate lines of text", formatter_class=_Defaults
    )
    translate.add_argument("model", help="a model's folder, or the name of one that ships")
    translate.add_argument("file", nargs="?", help="one sentence a line; else standard input")
    _add_search(translate)
    translate.add_argument(
        "--n-best", type=int, default=1, help="above 1: line number, score and text of so many"
    )
    translate.add_argument(
        "--json", action="store_true", help="a JSON object a line, with tokens and attention"
    )
    translate.add_argument(
        "--attention", metavar="FILE", help="write attention tables to an HTML file"
    )
    translate.set_defaults(run=_translate)

    evaluate = commands.add_parser(
        "evaluate", help="score a model by sacreBLEU, chrF, perplexity", formatter_class=_Defaults
    )
    evaluate.add_argument("model", help="a model's folder, or the name of one that ships")
    _add_pairs(evaluate, "sentences and their references")
    _add_search(evaluate)
    evaluate.set_defaults(run=_evaluate)
    return parser


class _Defaults(argparse.ArgumentDefaultsHelpFormatter):
    """Show the default of an option that has one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        """Leave out a default of None."""
        return super()._get_help_string(action) if action.default is not None else action.help


def _add_pairs(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the argument that names a file of pairs."""
    parser.add_argument(
        "pairs",
        nargs="+",
        metavar="FILE",
        help=f"{what}: one file with source, tab, target on each line, or two files line by line",
    )


def _add_search(parser: argparse.ArgumentParser) -> None:
    """Add the options of the search."""
    parser.add_argument("--beam-size", type=int, default=5)
    parser.add_argument("--length-penalty", type=float, default=1.0)
    parser.add_argument("--max-len", type=int, help="target tokens, the end counted")
    _add_device(parser)


def _add_device(parser: argparse.ArgumentParser) -> None:
    """Add the choice of a device."""
    parser.add_argument(
        "--device", default="auto", help="cpu, cuda, or auto: a GPU if there is one"
    )


def _device(options: argparse.Namespace) -> str:
    """Give the device to use."""
    import torch

    there = torch.cuda.is_available()
    if options.device == "auto":
        return "cuda" if there else "cpu"
    if options.device.startswith("cuda") and not there:
        raise ValueError("--device cuda: torch sees no GPU here; leave the option out")
    try:
        torch.empty(0, device=options.device)
    except (NotImplementedError, RuntimeError) as error:
        raise ValueError(
            f"--device {options.device}: torch can't use it here; give cpu, cuda or auto"
        ) from error
    return str(options.device)


def _read(files: list[str]) -> "list[SentencePair]":
    """Read sentence pairs from one file or two."""
    from .data import read_pairs

    if len(files) > 2:
        raise ValueError(f"pairs are in one file or in two, got {len(files)}: {' '.join(files)}")
    return read_pairs(*files)


def _list(options: argparse.Namespace) -> None:
    """List the data sets."""
    from .data import DATASETS

    for dataset in DATASETS.values():
        size = sum(file.size for file in dataset.files) / 1e6
        print(f"{dataset.name}: {dataset.summary}")
        print(f"    {dataset.licence}; {f'{size:.1f} MB to download' if size else 'installed'}")
        print(f"    {dataset.attribution}")


def _get(options: argparse.Namespace) -> None:
    """Download a data set; with a folder, write its pairs there too."""
    from .data import SentencePair, fetch, load, write_pairs

    paths = fetch(options.name, options.to)
    if options.to is not None:
        os.environ["SEQ2SEQ_TUTOR_DATA"] = options.to  # for load, which looks there first
    splits = load(options.name)
    if isinstance(splits, list) and isinstance(splits[0], SentencePair):
        splits = _own_split(splits)
    if isinstance(splits, dict):
        for split, examples in splits.items():
            if options.to is not None and isinstance(examples[0], SentencePair):
                paths.append(Path(options.to, options.name, f"{split}.tsv"))
                paths[-1].parent.mkdir(parents=True, exist_ok=True)
                write_pairs(examples, paths[-1])
            print(f"{split}: {len(examples)}")
    for path in paths:
        print(path)


def _own_split(pairs: "list[SentencePair]") -> "dict[str, list[SentencePair]]":
    """Split a set that has no public split, always in the same way, without what is no pair."""
    import torch

    from .data import HSK_UNTRANSLATED, split_pairs

    pairs = [pair for pair in pairs if pair.tgt not in HSK_UNTRANSLATED]
    train, valid, test = split_pairs(pairs, valid=0.05, test=0.1, generator=torch.Generator())
    return {"train": train, "valid": valid, "test": test}


def _verify(options: argparse.Namespace) -> None:
    """Say where data sets are and whether they are whole."""
    from .data import DATASETS, verify

    wrong = 0
    for name in options.names or DATASETS:
        for file in verify(name):
            print(f"{name}/{file.name}: {file.problem or 'right'} {file.path or ''}".rstrip())
            wrong += file.path is not None and file.problem is not None
    if wrong:
        raise ValueError(f"{wrong} files are not what they should be")


def _train(options: argparse.Namespace) -> None:
    """Train a model on sentence pairs."""
    import torch

    from .data import split_pairs
    from .text import Language, Vocab
    from .training import TrainConfig, fit

    started, device = time.monotonic(), _device(options)
    config = TrainConfig(
        epochs=options.epochs,
        batch_size=options.batch_size,
        lr=options.lr,
        label_smoothing=options.label_smoothing,
        patience=options.patience,
        seed=options.seed,
    )
    pairs = _read(options.pairs)
    if options.valid is None:
        pairs, valid, _ = split_pairs(pairs, valid=0.1, test=0, generator=torch.Generator())
    else:
        valid = _read(options.valid)
    known = {pair.src for pair in pairs}
    seen = sum(pair.src in known for pair in valid)
    print(f"{len(pairs)} pairs to train on, {len(valid)} to validate on ({seen} of these seen)")
    # Both can make small networks faster on a CPU, and cost little precision.
    torch.set_float32_matmul_precision("medium")
    torch.set_flush_denormal(True)
    languages = []
    for side, name in enumerate(("source", "target")):
        texts = [pair[side] for pair in pairs]
        tokenizer = _tokenizer(getattr(options, f"{name}_tokenizer"), texts)
        vocab = Vocab.build(map(tokenizer.tokenize, texts), min_freq=options.min_freq)
        languages.append(Language(tokenizer, vocab))
        print(f"{name}: {tokenizer}, {len(vocab)} tokens")
    source, target = languages
    torch.manual_seed(options.seed)
    model = _model(options, len(source.vocab), len(target.vocab)).to(device)
    print(f"{sum(p.numel() for p in model.parameters())} parameters, on {device}")
    train, held_out = (
        [(source.encode(src), target.encode(tgt)) for src, tgt in part] for part in (pairs, valid)
    )
    history = fit(
        model,
        train,
        held_out,
        config,
        folder=options.out,
        languages=(source, target),
        progress=True,
    )
    for epoch, perplexity in enumerate(history.valid_perplexity, start=1):
        print(f"epoch {epoch}: validation perplexity {perplexity:.2f}")
    print(f"saved to {options.out} after {time.monotonic() - started:.0f} s")


def _tokenizer(name: str, texts: list[str]) -> "Tokenizer":
    """Give the tokenizer of that name; auto looks at the texts."""
    from .text import CharTokenizer, JiebaTokenizer, WordTokenizer, mostly_chinese

    if name == "char" or (name == "auto" and mostly_chinese(texts)):
        return CharTokenizer()
    return JiebaTokenizer() if name == "jieba" else WordTokenizer()


def _model(options: argparse.Namespace, source_size: int, target_size: int) -> "Seq2Seq":
    """Make the model that the options describe; the encoder reads both ways."""
    from .models import (
        AdditiveAttention,
        BahdanauDecoder,
        Decoder,
        DotAttention,
        Encoder,
        GeneralAttention,
        LuongDecoder,
        Seq2Seq,
    )

    size = options.hidden_size
    if size < 2 or size % 2:
        raise ValueError(f"--hidden-size must be even and at least 2, got {size}")
    layers = {
        "num_layers": options.num_layers,
        "cell": options.cell,
        "dropout": options.dropout,
    }
    encoder = Encoder(source_size, options.embed_size, size // 2, bidirectional=True, **layers)
    sizes = (target_size, options.embed_size, size)
    if options.attention == "none":
        return Seq2Seq(encoder, Decoder(*sizes, **layers))
    if options.attention == "bahdanau":
        return Seq2Seq(encoder, BahdanauDecoder(*sizes, **layers))
    attention: AdditiveAttention | DotAttention | GeneralAttention = GeneralAttention(size, size)
    if options.attention == "dot":
        attention = DotAttention()
    elif options.attention == "additive":
        attention = AdditiveAttention(size, size, size)
    return Seq2Seq(encoder, LuongDecoder(*sizes, attention=attention, **layers))


def _translate(options: argparse.Namespace) -> None:
    """Translate lines of text, a chunk at a time, and write each chunk when it is done."""
    from .decoding import Translator

    translator = Translator.load(options.model, device=_device(options))
    tables: list[Translation] = []
    number = 0
    for sentences in _sentences(options.file):
        translations = translator.translate(
            sentences,
            beam_size=options.beam_size,
            n_best=options.n_best,
            length_penalty=options.length_penalty,
            max_len=options.max_len,
        )
        for translation in translations:
            number += 1
            for line in _lines(translation, number, options):
                print(line)
        sys.stdout.flush()
        tables += translations
    if options.attention is not None:
        _write_tables(Path(options.attention), tables)


def _sentences(file: str | None) -> Iterator[list[str]]:
    """Give the lines of a file, or of standard input, in chunks; one by one at a terminal."""
    if file is None:
        size = 1 if sys.stdin.isatty() else _CHUNK
        lines = _decoded(sys.stdin.buffer, "standard input")
        while chunk := list(itertools.islice(lines, size)):
            yield chunk
        return
    with Path(file).open("rb") as stream:
        lines = _decoded(stream, file)
        while chunk := list(itertools.islice(lines, _CHUNK)):
            yield chunk


def _decoded(stream: Iterable[bytes], name: str) -> Iterator[str]:
    """Decode lines of UTF-8, or say which one is none."""
    for number, line in enumerate(stream, start=1):
        try:
            yield line.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise ValueError(f"{name}, line {number} is not UTF-8: {error}") from None


def _lines(translation: "Translation", number: int, options: argparse.Namespace) -> list[str]:
    """Write one translation as lines of output."""
    ranked = [translation, *translation.alternatives]
    if options.json:
        return [json.dumps([_as_json(each) for each in ranked], ensure_ascii=False)]
    if options.n_best == 1:
        return [translation.text]
    return [f"{number}\t{each.log_prob:.4f}\t{each.text}" for each in ranked]


def _as_json(translation: "Translation") -> dict[str, Any]:
    """Give a translation as JSON can hold it."""
    weights = translation.weights
    return {
        "text": translation.text,
        "log_prob": translation.log_prob,
        "finished": translation.finished,
        "source_tokens": translation.source_tokens,
        "target_tokens": translation.target_tokens,
        "weights": None if weights is None else weights.tolist(),
    }


def _write_tables(path: Path, translations: "list[Translation]") -> None:
    """Write the attention of each translation as a table of an HTML page."""
    from .figures import attention_table

    tables = [
        attention_table(
            each.weights.tolist(), each.source_tokens, each.target_tokens, caption=each.text
        )
        for each in translations
        if each.weights is not None
    ]
    if not tables:
        raise ValueError("there is no attention to write: the model has none, or nothing was read")
    body = "\n".join(table.html for table in tables)
    path.write_text(
        '<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n<title>Attention</title>\n'
        f"{body}\n</html>\n",
        encoding="utf-8",
    )


def _evaluate(options: argparse.Namespace) -> None:
    """Score a model on sentence pairs."""
    from .decoding import Translator
    from .metrics import perplexity, reported_scores
    from .training import evaluate

    translator = Translator.load(options.model, device=_device(options))
    pairs = _read(options.pairs)
    translations = translator.translate(
        [pair.src for pair in pairs],
        beam_size=options.beam_size,
        length_penalty=options.length_penalty,
        max_len=options.max_len,
    )
    encoded = [(translator.source.encode(src), translator.target.encode(tgt)) for src, tgt in pairs]
    nll, tokens = evaluate(translator.model, encoded)
    unfinished = sum(not each.finished for each in translations)
    print(f"{len(pairs)} sentences, {unfinished} translations cut off")
    print(reported_scores([each.text for each in translations], [pair.tgt for pair in pairs]))
    print(f"perplexity {perplexity(nll, tokens):.2f} a target token, unknown ones as one token")
