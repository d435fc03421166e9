"""The exercises of the chapter on sequence models."""

import math
from typing import Any

import torch
from torch import Tensor

from .._checks import is_int
from .checking import NotYet, ask, parts, shown

_ORDERS = {
    "the throws": (
        0,
        "",
        "With order {}, the last throws would have to change the chances of the next one.",
    ),
    "the running total": (
        1,
        "With order {}, a total of 300 would be as likely to come next after 2 as after 299.",
        "With order {}, the total before the last one would have to change the chances of the next "
        "one, once the last is known. It was 20 and is 24: does it matter that it was 20?",
    ),
    "every second value": (
        2,
        "With order {}, the value two steps back would tell nothing more. Let the last be 1: is "
        "the next one to be expected at the same place after 10, 1 as after -10, 1?",
        "With order {}, something further back would have to tell more. Which term of the equation "
        "would it enter?",
    ),
    "the brackets": (
        math.inf,
        "With order {0}, the next bracket would be settled by {0} symbols. Let all of them be "
        "dots: is it?",
        "",
    ),
}
_PLACES = ("below", "about", "above")
_DRAWN_TEXTS = 30


def exercise_1(answer: Any) -> None:
    """The Markov orders of four processes."""
    for (name, (wanted, too_low, too_high)), order in zip(
        _ORDERS.items(), parts(answer, *_ORDERS), strict=True
    ):
        is_order = is_int(order) or (isinstance(order, float) and order in (0, 1, 2, 3, math.inf))
        if not is_order or order < 0:
            raise NotYet(
                f"The order of {name} must be 0, 1, 2, ... or math.inf, and yours is "
                f"{shown(order)}."
            )
        if order != wanted:
            said = (too_low if order < wanted else too_high).format(order)
            raise NotYet(f"{name[0].upper()}{name[1:]}: {said}")


def exercise_2(answer: Any) -> None:
    """How the nearest window does on random walks, shuffled and in order of time."""
    for name, place in zip(
        ("shuffled", "in order of time"),
        parts(answer, "shuffled_is", "in_order_is"),
        strict=True,
    ):
        if place not in _PLACES:
            raise NotYet(
                f"The answer for {name} must be 'below', 'about' or 'above', and yours is "
                f"{shown(place)}."
            )
    shuffled, in_order = answer
    if in_order == "below":
        raise NotYet(
            "In order of time, no model can be clearly below the best that is possible. Where "
            "would it know the steps of the next twenty days from?"
        )
    if in_order == "about":
        raise NotYet(
            "In order of time: the nearest window lies elsewhere in the walk, and its target has "
            "twenty random steps of its own. They are added to those that nobody knows. Does that "
            "leave the error where it was?"
        )
    if shuffled != "below":
        raise NotYet(
            f"Shuffled, you expect it to be {shown(shuffled)}. That would be so if the nearest "
            "window were some other place in the walk. Look at which one it is: by how many places "
            "does it differ?"
        )


def exercise_3(answer: Any) -> None:
    """Windows within each of several series."""
    tens = torch.arange(10, dtype=torch.float64)
    for lengths, order in (((5, 4), 2), ((6,), 3), ((3, 2, 5), 2), ((4, 1, 3, 6), 3), ((2, 7), 1)):
        series_list = [100 * number + tens[:length] for number, length in enumerate(lengths, 1)]
        given = [series.clone() for series in series_list]
        case = f"series of the lengths {', '.join(map(str, lengths))} and order {order}"
        windows, targets = _two_tensors(ask(answer, list(given), order, case=case), case)
        if not all(map(torch.equal, given, series_list)):
            raise NotYet(f"For {case}, a series that your function was given has changed.")
        rows = [
            (*series[i : i + order].tolist(), float(series[i + order]))
            for series in series_list
            for i in range(len(series) - order)
        ]
        if windows.dim() != 2 or windows.shape[1] != order or targets.shape != windows.shape[:1]:
            raise NotYet(
                f"For {case}, the shapes are {tuple(windows.shape)} and {tuple(targets.shape)}; "
                f"(N, {order}) and (N,) were to come."
            )
        found = [
            (*w, y)
            for w, y in zip(windows.double().tolist(), targets.double().tolist(), strict=True)
        ]
        for row in found:
            if len({value // 100 for value in row}) > 1:
                raise NotYet(
                    f"For {case}, the values of which begin with 100, 200, ..., there is a window "
                    f"{list(row[:-1])} with the target {row[-1]}: they are of two series."
                )
        if len(found) != len(rows):
            raise NotYet(f"For {case}, there are {len(rows)} windows, and you gave {len(found)}.")
        for number, (row, wanted) in enumerate(zip(found, rows, strict=True)):
            if row != wanted:
                raise NotYet(
                    f"For {case}, row {number} is {list(row[:-1])} with the target {row[-1]}; "
                    "is that a value that comes right after its window, and is the order kept?"
                )


def exercise_4(answer: Any) -> None:
    """A state that knows inside from outside where a backslash takes away a meaning."""
    texts = [".(..).(", r".(.\).).", r"\(.(.", r"\\(.)", r"\\\(.(", r"\.(.)"]
    texts += [_escaped_text() for _ in range(_DRAWN_TEXTS)]
    for text in texts:
        state: Any = (False, False)
        for length, (symbol, wanted) in enumerate(zip(text, _inside(text), strict=True), 1):
            case = f"the text {text[:length]}"
            state = ask(answer, state, symbol, case=case)
            if not isinstance(state, tuple) or not state:
                raise NotYet(f"For {case}, the state must be a tuple; it is {shown(state)}.")
            if not isinstance(state[0], bool):
                raise NotYet(
                    f"For {case}, the state's first element must be True or False; it is "
                    f"{shown(state[0])}."
                )
            if state[0] != wanted:
                where = "inside" if state[0] else "outside"
                raise NotYet(f"After {case}, your state says that we are {where}.")


def _two_tensors(made: Any, case: str) -> tuple[Tensor, Tensor]:
    """Take the windows and the targets apart."""
    windows, targets = parts(made, "the windows", "the targets")
    for name, tensor in (("windows", windows), ("targets", targets)):
        if not isinstance(tensor, Tensor):
            raise NotYet(f"For {case}, the {name} must be a tensor; they are {shown(tensor)}.")
    return windows, targets


def _escaped_text() -> str:
    """Draw a text whose brackets open and close in turn, as far as they count."""
    text, inside = "", False
    for kind in torch.randint(4, (12,)).tolist():
        if kind == 0:
            text += "."
        elif kind == 1:
            text += ")" if inside else "("
            inside = not inside
        else:
            text += "\\" + "\\().\\"[int(torch.randint(5, ()))]
    return text


def _inside(text: str) -> list[bool]:
    """Tell for each beginning of a text whether it ends inside, by removing what has no meaning."""
    found = []
    for length in range(1, len(text) + 1):
        counted, place = "", 0
        while place < length:
            if text[place] == "\\":
                place += 2
            else:
                counted += text[place]
                place += 1
        found.append(counted.count("(") > counted.count(")"))
    return found
