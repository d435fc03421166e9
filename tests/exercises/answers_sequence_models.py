"""The exercises on sequence models: the solution passes, typical mistakes are told apart."""

import math

import torch

from seq2seq_tutor.models import lagged


def stub(*given): ...


def within(*, longer_than=lambda order: order, pair=lagged):
    """Write the function of exercise 3, right but for one part."""

    def windows(series_list, order):
        pairs = [pair(x, order) for x in series_list if len(x) > longer_than(order)]
        xs, ys = zip(*pairs, strict=True)
        return torch.cat(xs), torch.cat(ys)

    return windows


def joined(series_list, order):
    return lagged(torch.cat(series_list), order)


def windows_joined(series_list, order):
    """Cut windows of order + 1 as it should be, but the target from the wrong end."""
    return within(pair=lambda x, n: (lagged(x, n)[0].flip(1), lagged(x, n)[1]))(series_list, order)


def spoils(series_list, order):
    made = within()(series_list, order)
    for series in series_list:
        series.zero_()
    return made


def plain(inside, symbol):
    return inside if symbol in ".\\" else symbol == "("


def escaping(state, symbol):
    inside, escaped = state
    if escaped:
        return inside, False
    if symbol == "\\":
        return inside, True
    return plain(inside, symbol), False


def last_symbol(state, symbol):
    """Look at the last symbol alone: wrong in a run of backslashes."""
    inside, escaped = state
    return (inside if escaped else plain(inside, symbol)), symbol == "\\"


def clears(series_list, order):
    series_list.clear()
    return torch.empty(0, order), torch.empty(0)


def takes_out(series_list, order):
    found = []
    while series_list:
        found.append(series_list.pop(0))
    return within()(found, order)


SOLUTIONS = {
    "sequence_models.1": (0, 1, 2, math.inf),
    "sequence_models.2": ("below", "above"),
    "sequence_models.3": within(),
    "sequence_models.4": escaping,
}
STUBS = {
    "sequence_models.1": (..., ..., ..., ...),
    "sequence_models.2": (..., ...),
    "sequence_models.3": stub,
    "sequence_models.4": stub,
}
GIVEN_AWAY = {  # no message may hold this
    "sequence_models.1": "infinite",
    "sequence_models.2": "leak",
    "sequence_models.3": "torch.cat",
    "sequence_models.4": "escaped",
}
MISTAKES = {
    "sequence_models.1": [
        ((1, 1, 2, math.inf), "The throws: With order 1, the last throws would have to change"),
        ((0, 0, 2, math.inf), "as likely to come next after 2 as after 299"),
        ((0, math.inf, 2, math.inf), "With order inf, the total before the last one"),
        ((0, 2, 2, math.inf), "does it matter that it was 20"),
        ((0, 1, 1, math.inf), "after 10, 1 as after -10, 1"),
        ((0, 1, 3, math.inf), "Which term of the equation"),
        ((0, 1, 2, 64), "settled by 64 symbols"),
        ((0, 1, 2, "none"), "order of the brackets must be 0, 1, 2, ... or math.inf"),
        ((0, 1, 2, -1), "and yours is -1 (int)"),
        ((0, 1.5, 2, math.inf), "and yours is 1.5 (float)"),
        ((0, 1, 2), "must be a tuple of the throws"),
    ],
    "sequence_models.2": [
        (("below", "below"), "no model can be clearly below"),
        (("below", "about"), "twenty random steps of its own"),
        (("about", "above"), "Look at which one it is"),
        (("above", "above"), "you expect it to be 'above'"),
        (("below", 4.47), "yours is 4.47 (float)"),
        ("below", "must be a tuple"),
    ],
    "sequence_models.3": [
        (joined, "they are of two series"),
        (within(longer_than=lambda order: order + 1), "there are 4 windows, and you gave 3"),
        (within(longer_than=lambda order: 0), "raised ValueError: a window of 2"),
        (windows_joined, "row 0 is [101.0, 100.0] with the target 102.0"),
        (within(pair=lambda x, n: (lagged(x, n)[0], lagged(x, n)[0][:, -1])), "comes right after"),
        (within(pair=lambda x, n: lagged(x, n + 1)), "the shapes are (3, 3) and (3,)"),
        (lambda series_list, order: within()(series_list[::-1], order), "is the order kept"),
        (lambda series_list, order: within()(series_list, order)[0], "must be a tuple"),
        (lambda series_list, order: ([[1.0]], [2.0]), "the windows must be a tensor"),
        (spoils, "has changed"),
        (clears, "windows, and you gave 0"),
    ],
    "sequence_models.4": [
        (lambda state, symbol: (plain(state[0], symbol), False), "your state says that we are"),
        (last_symbol, "your state says that we are"),
        (lambda state, symbol: plain(state[0], symbol), "the state must be a tuple"),
        (lambda state, symbol: (1, False), "must be True or False"),
        (lambda inside, escaped, symbol: (inside, escaped), "raised TypeError"),
    ],
}
