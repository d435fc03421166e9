"""Ways to train a decoder: what it is fed, what that does to its answers and after a wrong token.

    .venv/bin/python benchmarks/teacher_forcing.py

writes seq2seq_tutor/results/teacher_forcing.json. Chapter: teacher forcing, which trains two rows.
"""

import hashlib
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from provenance import begin, write_result
from seq2seq_tutor.data import Batch, SentencePair, collate, reverse_pairs, sort_pairs
from seq2seq_tutor.decoding import greedy_search
from seq2seq_tutor.metrics import perplexity
from seq2seq_tutor.models import Decoder, Encoder, Seq2Seq
from seq2seq_tutor.text import CharTokenizer, Language, Vocab
from seq2seq_tutor.training import TrainConfig, evaluate, fit, masked_cross_entropy

IdPairs = list[tuple[list[int], list[int]]]
TASKS: dict[str, Callable[..., list[SentencePair]]] = {"reverse": reverse_pairs, "sort": sort_pairs}
DIGITS = Language(CharTokenizer(), Vocab.build([list("0123456789")]))
FIRST_DIGIT = DIGITS.vocab.encode(["0"])[0]
CONFIG = TrainConfig(epochs=4, batch_size=64, lr=8e-3)
SHORT: dict[str, tuple[dict[str, Any], bool]] = {  # (what differs in the config, per sequence)
    "teacher forcing": ({}, False),
    "free running": ({"teacher_forcing": 0.0}, False),
    "half, per sequence": ({"teacher_forcing": 0.5}, True),
    "half, per step": ({"teacher_forcing": 0.5}, False),
    **{
        f"scheduled, {name}": (
            {"teacher_forcing_end": 0.1, "teacher_forcing_schedule": name},
            False,
        )
        for name in ("linear", "exponential", "inverse_sigmoid")
    },
}
LONG = ("teacher forcing", "free running", "scheduled, linear")  # these once more, on "reverse"
LONGER, LONGER_SEEDS = 4, (0, 1, 2)  # times the epochs
SEEDS = (0, 1, 2, 3, 4)
LENGTH = 8  # digits of the strings that get a wrong token
WRONG = 2  # the number of that token, counted from 1


