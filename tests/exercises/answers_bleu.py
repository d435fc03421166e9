"""The exercises of BLEU: the solution passes, typical mistakes are told apart."""

import math
import random


def penalty(hypotheses, references, *, pick=None, tie=min):
    def closest(own, length):
        return tie(own, key=lambda n: abs(n - length))

    pick = pick or (lambda own, length: closest(sorted(own), length))
    c = sum(map(len, hypotheses))
    r = sum(
        pick([len(each) for each in own], len(hypothesis))
        for hypothesis, own in zip(hypotheses, references, strict=True)
    )
    if c == 0:
        return 0.0
    return math.exp(min(0, 1 - r / c))


def variant(pick):
    return lambda hypotheses, references: penalty(hypotheses, references, pick=pick)


def mean_of_sentences(hypotheses, references):
    each = [penalty([h], [r]) for h, r in zip(hypotheses, references, strict=True)]
    return sum(each) / len(each)


def upside_down(hypotheses, references):
    c = sum(map(len, hypotheses))
    r = sum(min(map(len, own)) for own in references)
    return 1.0 if c < r else math.exp(1 - c / r)


def unguarded(hypotheses, references):
    c = sum(map(len, hypotheses))
    r = sum(
        min(map(len, own), key=lambda n, h=h: (abs(n - len(h)), n))
        for h, own in zip(hypotheses, references, strict=True)
    )
    return math.exp(min(0, 1 - r / c))


def first_wins_ties(own, length):
    return min(own, key=lambda n: abs(n - length))


def bleu_from(rows):
    c, r, *counts = map(sum, zip(*rows, strict=True))
    matched, total = counts[::2], counts[1::2]
    if 0 in matched:
        return 0.0
    mean_log = sum(math.log(m / t) for m, t in zip(matched, total, strict=True)) / len(matched)
    return 100 * math.exp(min(0, 1 - r / c) + mean_log)


def win_share(rows_a, rows_b, draws):
    wins = 0
    for draw in draws:
        wins += bleu_from([rows_a[i] for i in draw]) > bleu_from([rows_b[i] for i in draw])
    return wins / len(draws)


def not_behind(rows_a, rows_b, draws):
    return 1 - win_share(rows_b, rows_a, draws)


def of_sentences(rows_a, rows_b, draws):
    """Compare the means of sentence scores, smoothed by adding one match."""

    def mean(rows, draw):
        return sum((rows[i][2] + 1) / (rows[i][3] + 1) for i in draw)

    return sum(mean(rows_a, d) > mean(rows_b, d) for d in draws) / len(draws)


def unpaired(rows_a, rows_b, draws):
    draw = random.Random(0)
    shuffled = draw.sample(draws, len(draws))
    wins = [
        bleu_from([rows_a[i] for i in d]) > bleu_from([rows_b[i] for i in e])
        for d, e in zip(draws, shuffled, strict=True)
    ]
    return sum(wins) / len(wins)


def whole(rows_a, rows_b, draws):
    return float(bleu_from(rows_a) > bleu_from(rows_b))


def stub(*given): ...


SOLUTIONS = {
    "bleu.1": (1.0, 0.684),
    "bleu.2": ("stays", "half"),
    "bleu.3": penalty,
    "bleu.4": win_share,
}
STUBS = {
    "bleu.1": (..., ...),
    "bleu.2": (..., ...),
    "bleu.3": stub,
    "bleu.4": stub,
}
GIVEN_AWAY = {  # no message may hold this
    "bleu.1": "0.68",
    "bleu.2": "'half'",
    "bleu.3": "closest",
    "bleu.4": "bleu_from(",
}
MISTAKES = {
    "bleu.1": [
        ((0.684, 0.684), "is the mean of the sentences' penalties"),
        ((0.37, 0.684), "The corpus' penalty is not 0.37"),
        ((1, 0.368), "Your mean is the penalty of the first sentence"),
        ((1, 1), "the other is longer than its own"),
        ((1, 0.86), "the other is longer than its own"),
        ((100, 68.4), "must lie between 0 and 1, and yours is 100"),
        ((1, ...), "no answer yet for the mean"),
        ((1, "0.7"), "The mean must be a number"),
        (1.0, "must be a tuple"),
    ],
    "bleu.2": [
        (("rises", "half"), "counted four times now"),
        (("falls", "same"), "counted four times now"),
        (("stays", "same"), "fall with the number of draws"),
        (("stays", "quarter"), "fall with the number of draws"),
        (("same", "half"), "The score must be one of"),
        (("stays", 0.5), "The width must be one of"),
        ("stays", "must be a tuple"),
    ],
    "bleu.3": [
        (variant(lambda own, length: min(own)), "references of 3 and 10"),
        (variant(lambda own, length: max(own)), "references of 11 and 8"),
        (variant(lambda own, length: sum(own) / len(own)), "references of 11 and 8"),
        (variant(lambda own, length: own[0]), "references of 11 and 8"),
        (variant(first_wins_ties), "references of 8 and 6"),
        (mean_of_sentences, "a corpus of 4 and 10 tokens"),
        (upside_down, "7 tokens and one reference of 11"),
        (unguarded, "one empty hypothesis alone, your function raised ZeroDivisionError"),
        (lambda h, r: len(h[0]) / len(r[0][0]), "7 tokens and one reference of 11"),
        (lambda h, r: "1", "must be a number"),
        (lambda h: 1.0, "raised TypeError"),
        (0.8, "must be a function"),
    ],
    "bleu.4": [
        (not_behind, "a system against itself"),
        (of_sentences, "and that is not in how many"),
        (unpaired, "your function gave"),
        (whole, "now one is ahead"),
        (lambda a, b, d: 1 - win_share(a, b, d), "a perfect system against a worse one"),
        (lambda a, b, d: 100 * win_share(a, b, d), "a share lies between 0 and 1"),
        (lambda a, b, d: len(d) * win_share(a, b, d), "a share lies between 0 and 1"),
        (lambda a, b: 0.5, "raised TypeError"),
        (0.5, "must be a function"),
    ],
}
