"""How fast BLEU and its bootstrap are beside sacreBLEU's, and whether they agree.

    .venv/bin/python benchmarks/bleu.py

writes seq2seq_tutor/results/bleu.json. Both sides begin with the same texts: ours splits them at
spaces, sacreBLEU is told to (tokenize="none"). The two take turns, and CPU time is what counts.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from sacrebleu import BLEU
from sacrebleu.significance import PairedTest, Result

from provenance import write_result
from seq2seq_tutor.metrics import corpus_bleu, paired_bootstrap

PAIRS, ROUNDS, RESAMPLES = 10_000, 9, 1_000
VOCABULARY = 5_000


def references(draw: random.Random) -> list[str]:
    """Make sentences of 4 to 30 words, the frequencies of which fall as in a language."""
    words = [f"w{number}" for number in range(VOCABULARY)]
    weights = [1 / (number + 10) for number in range(VOCABULARY)]
    return [" ".join(draw.choices(words, weights, k=draw.randint(4, 30))) for _ in range(PAIRS)]


def system(texts: list[str], error: float, draw: random.Random) -> list[str]:
    """Exchange or leave out a share of the words."""
    worse = []
    for text in texts:
        words = [w if draw.random() > error else f"w{draw.randrange(99)}" for w in text.split()]
        worse.append(" ".join(word for word in words if draw.random() > error / 4))
    return worse


def tokens(texts: list[str]) -> list[list[str]]:
    """Split texts at spaces."""
    return [text.split() for text in texts]


def cpu_seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """Do some work; give the seconds that it took of a processor, and what it found."""
    started = time.process_time()
    found = work()
    return time.process_time() - started, found


def take_turns(ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int) -> dict[str, Any]:
    """Time two functions in turn; give the medians, the ratios, and what they found."""
    times: list[tuple[float, float]] = []
    for _ in range(rounds):
        own, found = cpu_seconds(ours)
        their, expected = cpu_seconds(theirs)
        times.append((own, their))
    ratios = [own / their for own, their in times]
    return {
        "seconds": round(statistics.median(own for own, _ in times), 4),
        "seconds_sacrebleu": round(statistics.median(their for _, their in times), 4),
        "ratio": round(statistics.median(ratios), 3),
        "ratio_range": [round(min(ratios), 3), round(max(ratios), 3)],
        "found": found,
        "found_sacrebleu": expected,
    }


def main() -> None:
    """Time corpus BLEU and the paired bootstrap, and write what came out."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    started = time.monotonic()
    draw = random.Random(0)
    refs = references(draw)
    a, b = system(refs, 0.30, draw), system(refs, 0.305, draw)
    metric = BLEU(tokenize="none", smooth_method="none", force=True)

    def own_bleu() -> float:
        return corpus_bleu(tokens(a), [[each] for each in tokens(refs)]).score

    def own_test() -> tuple[float, float]:
        found = paired_bootstrap(
            tokens(a), tokens(b), [[each] for each in tokens(refs)], resamples=RESAMPLES
        )
        return found.score_b, found.p_value

    def their_test() -> tuple[float, float | None]:
        test = PairedTest([("a", a), ("b", b)], {"BLEU": metric}, [refs], "bs", RESAMPLES)
        found = test()[1]["BLEU"][1]
        if not isinstance(found, Result):
            raise TypeError(f"not a result: {found!r}")
        return found.score, found.p_value

    bleu = take_turns(own_bleu, lambda: metric.corpus_score(a, [refs]).score, ROUNDS)
    if abs(bleu["found"] - bleu["found_sacrebleu"]) > 1e-9:
        raise ValueError(f"not equal: {bleu}")
    write_result(
        "bleu",
        {
            "pairs": PAIRS,
            "words": sum(len(text.split()) for text in refs),
            "rounds": ROUNDS,
            "corpus_bleu": bleu,
            "paired_bootstrap": {
                "resamples": RESAMPLES,
                **take_turns(own_test, their_test, 2),
            },
        },
        seconds=time.monotonic() - started,
        licence="MIT; the sentences are random",
    )


if __name__ == "__main__":
    main()
