"""The exercises of the chapter on padding and the loss."""

import math
from typing import Any

import torch
from torch import Tensor, nn

from .._checks import is_int, is_number
from ..data import mask_from_lengths
from ..models import Recurrent
from ..text import PAD
from .checking import NotYet, ask, parts, shown

_TOLERANCE = 1e-3
_LENGTHS, _VOCAB, _WIDTHS = (2, 4, 8), 16, (8, 16)
_HALVES = {
    "neither": "Then each half would have read the same numbers in the batch as alone. Begin at "
    "the far end of a padded row: what is read first?",
    "forward": "Then the backward half would have read the same numbers in the batch as alone. "
    "Begin at the far end of a padded row: what is read first?",
    "backward": "That holds for the lower layer, which reads tokens. What does the upper one read "
    "at each place?",
    "both": "",
}


def exercise_1(answer: Any) -> None:
    """The perplexity of a model that knows nothing, divided rightly and by all places."""
    names = ("the perplexity", "bug 6's number", "bug 6's number at width 16")
    tokens = sum(_LENGTHS)
    counts = (tokens, *(len(_LENGTHS) * width for width in _WIDTHS))
    for name, value, count in zip(names, parts(answer, *names), counts, strict=True):
        if not is_number(value):
            raise NotYet(f"For {name}, a number is wanted, and yours is {shown(value)}.")
        wanted = math.exp(tokens * math.log(_VOCAB) / count)
        if not abs(float(value) - wanted) < 0.01:
            raise NotYet(f"For {name}, {_about(float(value), count)}")


def exercise_2(answer: Any) -> None:
    """Which halves of the outputs of a bidirectional network of two layers the pads reach."""
    if not isinstance(answer, str) or answer not in _HALVES:
        raise NotYet(
            "The answer must be 'neither', 'forward', 'backward' or 'both', and yours is "
            f"{shown(answer)}."
        )
    if _HALVES[answer]:
        raise NotYet(_HALVES[answer])


@torch.no_grad()
def exercise_3(answer: Any) -> None:
    """The last state of both directions, out of packed outputs, in several sizes."""
    for hidden, lengths in ((3, [4, 2, 1]), (5, [3, 3]), (2, [1]), (4, [2, 5, 3, 5])):
        case = f"H={hidden} and lengths={lengths}"
        recurrent, given = Recurrent(3, hidden, bidirectional=True), torch.tensor(lengths)
        for parameter in recurrent.parameters():
            parameter.mul_(2)  # so that a wrong place shows plainly
        x = torch.randn(len(lengths), max(lengths), 3)
        outputs, (state,) = recurrent(x, lengths=given)
        found = ask(answer, outputs.clone(), given.clone(), case=case)
        _check_state(found, state[-1], hidden, case)


def exercise_4(answer: Any) -> None:
    """A loss that is the sum over the real tokens, whatever stands at the pads."""
    for lengths, vocab in (([3, 1, 2], 6), ([2, 2], 9), ([1], 5), ([4, 1], 7)):
        mask = mask_from_lengths(torch.tensor(lengths), max(lengths))
        targets = torch.randint(PAD + 1, vocab, mask.shape).masked_fill(~mask, PAD)
        clean = torch.randn(*mask.shape, vocab)
        fillings = {"": None, ", with 1000 in the logits at the pads": 1e3}
        fillings[", with NaN in the logits at the pads"] = math.nan
        for junk, value in fillings.items():
            case = f"targets of {lengths} tokens{junk}"
            logits = clean.clone()
            if value is not None:
                logits[~mask] = value
            _check_loss(answer, logits.requires_grad_(), targets, mask, case)


def _about(value: float, count: int) -> str:
    """Say what is wrong with a perplexity, from what it would mean."""
    if not value >= 1:
        return f"{value:g} is below 1, and no perplexity is."
    if math.isclose(value, math.log(_VOCAB), abs_tol=0.01):
        return f"{value:g} is a mean loss in nats; its exponential is asked for."
    if value == 1 or value > _VOCAB + 0.01:
        return f"{value:g} is not what {_VOCAB} equally likely tokens can give."
    # exp(tokens * log V / n) = value
    places = sum(_LENGTHS) * math.log(_VOCAB) / math.log(value)
    return f"{value:g} is the summed loss divided by {places:.1f}. How many places are counted?"


def _check_state(found: Any, wanted: Tensor, hidden: int, case: str) -> None:
    """Compare a state with the right one, half by half."""
    if not isinstance(found, Tensor):
        raise NotYet(f"For {case}, your function must give a tensor; it gave {shown(found)}.")
    if found.shape != wanted.shape:
        raise NotYet(
            f"For {case}, your function gave shape {tuple(found.shape)}; (B, 2H) is "
            f"{tuple(wanted.shape)} here."
        )
    halves = (slice(0, hidden), slice(hidden, None))
    wrong = [not torch.allclose(found[:, h], wanted[:, h], atol=_TOLERANCE) for h in halves]
    for half, is_wrong, part in zip(("forward", "backward"), wrong, halves, strict=True):
        if is_wrong:
            rows = (found[:, part] - wanted[:, part]).abs().amax(dim=1) > _TOLERANCE
            zero = bool((found[rows, part] == 0).all())
            raise NotYet(
                f"For {case}, the {half} half is not the last state of its direction in row "
                f"{int(rows.nonzero()[0])}" + ("; it is all zeros there." if zero else ".")
            )


def _check_loss(answer: Any, logits: Tensor, targets: Tensor, mask: Tensor, case: str) -> None:
    """Compare a loss, its count and its gradient with the right ones."""
    result = ask(answer, logits, targets.clone(), case=case)
    if not isinstance(result, tuple) or len(result) != 2:
        raise NotYet(
            f"For {case}, your function must give the sum and the number of tokens; it gave "
            f"{shown(result)}."
        )
    found, count = result
    if isinstance(count, Tensor) and count.numel() == 1:
        count = count.item()
    tokens = int(mask.sum())
    if not is_int(count) or count != tokens:
        raise NotYet(f"For {case}, the number of tokens is {shown(count)} in your answer.")
    if not isinstance(found, Tensor) or found.dim() != 0:
        raise NotYet(f"For {case}, the sum must be a tensor with one number; it is {shown(found)}.")
    again = logits.detach().clone().requires_grad_()
    wanted = nn.functional.cross_entropy(again[mask], targets[mask], reduction="sum")
    if torch.isnan(found):
        raise NotYet(f"For {case}, the sum is NaN.")
    if not torch.allclose(found, wanted, atol=_TOLERANCE):
        ratio = float(found.detach() / wanted.detach())
        raise NotYet(
            f"For {case}, the sum is {found.item():.4f}, {ratio:.3f} times the sum over the "
            f"{tokens} real tokens."
        )
    if not found.requires_grad:
        raise NotYet(f"For {case}, the sum has no gradient, so nothing can be learned from it.")
    (ours,) = torch.autograd.grad(found, logits)
    (theirs,) = torch.autograd.grad(wanted, again)
    if not torch.allclose(ours, theirs, atol=_TOLERANCE):
        raise NotYet(
            f"For {case}, the sum is right, and its gradient is not"
            + ("; there is NaN in it." if bool(ours.isnan().any()) else ".")
        )
