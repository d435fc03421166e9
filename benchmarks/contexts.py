"""What the decoder gets of the source, and when: three summaries in two forms, five seeds each.

    .venv/bin/python benchmarks/contexts.py

writes seq2seq_tutor/results/contexts.json. Chapter: encoder-decoder, which trains one of the rows.
The sizes are chosen so that all models have nearly the same number of parameters.
"""

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from tqdm import tqdm

from provenance import begin, write_result
from seq2seq_tutor.data import SentencePair, batches, copy_pairs, date_pairs, reverse_pairs
from seq2seq_tutor.data.batching import IdPair
from seq2seq_tutor.decoding import Hypothesis, greedy_search
from seq2seq_tutor.models import Decoder, Encoder, Seq2Seq
from seq2seq_tutor.text import EOS, CharTokenizer, Language, Vocab
from seq2seq_tutor.training import TrainConfig, fit

SEEDS = range(5)
EMBED_SIZE, HIDDEN_SIZE = 32, 96  # of form 2 with the last state; the others are fitted to it
EPOCHS, LONGER = 5, 15
FORMS = {"form 1": "initial", "form 2": "every_step"}
SUMMARIES = ("last", "mapped", "mean")


class Task(NamedTuple):
    """Ids to train on, to validate on and, for each name, to test on."""

    source: Language
    target: Language
    train: list[IdPair]
    valid: list[IdPair]
    tests: dict[str, list[IdPair]]


def digits(make: Callable[..., list[SentencePair]]) -> Task:
    """Make the data of the page: strings of 3 to 6 digits, tested on 3 to 9."""
    generator = torch.Generator().manual_seed(1)
    pairs = make(10_000, generator=generator, min_len=3, max_len=6)
    language = Language(CharTokenizer(), Vocab.build([list("0123456789")]))
    tests = {
        str(n): [pair for pair in pairs[8_500:] if len(pair.src) == n] for n in range(3, 7)
    } | {str(n): make(500, generator=generator, min_len=n, max_len=n) for n in range(7, 10)}
    return prepare(language, language, pairs[:8_000], pairs[8_000:8_500], tests)


def dates(*, reverse: bool = False) -> Task:
    """Make the dates of the page, with more to test on; or with every source turned round."""
    pairs = date_pairs(12_000, generator=torch.Generator().manual_seed(2))
    if reverse:
        pairs = [SentencePair(pair.src[::-1], pair.tgt) for pair in pairs]
    characters = CharTokenizer()
    source, target = (
        Language(
            characters, Vocab.build(characters.tokenize(pair[side]) for pair in pairs[:10_000])
        )
        for side in (0, 1)
    )
    return prepare(source, target, pairs[:10_000], pairs[10_000:10_500], {"all": pairs[10_500:]})


def prepare(
    source: Language,
    target: Language,
    train: list[SentencePair],
    valid: list[SentencePair],
    tests: dict[str, list[SentencePair]],
) -> Task:
    """Turn text into ids."""

    def ids(pairs: list[SentencePair]) -> list[IdPair]:
        return [(source.encode(src), target.encode(tgt)) for src, tgt in pairs]

    return Task(
        source, target, ids(train), ids(valid), {name: ids(own) for name, own in tests.items()}
    )


def new_model(task: Task, form: str, summary: Any, hidden_size: int, seed: int) -> Seq2Seq:
    """Make the model of the page, from this seed."""
    torch.manual_seed(seed)
    encoder = Encoder(len(task.source.vocab), EMBED_SIZE, hidden_size, summary=summary)
    context: Any = FORMS[form]
    return Seq2Seq(
        encoder, Decoder(len(task.target.vocab), EMBED_SIZE, hidden_size, context=context)
    )


def parameters(model: Seq2Seq) -> int:
    """Count the numbers that are learned."""
    return sum(parameter.numel() for parameter in model.parameters())


def fitted_size(task: Task, form: str, summary: str) -> int:
    """Find the hidden size that brings the number of parameters nearest to the standard's."""
    wanted = parameters(new_model(task, "form 2", "last", HIDDEN_SIZE, 0))
    return min(
        range(64, 129),
        key=lambda size: abs(parameters(new_model(task, form, summary, size, 0)) - wanted),
    )


@torch.no_grad()
def share_right(model: Seq2Seq, pairs: list[IdPair]) -> float:
    """Measure how many targets greedy search writes without a mistake."""
    found: list[Hypothesis] = []
    for batch in batches(pairs, 256):
        found += greedy_search(model.step, model.start(batch.src, batch.src_lengths), max_len=25)
    right = sum(
        each.tokens == (*target, EOS) for each, (_, target) in zip(found, pairs, strict=True)
    )
    return right / len(pairs)


def main() -> None:
    """Train and test every row, and write what came out."""
    started = begin(__doc__)
    tasks = {
        "reverse": digits(reverse_pairs),
        "dates": dates(),
        "copy": digits(copy_pairs),
        "dates, source reversed": dates(reverse=True),
    }
    plan: list[tuple[str, str, str, int]] = [
        (name, form, summary, EPOCHS)
        for name in ("reverse", "dates")
        for form in FORMS
        for summary in SUMMARIES
    ]
    plan += [(name, form, "last", LONGER) for name in ("reverse", "dates") for form in FORMS]
    plan += [
        (name, "form 1", "last", epochs)
        for name, epochs in (
            ("dates, source reversed", EPOCHS),
            ("copy", EPOCHS),
            ("copy", LONGER),
        )
    ]
    sizes = {row: fitted_size(tasks[row[0]], row[1], row[2]) for row in plan}
    rows = []
    for row, seed in tqdm([(row, seed) for row in plan for seed in SEEDS]):
        name, form, summary, epochs = row
        task, hidden_size = tasks[name], sizes[row]
        model = new_model(task, form, summary, hidden_size, seed)
        config = TrainConfig(epochs=epochs, batch_size=64, lr=0.008, seed=seed)
        history = fit(model, task.train, task.valid, config)
        rows.append(
            {
                "task": name,
                "form": form,
                "summary": summary,
                "hidden_size": hidden_size,
                "parameters": parameters(model),
                "epochs": epochs,
                "seed": seed,
                "valid_perplexity": history.valid_perplexity[-1],
                "right": {length: share_right(model, own) for length, own in task.tests.items()},
            }
        )
    write_result(
        "contexts",
        {
            "data": {
                "name": "made by seq2seq_tutor.data: reverse_pairs, copy_pairs, date_pairs",
                "sha256": {
                    name: hashlib.sha256(
                        json.dumps([task.train, task.valid, task.tests]).encode()
                    ).hexdigest()
                    for name, task in tasks.items()
                },
            },
            "settings": {"batch_size": 64, "lr": 0.008, "embed_size": EMBED_SIZE},
            "rows": rows,
        },
        seconds=time.monotonic() - started,
        licence="MIT, as the package: numbers alone",
    )


if __name__ == "__main__":
    main()
