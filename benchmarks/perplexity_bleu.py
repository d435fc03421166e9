"""Perplexity and BLEU of one translator as its training goes on: HSK, three seeds.

    .venv/bin/python benchmarks/perplexity_bleu.py

writes seq2seq_tutor/results/perplexity_bleu.json. Chapter: BLEU, which trains the first epoch. The
model and its settings are those of hsk_zh_en.py. Both scores are taken on the test set: perplexity
over all tokens and over those that the vocabulary holds, BLEU and chrF of greedy search.
"""

import time
from dataclasses import replace
from typing import Any

import torch
from sacrebleu import BLEU
from tqdm import tqdm

from hsk_zh_en import CONFIG, SEEDS, origin, sets, to_ids, untrained
from provenance import begin, write_result
from seq2seq_tutor.data import SentencePair, batches
from seq2seq_tutor.data.batching import IdPair
from seq2seq_tutor.metrics import paired_bootstrap, perplexity, reported_scores
from seq2seq_tutor.models import Seq2Seq
from seq2seq_tutor.text import UNK, CharTokenizer, WordTokenizer
from seq2seq_tutor.training import masked_cross_entropy
from seq2seq_tutor.training.run import Run

EPOCHS = (1, *range(2, CONFIG.epochs + 1, 2))  # after these it is scored


@torch.no_grad()
def perplexities(model: Seq2Seq, pairs: list[IdPair]) -> dict[str, Any]:
    """Measure perplexity over all tokens of the targets, and over the known ones."""
    model.eval()
    sums = {"all": [0.0, 0], "known": [0.0, 0]}
    for batch in batches(pairs, CONFIG.batch_size):
        logits = model(batch)
        known = batch.tgt_mask & (batch.tgt_out != UNK)
        for name, mask in (("all", batch.tgt_mask), ("known", known)):
            nll, tokens = masked_cross_entropy(logits, batch.tgt_out, mask)
            sums[name] = [sums[name][0] + nll.item(), sums[name][1] + tokens]
    return {
        "perplexity": perplexity(sums["all"][0], int(sums["all"][1])),
        "perplexity_known": perplexity(sums["known"][0], int(sums["known"][1])),
        "tokens": int(sums["all"][1]),
        "tokens_known": int(sums["known"][1]),
    }


def train_one(
    parts: tuple[list[SentencePair], list[SentencePair], list[SentencePair]], seed: int
) -> tuple[list[dict[str, Any]], dict[int, list[str]]]:
    """Train as ``fit`` does; give the scores after some epochs, and the translations."""
    train, _, test = parts
    translator = untrained(CharTokenizer(), WordTokenizer(), train, seed)
    ids = [to_ids(translator, part) for part in parts]
    rows, written = [], {}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        run = Run(translator.model, ids[0], ids[1], replace(CONFIG, seed=seed))
        with tqdm(disable=True) as bar:
            while not run.finished:
                run.run_epoch(bar)
                if run.epoch in EPOCHS:
                    found = translator.translate([pair.src for pair in test], beam_size=1)
                    texts = written[run.epoch] = [each.text for each in found]
                    scores = reported_scores(texts, [pair.tgt for pair in test])
                    rows.append(
                        {
                            "seed": seed,
                            "epoch": run.epoch,
                            "valid_perplexity": run.history.valid_perplexity[-1],
                            **perplexities(translator.model, ids[2]),
                            "bleu": scores.bleu,
                            "chrf": scores.chrf,
                        }
                    )
    return rows, written


def compare(
    rows: list[dict[str, Any]], written: dict[int, list[str]], test: list[SentencePair]
) -> dict[str, Any]:
    """Test whether BLEU after the last epoch differs from BLEU where perplexity is best."""
    best = min(rows, key=lambda row: float(row["perplexity_known"]))["epoch"]
    tokenize = BLEU(tokenize="13a").tokenizer
    early, late = ([tokenize(text).split() for text in written[e]] for e in (best, CONFIG.epochs))
    references = [[tokenize(pair.tgt).split()] for pair in test]
    found = paired_bootstrap(late, early, references)
    return {
        "seed": rows[0]["seed"],
        "best_epoch": best,
        "difference": found.difference,
        "low": found.low,
        "high": found.high,
        "p_value": found.p_value,
    }


def main() -> None:
    """Train and score three seeds, and write what came out."""
    started = begin(__doc__)
    parts = sets()
    rows, tests = [], []
    for seed in tqdm(SEEDS):
        own, written = train_one(parts, seed)
        rows += own
        tests.append(compare(own, written, parts[2]))
    write_result(
        "perplexity_bleu",
        {
            **origin(parts),
            "rows": rows,
            "last_against_best_perplexity": tests,
        },
        seconds=time.monotonic() - started,
        licence="no sentences are kept; hsk-sentences-audio 1.0.0 is CC BY-SA 4.0",
    )


if __name__ == "__main__":
    main()