class PerSequence(Seq2Seq):
    """A model for which one coin decides over a whole target."""

    def forward(
        self,
        batch: Batch,
        *,
        teacher_forcing: float | Tensor = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Draw one coin a row."""
        use_reference = teacher_forcing  # where it is fed, as evaluation says
        if not isinstance(use_reference, Tensor):
            coins = torch.rand(len(batch), 1, generator=generator) < use_reference
            use_reference = coins.expand_as(batch.tgt_in)
        logits: Tensor = super().forward(batch, teacher_forcing=use_reference)
        return logits


def sets(task: str) -> tuple[IdPairs, IdPairs, IdPairs]:
    """Give the pairs of the page: train, valid and test."""
    generator = torch.Generator().manual_seed(1)
    pairs = TASKS[task](11_000, generator=generator, min_len=5, max_len=LENGTH)
    ids = [(DIGITS.encode(src), DIGITS.encode(tgt)) for src, tgt in pairs]
    return ids[:8_000], ids[8_000:9_000], ids[9_000:]


def new_model(seed: int, kind: type[Seq2Seq] = Seq2Seq) -> Seq2Seq:
    """Make the model of the page."""
    torch.manual_seed(seed)
    size = len(DIGITS.vocab)
    return kind(Encoder(size, 32, 64), Decoder(size, 32, 64, context="every_step"))


@torch.no_grad()
def own_answers(model: Seq2Seq, batch: Batch) -> Tensor:
    """Give where the model's own answer has the right token, (B, T); True at padding."""
    never = torch.zeros_like(batch.tgt_in, dtype=torch.bool)
    own: Tensor = model(batch, teacher_forcing=never).argmax(dim=-1)
    return (own == batch.tgt_out) | ~batch.tgt_mask


@torch.no_grad()
def after_a_wrong_token(model: Seq2Seq, batch: Batch, wrong: Tensor) -> dict[str, list[float]]:
    """Give the share of right tokens 1, 2, ... steps after token number WRONG was fed wrong.

    ``wrong`` (B,) is fed in its place; then come the right tokens again, or the model's own. In the
    third case nothing is wrong, and the model goes on by itself after the same right tokens.
    """
    found = {}
    for name, fed_wrong, then_own in (
        ("no error, then own", False, True),
        ("error, then own", True, True),
        ("error, then gold", True, False),
    ):
        tgt_in = batch.tgt_in.clone()
        if fed_wrong:
            tgt_in[:, WRONG] = wrong
        use_reference = torch.ones_like(tgt_in, dtype=torch.bool)
        if then_own:
            use_reference[:, WRONG + 1 :] = False
        given = replace(batch, tgt_in=tgt_in)
        logits = model(given, teacher_forcing=use_reference)
        right = (logits.argmax(dim=-1) == batch.tgt_out).float().mean(dim=0)
        found[name] = [round(share, 4) for share in right[WRONG:].tolist()]
    return found


@torch.no_grad()
def rests(model: Seq2Seq, batch: Batch, wrong: Tensor) -> dict[str, float]:
    """Give what an answer with the wrong token goes on with, as shares of the answers.

    The right rest; the rest with the token before it that was never written, so that all comes one
    step late; or something else.
    """
    state = model.start(batch.src, batch.src_lengths)
    for t in range(WRONG):
        state = model.step(batch.tgt_in[:, t], state).state
    found = greedy_search(model.step, state, max_len=LENGTH + 4, prev=wrong)
    right = late = 0
    for hypothesis, target in zip(found, batch.tgt_out.tolist(), strict=True):
        right += list(hypothesis.tokens) == target[WRONG:]
        late += list(hypothesis.tokens) == target[WRONG - 1 :]
    count = len(batch)
    return {"right": right / count, "late": late / count, "other": (count - right - late) / count}


def score(model: Seq2Seq, test: IdPairs) -> dict[str, Any]:
    """Score a trained model on the test pairs."""
    batch = collate(test)
    right = own_answers(model, batch)
    full = collate([pair for pair in test if len(pair[0]) == LENGTH])
    step = torch.randint(1, 10, (len(full),), generator=torch.Generator().manual_seed(0))
    wrong = (full.tgt_in[:, WRONG] - FIRST_DIGIT + step) % 10 + FIRST_DIGIT
    after = after_a_wrong_token(model, full, wrong)
    return {
        "exact": right.all(dim=1).float().mean().item(),
        "tokens": right[batch.tgt_mask].float().mean().item(),
        "perplexity": perplexity(*evaluate(model, test)),
        "rest": rests(model, full, wrong),
        "after": after,
    }


def training_times(lengths: tuple[int, ...] = (8, 32)) -> list[dict[str, Any]]:
    """Measure a training step, all at once and step by step, in turns; medians in ms of CPU."""
    rows = []
    for length in lengths:
        generator = torch.Generator().manual_seed(0)
        pairs = reverse_pairs(64, generator=generator, min_len=length, max_len=length)
        batch = collate([(DIGITS.encode(src), DIGITS.encode(tgt)) for src, tgt in pairs])
        model = new_model(0)
        ways = {"at_once": 1.0, "step_by_step": torch.ones_like(batch.tgt_in, dtype=torch.bool)}
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(60):
            for name, forcing in ways.items():
                started = time.process_time()
                logits = model(batch, teacher_forcing=forcing)
                nll, tokens = masked_cross_entropy(logits, batch.tgt_out, batch.tgt_mask)
                (nll / tokens).backward()
                times[name].append(time.process_time() - started)
        medians = {name: statistics.median(found[10:]) * 1000 for name, found in times.items()}
        ratio = medians["step_by_step"] / medians["at_once"]
        rows.append(
            {"digits": length, **{n: round(m, 2) for n, m in medians.items()}, "ratio": ratio}
        )
    return rows


def main() -> None:
    """Train and score every row, and write what came out."""
    started = begin(__doc__)
    times = training_times()
    plan = [(task, way, 1, seed) for task in TASKS for way in SHORT for seed in SEEDS]
    plan += [("reverse", way, LONGER, seed) for way in LONG for seed in LONGER_SEEDS]
    data = {task: sets(task) for task in TASKS}
    rows = []
    for task, way, longer, seed in tqdm(plan):
        changes, per_sequence = SHORT[way]
        train, valid, test = data[task]
        config = replace(CONFIG, epochs=CONFIG.epochs * longer, seed=seed, **changes)
        model = new_model(seed, PerSequence if per_sequence else Seq2Seq)
        before = time.process_time()
        fit(model, train, valid, config)
        seconds = round(time.process_time() - before, 1)
        row = {"task": task, "way": way, "epochs": config.epochs, "seed": seed}
        rows.append({**row, "cpu_seconds": seconds, **score(model, test)})
    tables = {task: repr(data[task][2]).encode() for task in TASKS}
    write_result(
        "teacher_forcing",
        {
            "data": {
                "sizes": [len(part) for part in data["reverse"]],
                "test_sha256": {t: hashlib.sha256(b).hexdigest() for t, b in tables.items()},
            },
            "settings": {
                "epochs": CONFIG.epochs,
                "batch_size": CONFIG.batch_size,
                "lr": CONFIG.lr,
                "embed_size": 32,
                "hidden_size": 64,
                "wrong_token": WRONG,
                "length": LENGTH,
            },
            "times": times,
            "rows": rows,
        },
        seconds=time.monotonic() - started,
        licence="no data: digits made to a rule",
    )


if __name__ == "__main__":
    main()
