"""What beam search misses on HSK's test sentences, against exact search, three seeds.

    .venv/bin/python benchmarks/search_errors.py

writes seq2seq_tutor/results/search_errors.json. Chapter: search.
"""

import statistics
import time
from typing import Any

import torch
from tqdm import tqdm

from hsk_zh_en import SEEDS, described, origin, sets, train_one
from provenance import begin, write_result
from seq2seq_tutor.data import SentencePair, collate
from seq2seq_tutor.decoding import ExactResult, Hypothesis, Translator, beam_search, exact_search

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


def scored(
    hypotheses: list[Hypothesis], translator: Translator, pairs: list[SentencePair]
) -> dict[str, Any]:
    """Describe one output a sentence, and count those that are empty and that are the reference."""
    texts = [translator.target.decode(hypothesis.tokens) for hypothesis in hypotheses]
    return {
        **described(hypotheses, translator, pairs),
        "empty": sum(len(each.tokens) == each.finished for each in hypotheses),
        "right": sum(text == pair.tgt for text, pair in zip(texts, pairs, strict=True)),
    }


def main() -> None:
    """Train three translators, search with each in every way, and write what came out."""
    started = begin(__doc__)
    train, valid, test = sets()
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
                **scored(best, translator, test),
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
                    **scored(hypotheses, translator, test),
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
