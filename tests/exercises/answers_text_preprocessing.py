"""The exercises of text preprocessing: the solution passes, typical mistakes are told apart."""

import torch


def padding(rows, *, pad=0, left=False, invert=False, dtype=torch.bool, width=None):
    width = max(map(len, rows)) if width is None else width
    ids = torch.full((len(rows), width), pad)
    mask = torch.zeros(len(rows), width, dtype=torch.bool)
    for number, row in enumerate(rows):
        place = slice(width - len(row), width) if left else slice(0, len(row))
        ids[number, place] = torch.tensor(row, dtype=torch.int64)
        mask[number, place] = True
    return ids, (~mask if invert else mask).to(dtype)


def padding_that(**options):
    return lambda rows: padding(rows, **options)


def padding_in_place(rows):
    width = max(map(len, rows))
    for row in rows:
        row += [0] * (width - len(row))
    ids = torch.tensor(rows)
    return ids, ids != 0


def padding_without_empty(rows):
    return padding([row for row in rows if row])


def by_budget(lengths, budget):
    lists = []
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if lists and (len(lists[-1]) + 1) * lengths[i] <= budget:
            lists[-1].append(i)
        else:
            lists.append([i])
    return lists


def from_the_longest(lengths, budget):
    lists = []
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if lists and (len(lists[-1]) + 1) * lengths[lists[-1][0]] <= budget:
            lists[-1].append(i)
        else:
            lists.append([i])
    return lists


def unsorted(lengths, budget):
    lists = []
    for i in range(len(lengths)):
        if lists and (len(lists[-1]) + 1) * max(lengths[j] for j in [*lists[-1], i]) <= budget:
            lists[-1].append(i)
        else:
            lists.append([i])
    return lists


def by_sum(lengths, budget):
    lists = []
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if lists and sum(lengths[j] for j in lists[-1]) + lengths[i] <= budget:
            lists[-1].append(i)
        else:
            lists.append([i])
    return lists


def drops_the_long(lengths, budget):
    return [
        kept
        for group in by_budget(lengths, budget)
        if (kept := [i for i in group if lengths[i] <= budget])
    ]


def of_lengths(lengths, budget):
    return [[lengths[i] for i in group] for group in by_budget(lengths, budget)]


def one_each(lengths, budget):
    return [[i] for i in range(len(lengths))]


def sorts_in_place(lengths, budget):
    lengths.sort()
    return by_budget(lengths, budget)


def begins_with_nothing(lengths, budget):
    return [[], *by_budget(lengths, budget)]


def stub(*given): ...


SOLUTIONS = {
    "text_preprocessing.1": (True, False, True, False, False, True),
    "text_preprocessing.2": ("falls", "same", "falls"),
    "text_preprocessing.3": padding,
    "text_preprocessing.4": by_budget,
}
STUBS = {
    "text_preprocessing.1": (..., ..., ..., ..., ..., ...),
    "text_preprocessing.2": (..., ..., ...),
    "text_preprocessing.3": stub,
    "text_preprocessing.4": stub,
}
GIVEN_AWAY = {  # no message may hold this
    "text_preprocessing.1": "NFC",
    "text_preprocessing.2": "keeps what",
    "text_preprocessing.3": "torch.full",
    "text_preprocessing.4": "sorted(",
}
MISTAKES = {
    "text_preprocessing.1": [
        ((False, False, True, False, False, True), "Pair 1 is not as you say"),
        ((True, True, True, False, False, True), "Pair 2 is not as you say"),
        ((True, False, False, False, False, True), "Pair 3 is not as you say"),
        ((True, False, True, True, False, True), "Pair 4 is not as you say"),
        ((True, False, True, False, True, True), "Pair 5 is not as you say"),
        ((True, False, True, False, False, False), "Pair 6 is not as you say"),
        ((True, False, True, False, False, "yes"), "for pair 6 must be True or False"),
        ((True, False, True, False, False, ...), "no answer yet for pair 6"),
        ((True, False), "must be a tuple of pair 1"),
    ],
    "text_preprocessing.2": [
        (("same", "same", "falls"), "Look at the share again"),
        (("rises", "same", "falls"), "Look at the share again"),
        (("falls", "falls", "falls"), "Look at the rate with min_freq=1 again"),
        (("falls", "same", "same"), "Look at the rate with min_freq=2 again"),
        (("falls", "same", "halves"), "write one of 'falls', 'rises', 'same'"),
        ("falls", "must be a tuple"),
    ],
    "text_preprocessing.3": [
        (padding_that(pad=9), "row 1 of ids came out as [8, 9, 9]"),
        (padding_that(left=True), "row 1 of ids came out as [0, 0, 8]"),
        (padding_that(invert=True), "row 0 of ids is right and its mask is [False"),
        (padding_that(dtype=torch.float32), "mask is torch.float32, not torch.bool"),
        (padding_that(width=4), "ids has the shape (2, 4); (B, T) is (2, 3)"),
        (padding_in_place, "the lists that your function was given are now"),
        (padding_without_empty, "the rows [[9], [], [7, 5]], ids has the shape (2, 2)"),
        (lambda rows: padding(rows)[0], "a pair (ids, mask) was to come"),
        (lambda rows: (padding(rows)[0].tolist(), []), "ids is no tensor"),
        (lambda rows: torch.tensor(rows), "your function raised ValueError"),
    ],
    "text_preprocessing.4": [
        (unsorted, "fewer would do"),
        (by_sum, "a list holds"),
        (drops_the_long, "sentence 0 is in 0 lists"),
        (of_lengths, "is no number of a sentence"),
        (one_each, "you have 4 lists"),
        (sorts_in_place, "the list that your function was given has changed"),
        (begins_with_nothing, "one of the lists is empty"),
        (lambda lengths, budget: by_budget(lengths, budget) * 2, "sentence 0 is in 2 lists"),
        (lambda lengths, budget: tuple(range(len(lengths))), "lists of sentence numbers"),
    ],
}
