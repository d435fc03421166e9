"""Our segmenter beside jieba's: whether they agree, how fast, how large, and how both score.

    .venv/bin/python benchmarks/segmentation.py

writes seq2seq_tutor/results/segmentation.json. Needs the data set uner-chinese-gsdsimp. Chapter:
Chinese segmentation. The two segmenters take turns, and CPU time is what counts.
"""

import inspect
import random
import re
import statistics
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from itertools import accumulate, pairwise
from typing import Any

from provenance import begin, write_result
from seq2seq_tutor.data import load, segmented_sample
from seq2seq_tutor.metrics import segmentation_scores
from seq2seq_tutor.text import (
    Dictionary,
    WordTagModel,
    backward_maximum_matching,
    best_path,
    bidirectional_maximum_matching,
    estimate_hmm,
    forward_maximum_matching,
    jieba_dictionary,
    join_letters,
    segment,
)
from seq2seq_tutor.text.tokenizers import _jieba

ROUNDS, LOADS = 9, 5
RESAMPLES = 2000
# An HMM that says "a word of its own" everywhere: what is left of jieba's is its number pattern.
ALL_SINGLE = WordTagModel(
    {"S": 0.0},
    {tag: {"S": 0.0} for tag in "ES"} | {"B": {}, "M": {}},
    {tag: {} for tag in "BMES"},
    {"B": -9.0, "M": -9.0, "E": -9.0, "S": 0.0},
)
NO_WORD = Dictionary.build({"\0": 1})  # every text is single characters
# Which differences of F1 are given with an interval.
PAIRS = (
    ("best path", "forward matching"),
    ("best path + number pattern", "best path"),
    ("best path + HMM", "best path + number pattern"),
    ("jieba's dictionary + counted HMM", "best path + HMM"),
    ("counted dictionary", "best path"),
    ("counted dictionary + jieba's HMM", "best path + HMM"),
    ("counted dictionary + counted HMM", "best path + HMM"),
)
Cut = Callable[[str], list[str]]


def cpu_seconds(work: Callable[[], Any]) -> float:
    """Do some work; give the seconds that it took of a processor."""
    started = time.process_time()
    work()
    return time.process_time() - started


def take_turns(ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int) -> dict[str, Any]:
    """Time two functions in turn; give the medians, and the ratios with their range."""
    times = [(cpu_seconds(ours), cpu_seconds(theirs)) for _ in range(rounds)]
    ratios = [own / their for own, their in times]
    return {
        "seconds": round(statistics.median(own for own, _ in times), 3),
        "seconds_jieba": round(statistics.median(their for _, their in times), 3),
        "ratio": round(statistics.median(ratios), 2),
        "ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
    }


def beside_jieba(texts: Sequence[str], *, hmm: bool) -> dict[str, Any]:
    """Compare the words of all texts, and the time."""
    jieba = _jieba()
    equal = sum(segment(text, hmm=hmm) == jieba.lcut(text, HMM=hmm) for text in texts)
    speed = take_turns(
        lambda: [segment(text, hmm=hmm) for text in texts],
        lambda: [jieba.lcut(text, HMM=hmm) for text in texts],
        ROUNDS,
    )
    return {
        "hmm": hmm,
        "sentences": len(texts),
        "characters": sum(map(len, texts)),
        "equal": equal,
        **speed,
    }


def mebibytes(make: Callable[[], Any]) -> float:
    """Give the memory that what a function makes takes, as Python's allocator counts it."""
    tracemalloc.start()
    made = make()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del made
    return round(size / 2**20, 1)


def jieba_s_dictionary() -> Any:
    """Read the dictionary as jieba does without its cache file."""
    jieba = _jieba()
    with jieba.get_dict_file() as lines:
        return jieba.gen_pfdict(lines)


def cuts(train: Sequence[Sequence[str]]) -> dict[str, Cut]:
    """Give every way to segment that is scored, by its name."""
    counted = Dictionary.build(Counter(word for words in train for word in words))
    estimated = estimate_hmm(train)

    def joined(cut: Callable[[str, Dictionary], list[str]]) -> Cut:
        return lambda text: join_letters(cut(text, jieba_dictionary()))

    return {
        "single characters": lambda text: join_letters(list(text)),
        "forward matching": joined(forward_maximum_matching),
        "backward matching": joined(backward_maximum_matching),
        "bidirectional matching": joined(bidirectional_maximum_matching),
        "best path": joined(best_path),
        "best path + number pattern": partial(segment, hmm=ALL_SINGLE),
        "best path + HMM": segment,
        "jieba's dictionary + counted HMM": partial(segment, hmm=estimated),
        "counted dictionary": partial(segment, dictionary=counted, hmm=False),
        "counted dictionary + jieba's HMM": partial(segment, dictionary=counted),
        "counted dictionary + counted HMM": partial(segment, dictionary=counted, hmm=estimated),
        "counted HMM alone": partial(segment, dictionary=NO_WORD, hmm=estimated),
    }


