"""How well HSK's pairs teach a translator, by their number: 500 to all of them, three seeds each.

    .venv/bin/python benchmarks/hsk_zh_en.py

writes seq2seq_tutor/results/hsk_zh_en.json. Chapter: translation, which trains the smallest row.
"""

import hashlib
import statistics
import time
from dataclasses import replace
from typing import Any

import torch
from tqdm import tqdm

from provenance import begin, write_result
from seq2seq_tutor.data import SentencePair, load, split_pairs
from seq2seq_tutor.data.batching import IdPair
from seq2seq_tutor.decoding import Hypothesis, Translation, Translator
from seq2seq_tutor.metrics import perplexity, reported_scores
from seq2seq_tutor.models import Encoder, LuongDecoder, Seq2Seq
from seq2seq_tutor.text import CharTokenizer, Language, Tokenizer, Vocab, WordTokenizer
from seq2seq_tutor.training import TrainConfig, evaluate, fit

SIZE, DROPOUT = 128, 0.3
CONFIG = TrainConfig(epochs=20, batch_size=32, lr=3e-3)
AMOUNTS = (500, 1000, 2000, None)  # None: all
SEEDS = (0, 1, 2)
SHOWN = 12  # test sentences whose translations are kept


def sets() -> tuple[list[SentencePair], list[SentencePair], list[SentencePair]]:
    """Give the pairs of the page: train, valid and test.

    Of ``HSK_UNTRANSLATED`` the two that repeat are left out; 15 that are numbered stay in, each in
    one sentence, because the stored results hold them.
    """
    pairs = [pair for pair in load("hsk") if pair.tgt not in ("placeholder", "PH")]
    generator = torch.Generator().manual_seed(0)
    return split_pairs(pairs, valid=0.05, test=0.1, generator=generator)


def origin(parts: tuple[list[SentencePair], ...], **settings: Any) -> dict[str, Any]:
    """Say where a result on the three sets comes from: their sizes, a hash, and the settings."""
    table = "".join(f"{src}\t{tgt}\n" for src, tgt in parts[2])
    return {
        "data": {
            "name": "hsk",
            "sizes": [len(part) for part in parts],
            "test_sha256": hashlib.sha256(table.encode()).hexdigest(),
        },
        "settings": {
            "epochs": CONFIG.epochs,
            "batch_size": CONFIG.batch_size,
            "lr": CONFIG.lr,
            "size": SIZE,
            "dropout": DROPOUT,
            **settings,
        },
    }


def untrained(
    source: Tokenizer, target: Tokenizer, train: list[SentencePair], seed: int
) -> Translator:
    """Make the vocabularies and the model of the page, before training."""
    # Rare source tokens are unknown, so that the model meets an unknown one in training.
    vocabs = (
        Vocab.build((source.tokenize(pair.src) for pair in train), min_freq=2),
        Vocab.build(target.tokenize(pair.tgt) for pair in train),
    )
    torch.manual_seed(seed)
    encoder = Encoder(len(vocabs[0]), SIZE, SIZE, bidirectional=True, dropout=DROPOUT)
    decoder = LuongDecoder(len(vocabs[1]), SIZE, 2 * SIZE, dropout=DROPOUT)
    return Translator(
        Seq2Seq(encoder, decoder), Language(source, vocabs[0]), Language(target, vocabs[1])
    )


def to_ids(translator: Translator, pairs: list[SentencePair]) -> list[IdPair]:
    """Turn pairs of text into pairs of ids."""
    return [(translator.source.encode(src), translator.target.encode(tgt)) for src, tgt in pairs]


def train_one(
    train: list[SentencePair],
    valid: list[SentencePair],
    seed: int,
    *,
    source: Tokenizer | None = None,
    target: Tokenizer | None = None,
    config: TrainConfig = CONFIG,
) -> tuple[Translator, float]:
    """Train a translator, by default from characters to words; give it and its seconds."""
    translator = untrained(source or CharTokenizer(), target or WordTokenizer(), train, seed)
    started = time.monotonic()
    ids = [to_ids(translator, pairs) for pairs in (train, valid)]
    fit(translator.model, ids[0], ids[1], replace(config, seed=seed))
    return translator, time.monotonic() - started


def score(
    translator: Translator, pairs: list[SentencePair], train: list[SentencePair]
) -> tuple[dict[str, Any], list[Translation]]:
    """Score the translations of some pairs; give the scores and the translations."""
    sources, references = (list(side) for side in zip(*pairs, strict=True))
    greedy = translator.translate(sources, beam_size=1)
    beam = translator.translate(sources, beam_size=5)
    texts = [each.text for each in beam]
    scores = reported_scores(texts, references)
    known = {pair.tgt for pair in train}
    nll, tokens = evaluate(translator.model, to_ids(translator, pairs))
    return {
        "bleu": scores.bleu,
        "bleu_greedy": reported_scores([each.text for each in greedy], references).bleu,
        "chrf": scores.chrf,
        "signatures": [scores.bleu_signature, scores.chrf_signature],
        "perplexity": perplexity(nll, tokens),
        "exact": statistics.mean(t == r for t, r in zip(texts, references, strict=True)),
        "from_training": statistics.mean(text in known for text in texts),
    }, beam


def described(
    hypotheses: list[Hypothesis], translator: Translator, pairs: list[SentencePair]
) -> dict[str, float]:
    """Score one output a sentence, and say how long and how probable; lengths are without EOS."""
    texts = [translator.target.decode(hypothesis.tokens) for hypothesis in hypotheses]
    scores = reported_scores(texts, [pair.tgt for pair in pairs])
    lengths = [len(each.tokens) - each.finished for each in hypotheses]
    return {
        "bleu": scores.bleu,
        "chrf": scores.chrf,
        "length_ratio": sum(lengths) / sum(len(tgt) for _, tgt in to_ids(translator, pairs)),
        "log_prob": statistics.mean(each.log_prob for each in hypotheses),
    }


def weights_of(translation: Translation) -> list[list[float]]:
    """Give the attention weights, which a Luong decoder always has."""
    if translation.weights is None:
        raise TypeError("a decoder without attention")
    rows: list[list[float]] = translation.weights.tolist()
    return rows


def main() -> None:
    """Train and score every row, and write what came out."""
    started = begin(__doc__)
    everything, valid, test = sets()
    rows, shown = [], []
    for amount, seed in tqdm([(amount, seed) for amount in AMOUNTS for seed in SEEDS]):
        train = everything[:amount]
        translator, seconds = train_one(train, valid, seed)
        found, translations = score(translator, test, train)
        seen, _ = score(translator, train[: len(test)], train)
        rows.append(
            {
                "pairs": len(train),
                "seed": seed,
                "seconds": round(seconds),
                "test": found,
                "seen": seen,
            }
        )
        if amount is None and seed == 0:
            shown = [
                {
                    "source": pair.src,
                    "reference": pair.tgt,
                    "translation": each.text,
                    "source_tokens": each.source_tokens,
                    "target_tokens": each.target_tokens,
                    "weights": [[round(w, 3) for w in row] for row in weights_of(each)],
                }
                for pair, each in zip(test[:SHOWN], translations, strict=False)
            ]
    write_result(
        "hsk_zh_en",
        {
            **origin((everything, valid, test)),
            "rows": rows,
            "shown": shown,
        },
        seconds=time.monotonic() - started,
        licence="sentences of hsk-sentences-audio 1.0.0, CC BY-SA 4.0",
    )


if __name__ == "__main__":
    main()
