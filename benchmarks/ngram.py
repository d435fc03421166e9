"""How well n-gram models predict HSK and The Time Machine: per token, and per character.

    .venv/bin/python benchmarks/ngram.py

writes seq2seq_tutor/results/ngram.json: ten random splits of HSK, five of them for the bits, and
The Time Machine cut into a beginning, a middle and an end. Chapter: language models, which does the
first split.
"""

import hashlib
import math
import time
from importlib.metadata import version
from typing import Any

import torch
from tqdm import tqdm

from provenance import begin, write_result
from seq2seq_tutor.data import HSK_UNTRANSLATED, load, split_pairs
from seq2seq_tutor.metrics import bits_per_character, perplexity
from seq2seq_tutor.models import NGramModel, count_ngrams, fit_weights
from seq2seq_tutor.text import (
    UNK,
    CharTokenizer,
    JiebaTokenizer,
    Tokenizer,
    Vocab,
    WordTokenizer,
    normalize,
)

SPLITS, BITS_SPLITS = range(10), range(5)  # bits take ten times as long
ALPHAS = (10.0, 1.0, 0.1, 0.01, 0.001, 0.0001)
ORDERS = 3  # of the models whose perplexity is shown
LONGEST = 30  # of the models whose bits are counted: the validation part must stop before
MIN_FREQS = (1, 2, 5, 20, 100)
CODE_POINTS = 0x110000  # an unknown character costs its number in Unicode
WORDS: tuple[Tokenizer, Tokenizer] = (JiebaTokenizer(), WordTokenizer())  # Chinese, English
Parts = tuple[list[list[str]], list[list[str]], list[list[str]]]  # train, valid, test


def hsk(seed: int) -> tuple[list[list[str]], list[list[str]]]:
    """Give the Chinese and the English sentences of one split, each as train, valid and test.

    English words say where the spaces are only in text that is spaced as usual: a pair is left out
    if either text can't be made of its words again.
    """
    pairs = [
        pair
        for pair in load("hsk")
        if pair.tgt not in HSK_UNTRANSLATED
        and all(_goes_back(*both) for both in zip(WORDS, pair, strict=True))
    ]
    generator = torch.Generator().manual_seed(seed)
    sets = split_pairs(pairs, valid=0.1, test=0.1, generator=generator)
    chinese, english = ([[pair[side] for pair in part] for part in sets] for side in (0, 1))
    return chinese, english


def tokenize(tokenizer: Tokenizer, sets: list[list[str]]) -> Parts:
    """Cut the sentences of three sets."""
    train, valid, test = ([tokenizer.tokenize(text) for text in texts] for texts in sets)
    return train, valid, test


def perplexities(parts: Parts) -> dict[str, Any]:
    """Score each order from 0 to 3 on the test part, what is free being chosen on the valid one."""
    vocab = Vocab.build(parts[0])
    train, valid, test = ([vocab.encode(tokens) for tokens in part] for part in parts)
    counts = count_ngrams(train, ORDERS)
    found: dict[str, list[Any]] = {
        name: [] for name in ("add_one", "add_alpha", "alpha", "interpolated", "weights")
    }
    for order in range(ORDERS + 1):
        added = {a: NGramModel(counts[:order], len(vocab), alpha=a) for a in ALPHAS}
        alpha = min(ALPHAS, key=lambda a: added[a].nll(valid)[0])
        weights = fit_weights(counts[:order], len(vocab), valid)
        mixed = NGramModel(counts[:order], len(vocab), weights=weights)
        found["add_one"].append(perplexity(*added[1.0].nll(test)))
        found["add_alpha"].append(perplexity(*added[alpha].nll(test)))
        found["alpha"].append(alpha)
        found["interpolated"].append(perplexity(*mixed.nll(test)))
        found["weights"].append(weights)
    tokens = [token for sentence in test for token in sentence]
    return {
        "vocab_size": len(vocab),
        "train_tokens": sum(map(len, train)),
        "test_tokens": len(tokens) + len(test),
        "unknown": tokens.count(UNK) / (len(tokens) + len(test)),
        **found,
    }


def fitted(train: list[list[int]], valid: list[list[int]], vocab: Vocab) -> NGramModel:
    """Make the interpolated model of the order above which valid is predicted no better."""
    best = NGramModel([], len(vocab), alpha=1)
    if not valid:  # then no word is unknown, and any speller will do
        return best
    least, _ = best.nll(valid)
    counts = count_ngrams(train, 0)
    for order in range(1, LONGEST + 1):
        if order > len(counts):
            counts = count_ngrams(train, 2 * order)
        weights = fit_weights(counts[:order], len(vocab), valid)
        model = NGramModel(counts[:order], len(vocab), weights=weights)
        nll, _ = model.nll(valid)
        if nll >= least:
            return best
        best, least = model, nll
    raise AssertionError(f"order {LONGEST} still predicts better: raise LONGEST")


def unknown_count(vocab: Vocab, strings: list[list[str]]) -> int:
    """Count the characters that aren't in the vocabulary."""
    return sum(vocab.encode(string).count(UNK) for string in strings)


def spelled_nll(model: NGramModel, vocab: Vocab, strings: list[list[str]]) -> float:
    """Score strings of characters; one that is unknown costs UNK and its number in Unicode."""
    nll, _ = model.nll([vocab.encode(string) for string in strings])
    return nll + unknown_count(vocab, strings) * math.log(CODE_POINTS)