def wrong_words(
    predicted: Sequence[Sequence[str]], gold: Sequence[Sequence[str]]
) -> dict[str, int]:
    """Count the wrong words that join whole gold words, lie inside one, and cut across one."""
    kinds = {"coarser": 0, "finer": 0, "across": 0}
    for ours, theirs in zip(predicted, gold, strict=True):
        places = [0, *accumulate(map(len, theirs))]
        for start, end in pairwise(accumulate(map(len, ours), initial=0)):
            inner = [place for place in places if start < place < end]
            if start in places and end in places:
                kinds["coarser"] += bool(inner)  # without one it is correct
            else:
                kinds["across" if inner else "finer"] += 1
    return kinds


def row(
    name: str,
    predicted: Sequence[Sequence[str]],
    gold: Sequence[Sequence[str]],
    training: Collection[str],
) -> dict[str, Any]:
    """Score one way to segment; OOV are words that the training split lacks."""
    scores = segmentation_scores(predicted, gold, known_words=training)
    # Words of two or more Chinese characters that jieba's dictionary lacks.
    not_new = {
        word
        for words in gold
        for word in words
        if word in jieba_dictionary() or not re.fullmatch("[\u4e00-\u9fd5]{2,}", word)
    }
    new = segmentation_scores(predicted, gold, known_words=not_new)
    in_neither = segmentation_scores(predicted, gold, known_words=not_new | set(training))
    return {
        "cut": name,
        **scores._asdict(),
        "wrong": wrong_words(predicted, gold),
        "new_words": new.oov,
        "new_words_correct": new.oov_correct,
        "in_neither": in_neither.oov,
        "in_neither_correct": in_neither.oov_correct,
    }


def differences(
    predicted: Mapping[str, Sequence[Sequence[str]]], gold: Sequence[Sequence[str]]
) -> list[dict[str, Any]]:
    """Give the differences of F1 with their 95 % intervals over resampled sentences."""
    counts = {
        name: [
            segmentation_scores([ours], [theirs]) for ours, theirs in zip(found, gold, strict=True)
        ]
        for name, found in predicted.items()
    }

    def f1(name: str, chosen: Sequence[int]) -> float:
        rows = [counts[name][number] for number in chosen]
        return 2 * sum(r.correct for r in rows) / sum(r.predicted + r.gold for r in rows)

    draw = random.Random(0)
    everyone = range(len(gold))
    samples = [draw.choices(everyone, k=len(gold)) for _ in range(RESAMPLES)]
    found = []
    for better, worse in PAIRS:
        resampled = sorted(f1(better, chosen) - f1(worse, chosen) for chosen in samples)
        edge = RESAMPLES // 40
        found.append(
            {
                "cut": better,
                "minus": worse,
                "f1": f1(better, everyone) - f1(worse, everyone),
                "interval": [resampled[edge], resampled[-edge - 1]],
            }
        )
    return found


def main() -> None:
    """Compare, time and score, and write what came out."""
    started = begin(__doc__)
    splits = {
        name: [sentence.words for sentence in sentences]
        for name, sentences in load("uner-chinese-gsdsimp").items()
    }
    texts = {
        "hsk": [pair.src for pair in load("hsk")],
        "uner-chinese-gsdsimp": ["".join(words) for part in splits.values() for words in part],
    }
    training = {word for words in splits["train"] for word in words}
    tested = [word for words in splits["test"] for word in words]
    gold = {"uner-chinese-gsdsimp, test": splits["test"], "our sample": segmented_sample()}
    predicted = {
        name: {
            cut_name: [cut("".join(words)) for words in sentences]
            for cut_name, cut in cuts(splits["train"]).items()
        }
        for name, sentences in gold.items()
    }
    write_result(
        "segmentation",
        {
            "jieba": version("jieba"),
            "beside_jieba": {
                name: [beside_jieba(sentences, hmm=hmm) for hmm in (False, True)]
                for name, sentences in texts.items()
            },
            "dictionary": {
                "words": sum(word in jieba_dictionary() for word in jieba_dictionary().frequencies),
                "mebibytes_tracemalloc": mebibytes(inspect.unwrap(jieba_dictionary)),
                "mebibytes_tracemalloc_jieba": mebibytes(jieba_s_dictionary),
                "load": take_turns(inspect.unwrap(jieba_dictionary), jieba_s_dictionary, LOADS),
            },
            "training": {
                "sentences": len(splits["train"]),
                "words": sum(map(len, splits["train"])),
                "different_words": len(training),
            },
            "test": {
                "words": len(tested),
                "oov": sum(word not in training for word in tested),
                "oov_in_jieba": sum(
                    word not in training and word in jieba_dictionary() for word in tested
                ),
            },
            "scores": {
                name: [
                    row(cut_name, found, sentences, training)
                    for cut_name, found in predicted[name].items()
                ]
                for name, sentences in gold.items()
            },
            "resamples": RESAMPLES,
            "differences": {
                name: differences(predicted[name], sentences) for name, sentences in gold.items()
            },
        },
        seconds=time.monotonic() - started,
        licence="counts and scores; uner-chinese-gsdsimp (CC BY-SA 4.0) is not part of this file",
    )


if __name__ == "__main__":
    main()
