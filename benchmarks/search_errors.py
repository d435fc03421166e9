"""What beam search misses on HSK's test sentences, against exact search, three seeds.

    .venv/bin/python benchmarks/search_errors.py

writes seq2seq_tutor/results/search_errors.json. Chapter: search.
"""

import argparse
import statistics
import time
from typing import Any

import torch
from tqdm import tqdm

from hsk_zh_en import SEEDS, origin, sets, train_one
from provenance import write_result
from seq2seq_tutor.data import SentencePair, collate
from seq2seq_tutor.decoding import ExactResult, Hypothesis, Translator, beam_search, exact_search
from seq2seq_tutor.metrics import reported_scores

BEAM_SIZES = (1, 2, 5, 10, 20, 100)
MAX_LEN, NODE_LIMIT = 40, 10_000
_ROWS = 64  # sentences that are searched together
_SAME = 1e-4  # nats; the order of sums differs between batches, an other output by far more


def found_by_all(
    translator: Translator, pairs: list[SentencePair]
) -> tuple[dict[int, list[Hypothesis]], list[ExactResult]]:
    """Give the best hypothesis of each sentence for every beam size, and that of exact search."""
    model, source = translator.model, translator.source
    beams: dict[int, list[Hypothesis]] = {size: [] for size in BEAM_SIZES}
    exact = []
    for at in tqdm(range(0, len(pairs), _ROWS)):
        batch = collate([(source.encode(src), []) for src, _ in pairs[at : at + _ROWS]])
        with torch.no_grad():
            state = model.start(batch.src, batch.src_lengths)
        for size, best in beams.items():
            nbest = beam_search(model.step, state, beam_size=size, max_len=MAX_LEN)
            best += [hypotheses[0] for hypotheses in nbest]
        exact += exact_search(
            model.step,
            state,
            max_len=MAX_LEN,
            node_limit=NODE_LIMIT,
            start=[
                max(found, key=_rank)
                for found in zip(*(b[at:] for b in beams.values()), strict=True)
            ],
        )
    return beams, exact


def _rank(hypothesis: Hypothesis) -> tuple[bool, float]:
    """Order hypotheses: what has ended first, then by log-probability."""
    return hypothesis.finished, hypothesis.log_prob


def described(
    hypotheses: list[Hypothesis], translator: Translator, references: list[str]
) -> dict[str, Any]:
    """Score one output a sentence, and say how long the outputs are; lengths are without EOS."""
    texts = [translator.target.decode(hypothesis.tokens) for hypothesis in hypotheses]
    scores = reported_scores(texts, references)
    lengths = [len(each.tokens) - each.finished for each in hypotheses]
    wanted = [len(translator.target.encode(reference)) for reference in references]
    return {
        "bleu": scores.bleu,
        "chrf": scores.chrf,
        "length_ratio": sum(lengths) / sum(wanted),
        "log_prob": statistics.mean(each.log_prob for each in hypotheses),
        "empty": sum(length == 0 for length in lengths),
        "right": sum(text == reference for text, reference in zip(texts, references, strict=True)),
    }


def main() -> None:
    """Train three translators, search with each in every way, and write what came out."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    started = time.monotonic()
    train, valid, test = sets()
    references = [pair.tgt for pair in test]
    rows = []
    for seed in SEEDS:
        translator, _ = train_one(train, valid, seed)
        beams, exact = found_by_all(translator, test)
        best = [result.best for result in exact if result.best is not None]
        if len(best) < len(test):
            raise RuntimeError("a sentence has no finished output")
        nodes = [result.nodes for result in exact]
        rows.append(
            {
                "seed": seed,
                "search": "exact",
                **described(best, translator, references),
                "unresolved": sum(not result.resolved for result in exact),
                "nodes_mean": statistics.mean(nodes),
                "nodes_max": max(nodes),
            }
        )
        for size, hypotheses in beams.items():
            missed = [
                not own.finished or own.log_prob < one.log_prob - _SAME
                for own, one in zip(hypotheses, best, strict=True)
            ]
            rows.append(
                {
                    "seed": seed,
                    "search": f"beam {size}",
                    **described(hypotheses, translator, references),
                    "missed": sum(missed),
                }
            )
    write_result(
        "search_errors",
        {
            **origin(
                (train, valid, test), max_len=MAX_LEN, node_limit=NODE_LIMIT, length_penalty=0.0
            ),
            "rows": rows,
        },
        seconds=time.monotonic() - started,
        licence="translations made from hsk-sentences-audio 1.0.0, CC BY-SA 4.0",
    )


if __name__ == "__main__":
    main()
