"""Translators on HSK and all that they wrote: for the chapters on search and on BLEU.

    .venv/bin/python benchmarks/hsk_systems.py

writes seq2seq_tutor/results/hsk_systems.json: the translations of the test set by several systems,
and BLEU by beam size, length penalty and minimum Bayes risk. The models are those of hsk_zh_en.py.
"""

import time
from typing import Any

import torch
from tqdm import tqdm

from hsk_zh_en import SEEDS, described, origin, sets, to_ids, train_one
from provenance import begin, write_result
from seq2seq_tutor.data import SentencePair, collate
from seq2seq_tutor.decoding import Translator, beam_search, mbr, sample
from seq2seq_tutor.metrics import reported_scores, sentence_chrf
from seq2seq_tutor.text import CharTokenizer, WordTokenizer

BEAM_SIZES = (1, 2, 3, 5, 10, 20, 50, 100)
LENGTH_PENALTIES = (0.0, 0.5, 1.0)
SAMPLES = 20
MAX_LEN = 40  # no reference has more than 30 tokens
ROWS = 1000  # hypotheses that are searched at once


def write(translator: Translator, pairs: list[SentencePair], *, beam_size: int) -> list[str]:
    """Translate the sources."""
    found = translator.translate([pair.src for pair in pairs], beam_size=beam_size)
    return [each.text for each in found]


def scores(texts: list[str], pairs: list[SentencePair]) -> dict[str, float]:
    """Score translations by sacreBLEU."""
    found = reported_scores(texts, [pair.tgt for pair in pairs])
    return {"bleu": found.bleu, "chrf": found.chrf}


def search_curve(translator: Translator, test: list[SentencePair], seed: int) -> list[Any]:
    """Score beam search by its beam's size and its length penalty."""
    rows = []
    pairs = to_ids(translator, test)
    for penalty in LENGTH_PENALTIES:
        for size in BEAM_SIZES:
            found = []
            step = max(1, ROWS // size)
            for first in range(0, len(pairs), step):
                batch = collate(pairs[first : first + step])
                with torch.no_grad():
                    state = translator.model.start(batch.src, batch.src_lengths)
                found += beam_search(
                    translator.model.step,
                    state,
                    beam_size=size,
                    max_len=MAX_LEN,
                    length_penalty=penalty,
                )
            best = [hypotheses[0] for hypotheses in found]
            rows.append(
                {
                    "seed": seed,
                    "beam_size": size,
                    "length_penalty": penalty,
                    **described(best, translator, test),
                    "finished": sum(each.finished for each in best) / len(best),
                }
            )
    return rows


def risk(translator: Translator, test: list[SentencePair], seed: int) -> list[dict[str, Any]]:
    """Compare minimum Bayes risk under sentence chrF with the two searches and with sampling."""
    pairs = to_ids(translator, test)
    decode, step = translator.target.decode, translator.model.step
    batch = collate(pairs)
    with torch.no_grad():
        state = translator.model.start(batch.src, batch.src_lengths)
    generator = torch.Generator().manual_seed(seed)
    drawn = [
        [decode(each.tokens) for each in sample(step, state, max_len=MAX_LEN, generator=generator)]
        for _ in range(SAMPLES)
    ]
    samples = list(zip(*drawn, strict=True))
    n_best = []
    for first in range(0, len(pairs), 50):
        rows = torch.arange(first, min(first + 50, len(pairs)))
        n_best += beam_search(
            step, state.select(rows), beam_size=SAMPLES, max_len=MAX_LEN, n_best=SAMPLES
        )
    beams = [[decode(each.tokens) for each in hypotheses] for hypotheses in n_best]
    systems = {
        "greedy": write(translator, test, beam_size=1),
        "beam 5": write(translator, test, beam_size=5),
        "one sample": [own[0] for own in samples],
        "mbr of samples": [mbr(own, utility=sentence_chrf) for own in samples],
        "mbr of a beam": [
            mbr(candidates, samples=own, utility=sentence_chrf)
            for candidates, own in zip(beams, samples, strict=True)
        ],
    }
    return [
        {"seed": seed, "method": method, "samples": SAMPLES, **scores(texts, test)}
        for method, texts in systems.items()
    ]


def look_up(train: list[SentencePair], test: list[SentencePair]) -> list[str]:
    """Give the English of the training sentence that shares most characters and pairs of them."""

    def pieces(text: str) -> set[str]:
        return set(text) | {text[i : i + 2] for i in range(len(text) - 1)}

    known = [(pieces(pair.src), pair.tgt) for pair in train]
    found = []
    for pair in test:
        own = pieces(pair.src)
        found.append(max(known, key=lambda each: len(own & each[0]) / len(own | each[0]))[1])
    return found


def main() -> None:
    """Train, translate and score, and write what came out."""
    started = begin(__doc__)
    train, valid, test = sets()
    beams: list[dict[str, Any]] = []
    risks: list[dict[str, Any]] = []
    into_english: dict[str, list[str]] = {"look-up": look_up(train, test)}
    for seed in tqdm(SEEDS):
        translator, _ = train_one(train, valid, seed)
        into_english[f"seed {seed}, beam 5"] = write(translator, test, beam_size=5)
        into_english[f"seed {seed}, greedy"] = write(translator, test, beam_size=1)
        beams += search_curve(translator, test, seed)
        risks += risk(translator, test, seed)
    half, _ = train_one(train[: len(train) // 2], valid, 0)
    into_english["half the data, beam 5"] = write(half, test, beam_size=5)
    turned = [[SentencePair(pair.tgt, pair.src) for pair in part] for part in (train, valid, test)]
    into_chinese, _ = train_one(
        turned[0], turned[1], 0, source=WordTokenizer(), target=CharTokenizer()
    )
    write_result(
        "hsk_systems",
        {
            **origin((train, valid, test), max_len=MAX_LEN),
            "beam": beams,
            "mbr": risks,
            "outputs": {
                "zh-en": into_english,
                "en-zh": {"seed 0, beam 5": write(into_chinese, turned[2], beam_size=5)},
            },
        },
        seconds=time.monotonic() - started,
        licence="sentences of hsk-sentences-audio 1.0.0, CC BY-SA 4.0",
    )


if __name__ == "__main__":
    main()
