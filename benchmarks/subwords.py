"""Characters, words and subwords: how many tokens, how many unknown or rare, how long it takes.

    .venv/bin/python benchmarks/subwords.py

writes seq2seq_tutor/results/subwords.json. Chapter: characters, words or subwords, which counts one
split of HSK again. It needs tatoeba-zh-en and uner-chinese-gsdsimp beside hsk; Tatoeba's Chinese is
converted to Simplified characters; "tatoeba part zh" is as many of its sentences as HSK has, drawn
once. GSDSimp's words are joined without spaces, foreign names too. Nothing is translated: what the
choice does to a translation is another question.
"""

import hashlib
import os
import random
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import accumulate
from typing import Any

from tqdm import tqdm

from provenance import begin, write_result
from seq2seq_tutor.data import HSK_UNTRANSLATED, load
from seq2seq_tutor.text import (
    CharTokenizer,
    JiebaTokenizer,
    SubwordTokenizer,
    Tokenizer,
    Vocab,
    WordTokenizer,
    normalize,
    to_simplified,
)

SPLITS = range(5)
HELD_OUT = 0.1
SIZES = (1000, 2000, 3000, 4000, 8000, 16000)  # of BPE, where the characters leave room
RARE = 5  # a token that training shows less often is rare
CHUNKS = 10  # of the held-out sentences, each timed once, so that no cache has seen it


@dataclass(frozen=True)
class RareSpelt:
    """Words that training shows twice or more; every other word is spelt in characters."""

    words: Tokenizer
    known: frozenset[str]

    def tokenize(self, text: str) -> list[str]:
        """Split text into words, and the rare ones into characters."""
        words = self.words.tokenize(text)
        return [token for word in words for token in ([word] if word in self.known else word)]

    def detokenize(self, tokens: list[str]) -> str:
        """Refuse: which characters made up a word is not kept, and nothing here is read."""
        raise NotImplementedError


def corpora() -> dict[str, list[str]]:
    """Give the sentences of each corpus, each once, so that no held-out one is trained on."""
    hsk = load("hsk")
    tatoeba = [pair for part in load("tatoeba-zh-en").values() for pair in part]
    gsdsimp = [sentence for part in load("uner-chinese-gsdsimp").values() for sentence in part]
    texts = {
        "hsk zh": {pair.src for pair in hsk},
        "hsk en": {pair.tgt for pair in hsk} - HSK_UNTRANSLATED,
        "tatoeba zh": {to_simplified(pair.src) for pair in tatoeba},
        "gsdsimp zh": {"".join(sentence.words) for sentence in gsdsimp},
    }
    found = {name: sorted(set(map(normalize, own)) - {""}) for name, own in texts.items()}
    part = random.Random(0).sample(found["tatoeba zh"], len(found["hsk zh"]))
    return found | {"tatoeba part zh": sorted(part)}


def split(texts: Sequence[str], seed: int) -> tuple[list[str], list[str]]:
    """Draw the training and the held-out sentences."""
    order = random.Random(seed).sample(texts, len(texts))
    held_out = round(HELD_OUT * len(order))
    return order[held_out:], order[:held_out]


def tokenizers(name: str, train: list[str]) -> dict[str, Tokenizer]:
    """Make the tokenizers for a corpus; BPE learns from the training sentences alone."""
    found: dict[str, Tokenizer] = {"characters": CharTokenizer()}
    words: Tokenizer
    if name.endswith("zh"):
        words, name = JiebaTokenizer(), "jieba"
        found["jieba, no HMM"] = JiebaTokenizer(hmm=False)
    else:
        words, name = WordTokenizer(), "words"
    counts = Counter(word for text in train for word in words.tokenize(text))
    known = frozenset(word for word, count in counts.items() if count >= 2)
    found |= {name: words, f"{name}, rest spelt": RareSpelt(words, known)}
    characters = len(set().union(*train))
    for size in SIZES:
        if size < characters:
            continue
        bpe = SubwordTokenizer.train(train, vocab_size=size)
        pieces = characters + len({left + right for left, right in bpe.merges})
        found[f"BPE {size}" if pieces == size else "BPE, every pair that occurs twice"] = bpe
        if pieces < size:
            break
    return found


