"""The package's beam search, many sentences at a time, beside the search chapter's own.

    .venv/bin/python benchmarks/beam.py

trains a translator on HSK for a few epochs, lets both translate the same test sentences with beam
5, from ids to hypotheses, in turns, and prints sentences a CPU second, the ratio, and whether the
hypotheses are the same. The chapter's ``beam_by_hand`` is taken out of its notebook. The package's
search of one sentence at a time is timed too, which tells what the batch alone gives.
"""

import argparse
import ast
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import nbformat
import torch

from hsk_zh_en import CONFIG, sets, train_one
from seq2seq_tutor.data import collate
from seq2seq_tutor.decoding import Hypothesis, beam_search
from seq2seq_tutor.models import Seq2Seq
from seq2seq_tutor.text import BOS, EOS, PAD

NOTEBOOK = Path(__file__).parent.parent / "book/seq2seq/search.ipynb"
BY_HAND = ("extend_by_hand", "beam_by_hand")
BEAM_SIZE, MAX_LEN, BATCH = 5, 40, 50
_SAME = 1e-4  # nats: sums of floats in another order differ by less

Sources: TypeAlias = list[list[int]]
NBests: TypeAlias = list[list[Hypothesis]]


def of_the_page() -> Callable[..., list[Hypothesis]]:
    """Give the page's ``beam_by_hand``, run from the source in its notebook."""
    sources = [
        cell.source
        for cell in nbformat.read(NOTEBOOK, as_version=4).cells
        if cell.cell_type == "code" and any(f"def {name}(" in cell.source for name in BY_HAND)
    ]
    functions: list[ast.stmt] = [
        node
        for source in sources
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name in BY_HAND
    ]
    if len(functions) != len(BY_HAND):
        raise LookupError(f"{NOTEBOOK.name} does not define {' and '.join(BY_HAND)}")
    names: dict[str, Any] = {
        "torch": torch,
        "BOS": BOS,
        "EOS": EOS,
        "PAD": PAD,
        "Hypothesis": Hypothesis,
    }
    code = compile(ast.Module(functions, []), str(NOTEBOOK), "exec")
    exec(code, names)  # noqa: S102
    found: Callable[..., list[Hypothesis]] = names["beam_by_hand"]
    return found


@torch.no_grad()
def by_package(model: Seq2Seq, sources: Sources, batch_size: int) -> NBests:
    """Search ``batch_size`` sentences at a time; keep what has finished."""
    found: NBests = []
    for at in range(0, len(sources), batch_size):
        batch = collate([(source, []) for source in sources[at : at + batch_size]])
        found += beam_search(
            model.step,
            model.start(batch.src, batch.src_lengths),
            beam_size=BEAM_SIZE,
            max_len=MAX_LEN,
            n_best=BEAM_SIZE,
        )
    return [[h for h in hypotheses if h.finished] for hypotheses in found]


@torch.no_grad()
def by_hand(search: Callable[..., list[Hypothesis]], model: Seq2Seq, sources: Sources) -> NBests:
    """Search one sentence after the other with the page's function."""
    found = []
    for source in sources:
        batch = collate([(source, [])])
        state = model.start(batch.src, batch.src_lengths)
        found.append(search(model.step, state, BEAM_SIZE, MAX_LEN))
    return found


def same(one: list[Hypothesis], other: list[Hypothesis]) -> bool:
    """Tell whether two n-best lists are the same, up to the order of floating-point sums."""
    return [h.tokens for h in one] == [h.tokens for h in other] and all(
        abs(a.log_prob - b.log_prob) < _SAME for a, b in zip(one, other, strict=True)
    )


def main() -> None:
    """Train, search in turns, and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=6)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    train, valid, test = sets()
    translator, _ = train_one(train, valid, 0, config=replace(CONFIG, epochs=options.epochs))
    model, search = translator.model, of_the_page()
    sources = [translator.source.encode(pair.src) for pair in test[: options.sentences]]
    ways: dict[str, Callable[[], NBests]] = {
        f"package, {BATCH} at a time": lambda: by_package(model, sources, BATCH),
        "package, one at a time": lambda: by_package(model, sources, 1),
        "page, one at a time": lambda: by_hand(search, model, sources),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    found: dict[str, NBests] = {}
    for _ in range(options.rounds):
        for name, way in ways.items():
            started = time.process_time()
            found[name] = way()
            seconds[name].append(time.process_time() - started)
    package, _, page = ways
    lines = [f"{len(sources)} sentences, {len(translator.target.vocab)} words, beam {BEAM_SIZE}"]
    for name in ways:
        per_second = len(sources) / statistics.median(seconds[name])
        ratio = statistics.median(seconds[page]) / statistics.median(seconds[name])
        equal = sum(map(same, found[name], found[page]))
        lines.append(
            f"{name:24} {per_second:7.1f} sentences/s   {ratio:5.1f} x the page   "
            f"{equal} of {len(sources)} n-best lists the same"
        )
    fast = [slow / quick for slow, quick in zip(seconds[page], seconds[package], strict=True)]
    lines.append(f"ratio by round: {', '.join(f'{ratio:.1f}' for ratio in fast)}\n")
    sys.stdout.write("\n".join(lines))


if __name__ == "__main__":
    main()