def unk_nll(model: NGramModel, sentences: list[list[int]]) -> tuple[float, int]:
    """Sum the negative log-likelihood of the UNK in sentences of ids, and count them."""
    nlls = [
        -math.log(model.probability(UNK, sentence[:at]))
        for sentence in sentences
        for at, token in enumerate(sentence)
        if token == UNK
    ]
    return sum(nlls), len(nlls)


def bits(characters: Parts, words: Parts) -> dict[str, Any]:
    """Count the bits per character of a character model, and of word models that spell.

    ``chosen`` is the row of the vocabulary that predicts the validation part best, spelled.
    """
    size = sum(map(len, characters[2]))
    letters = Vocab.build(characters[0])
    train, valid = ([letters.encode(row) for row in part] for part in characters[:2])
    by_character = fitted(train, valid, letters)
    nll = spelled_nll(by_character, letters, characters[2])
    numbers = unknown_count(letters, characters[2]) * math.log2(CODE_POINTS)
    rows, on_valid = [], []
    for min_freq in MIN_FREQS:
        vocab = Vocab.build(words[0], min_freq=min_freq)
        ids = [[vocab.encode(tokens) for tokens in part] for part in words]
        model = fitted(ids[0], ids[1], vocab)
        unknown = [[list(t) for row in part for t in row if t not in vocab] for part in words]
        # With every training word in the vocabulary none is rare, and the speller learns from all.
        types = {t for row in words[0] for t in row if min_freq == 1 or t not in vocab}
        learned = [letters.encode(list(t)) for t in sorted(types)]
        speller = fitted(learned, [letters.encode(t) for t in unknown[1]], letters)
        valid_nll, (word_nll, tokens) = model.nll(ids[1])[0], model.nll(ids[2])
        of_unk, unks = unk_nll(model, ids[2])
        on_valid.append(valid_nll + spelled_nll(speller, letters, unknown[1]))
        rows.append(
            {
                "min_freq": min_freq,
                "order": model.n,
                "speller_order": speller.n,
                "vocab_size": len(vocab),
                "unknown": unks / tokens,
                "nats_per_unk": of_unk / unks,
                "perplexity": perplexity(word_nll, tokens),
                "perplexity_of_known": perplexity(word_nll - of_unk, tokens - unks),
                "naive": bits_per_character(word_nll, size),
                "spelled": bits_per_character(
                    word_nll + spelled_nll(speller, letters, unknown[2]), size
                ),
            }
        )
    return {
        "characters": bits_per_character(nll, size),
        "order": by_character.n,
        "per_sentence": nll / math.log(2) / len(characters[2]),
        "code_numbers_per_sentence": numbers / len(characters[2]),
        "words": rows,
        "chosen": on_valid.index(min(on_valid)),
    }


def time_machine() -> tuple[list[str], list[str], list[str]]:
    """Give the lines of the book that are not blank: the first 80 %, and twice 10 %."""
    lines = [line for line in load("timemachine") if line.strip()]
    first, second = len(lines) * 8 // 10, len(lines) * 9 // 10
    return lines[:first], lines[first:second], lines[second:]


def described(sets: list[list[str]]) -> dict[str, Any]:
    """Give the sizes of three sets, and a hash of the last."""
    text = "".join(f"{line}\n" for line in sets[-1])
    return {
        "sizes": [len(part) for part in sets],
        "test_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


def main() -> None:
    """Score every split, and write what came out."""
    started = begin(__doc__)
    rows, counted = [], []
    for seed in tqdm(SPLITS):
        for language, sets, words in zip(("Chinese", "English"), hsk(seed), WORDS, strict=True):
            cut = {
                unit: tokenize(tokenizer, sets)
                for unit, tokenizer in (("characters", CharTokenizer()), ("words", words))
            }
            for unit, parts in cut.items():
                rows.append({"text": f"{language} {unit}", "split": seed, **perplexities(parts)})
            if seed in BITS_SPLITS:
                counted.append(
                    {"text": language, "split": seed, **bits(cut["characters"], cut["words"])}
                )
    book = list(time_machine())
    novel = [
        {"text": unit, **perplexities(tokenize(tokenizer, book))}
        for unit, tokenizer in (("characters", CharTokenizer()), ("words", WordTokenizer()))
    ]
    write_result(
        "ngram",
        {
            "libraries": {"jieba": version("jieba")},
            "data": {"hsk": described(hsk(0)[0]), "timemachine": described(book)},
            "settings": {
                "alphas": ALPHAS,
                "splits": len(SPLITS),
                "bits_splits": len(BITS_SPLITS),
                "shares": [0.8, 0.1, 0.1],
                "min_freqs": MIN_FREQS,
                "longest": LONGEST,
            },
            "rows": rows,
            "bits": counted,
            "timemachine": novel,
        },
        seconds=time.monotonic() - started,
        licence="numbers only",
    )


def _goes_back(tokenizer: Tokenizer, text: str) -> bool:
    """Tell whether a text can be made of its tokens."""
    return tokenizer.detokenize(tokenizer.tokenize(text)) == normalize(text)


if __name__ == "__main__":
    main()