def counted(
    tokenizer: Tokenizer, train: Sequence[str], held_out: Sequence[str]
) -> dict[str, float]:
    """Count what the training sentences, cut in the same way, show of the held-out ones."""
    cut = [tokenizer.tokenize(text) for text in train]
    vocab, shown = Vocab.build(cut), Counter(token for tokens in cut for token in tokens)
    tokens = [token for text in held_out for token in tokenizer.tokenize(text)]
    missing = [token for token in tokens if token not in vocab]
    return {
        "types": len(vocab) - 4,
        "tokens_per_sentence": len(tokens) / len(held_out),
        "unknown_tokens": len(missing) / len(tokens),
        "unknown_characters": letters(missing) / letters(held_out),
        "rare_characters": letters([t for t in tokens if shown[t] < RARE]) / letters(held_out),
    }


def letters(texts: Sequence[str]) -> int:
    """Count the characters that are no spaces, which not every tokenizer keeps."""
    return sum(len(text.replace(" ", "")) for text in texts)


def spans(tokens: Sequence[str]) -> set[tuple[int, int]]:
    """Give where the tokens of two or more characters begin and end."""
    ends = accumulate(map(len, tokens))
    return {(end - len(token), end) for token, end in zip(tokens, ends, strict=True) if token[1:]}


def beside_jieba(
    bpe: SubwordTokenizer, train: Sequence[str], held_out: Sequence[str]
) -> dict[str, float]:
    """Count how many pieces of two or more characters are words that jieba finds."""
    jieba = JiebaTokenizer()
    words = {word for text in train for word in jieba.tokenize(text)}
    pieces = {piece for text in train for piece in bpe.tokenize(text) if piece[1:]}
    found = both = wanted = 0
    for text in held_out:
        ours, theirs = spans(bpe.tokenize(text)), spans(jieba.tokenize(text))
        found, both, wanted = found + len(ours), both + len(ours & theirs), wanted + len(theirs)
    return {
        "pieces_that_are_words": len(pieces & words) / len(pieces),
        "held_out_pieces_that_are_words": both / found,
        "held_out_words_that_are_pieces": both / wanted,
    }


def seconds(tokenizer: Tokenizer, texts: Sequence[str]) -> float:
    """Take the CPU time of tokenizing some sentences."""
    started = time.process_time()
    for text in texts:
        tokenizer.tokenize(text)
    return time.process_time() - started


def main() -> None:
    """Count and time every row, and write what came out."""
    started = begin(__doc__)
    os.environ["RAYON_NUM_THREADS"] = "1"  # of the tokenizers library, read when it first learns
    texts = corpora()
    rows: list[dict[str, Any]] = []
    for name, seed in tqdm([(name, seed) for name in texts for seed in SPLITS]):
        train, held_out = split(texts[name], seed)
        made = tokenizers(name, train)
        timed: dict[str, list[float]] = {kind: [] for kind in made}
        for tokenizer in made.values():
            tokenizer.tokenize(train[0])  # loads what it needs
        for number in range(CHUNKS):
            for kind, tokenizer in made.items():
                timed[kind].append(seconds(tokenizer, held_out[number::CHUNKS]))
        for kind, tokenizer in made.items():
            row = {"corpus": name, "split": seed, "tokenizer": kind}
            row |= counted(tokenizer, train, held_out)
            ratios = [a / b for a, b in zip(timed[kind], timed["characters"], strict=True)]
            row["microseconds"] = round(1e6 * sum(timed[kind]) / len(held_out), 1)
            row["time_over_characters"] = statistics.median(ratios)
            if isinstance(tokenizer, SubwordTokenizer):
                row["merges"] = len(tokenizer.merges)
                if name.endswith("zh"):
                    row |= beside_jieba(tokenizer, train, held_out)
            rows.append(row)
    write_result(
        "subwords",
        {
            "data": {
                name: {
                    "sentences": len(own),
                    "characters_per_sentence": statistics.mean(map(len, own)),
                    "sha256": hashlib.sha256("\n".join(own).encode()).hexdigest(),
                }
                for name, own in texts.items()
            },
            "settings": {
                "held_out": HELD_OUT,
                "splits": len(SPLITS),
                "sizes": SIZES,
                "rare": RARE,
                "libraries": {library: version(library) for library in ("jieba", "tokenizers")},
            },
            "rows": rows,
        },
        seconds=time.monotonic() - started,
        licence="MIT, as the package: numbers alone",
    )


if __name__ == "__main__":
    main()
