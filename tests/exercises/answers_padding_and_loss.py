"""The exercises of padding and the loss: the solution passes, typical mistakes are told apart."""

import math

import torch
from torch.nn.functional import cross_entropy

RIGHT = [16 ** (14 / places) for places in (14, 24, 48)]


def last_state(*, forward=lambda lengths: lengths - 1, backward=lambda lengths: lengths * 0):
    """Write the state of exercise 3, with the places of its halves."""

    def state(outputs, lengths):
        rows, hidden = torch.arange(len(lengths)), outputs.shape[-1] // 2
        halves = outputs[rows, forward(lengths), :hidden], outputs[rows, backward(lengths), hidden:]
        return torch.cat(halves, dim=-1)

    return state


def selected(logits, targets):
    real = targets != 0
    return cross_entropy(logits[real], targets[real], reduction="sum"), int(real.sum())


def each(logits, targets):
    return cross_entropy(logits.transpose(1, 2), targets, reduction="none")


def multiplied(logits, targets):
    mask = targets != 0
    return (each(logits, targets) * mask).sum(), mask.sum()


def filled_after(logits, targets):
    mask = targets != 0
    return each(logits, targets).masked_fill(~mask, 0.0).sum(), mask.sum()


def over_width(logits, targets):
    mask = targets != 0
    return (each(logits, targets) * mask).mean(dim=1).sum(), mask.sum()


def everywhere(logits, targets):
    return each(logits, targets).sum(), targets.numel()


def everywhere_right_count(logits, targets):
    return each(logits, targets).sum(), int((targets != 0).sum())


def already_divided(logits, targets):
    nll, tokens = selected(logits, targets)
    return nll / tokens, tokens


def cut_off(logits, targets):
    nll, tokens = selected(logits, targets)
    return nll.detach(), tokens


def as_number(logits, targets):
    nll, tokens = selected(logits, targets)
    return nll.item(), tokens


def stub(*given): ...


SOLUTIONS = {
    "padding_and_loss.1": tuple(RIGHT),
    "padding_and_loss.2": "both",
    "padding_and_loss.3": last_state(),
    "padding_and_loss.4": selected,
}
STUBS = {
    "padding_and_loss.1": (..., ..., ...),
    "padding_and_loss.2": ...,
    "padding_and_loss.3": stub,
    "padding_and_loss.4": stub,
}
GIVEN_AWAY = {  # no message may hold this
    "padding_and_loss.1": "5.04",
    "padding_and_loss.2": "both halves",
    "padding_and_loss.3": "lengths - 1",
    "padding_and_loss.4": "[real]",
}
MISTAKES = {
    "padding_and_loss.1": [
        ((math.log(16), RIGHT[1], RIGHT[2]), "the perplexity, 2.77259 is a mean loss in nats"),
        ((RIGHT[0], RIGHT[0], RIGHT[2]), "bug 6's number, 16 is the summed loss divided by 14.0"),
        ((RIGHT[0], RIGHT[1], RIGHT[1]), "at width 16, 5.03968 is the summed loss divided by 24.0"),
        ((17.0, RIGHT[1], RIGHT[2]), "17 is not what 16 equally likely tokens can give"),
        ((0.5, RIGHT[1], RIGHT[2]), "0.5 is below 1"),
        (("16", RIGHT[1], RIGHT[2]), "a number is wanted, and yours is '16' (str)"),
        ((16, RIGHT[1], ...), "no answer yet for bug 6's number at width 16"),
        (16, "must be a tuple"),
    ],
    "padding_and_loss.2": [
        ("neither", "each half would have read the same numbers in the batch as alone"),
        ("forward", "the backward half would have read the same numbers in the batch as alone"),
        ("backward", "What does the upper one read at each place?"),
        ("left", "yours is 'left' (str)"),
        (2, "yours is 2 (int)"),
    ],
    "padding_and_loss.3": [
        (
            last_state(backward=lambda lengths: lengths - 1),
            "H=3 and lengths=[4, 2, 1], the backward half is not the last state of its direction "
            "in row 0.",
        ),
        (
            last_state(forward=lambda lengths: lengths * 0 + lengths.max() - 1),
            "the forward half is not the last state of its direction in row 1; it is all zeros",
        ),
        (last_state(forward=lambda lengths: lengths * 0), "the forward half is not the last state"),
        (lambda outputs, lengths: outputs[:, -1], "the forward half is not the last state"),
        (lambda outputs, lengths: outputs, "gave shape (3, 4, 6); (B, 2H) is (3, 6) here"),
        (lambda outputs, lengths: lengths.tolist(), "must give a tensor; it gave [4, 2, 1]"),
        (lambda outputs: outputs, "raised TypeError"),
        (3, "must be a function"),
    ],
    "padding_and_loss.4": [
        (multiplied, "with NaN in the logits at the pads, the sum is NaN"),
        (filled_after, "the sum is right, and its gradient is not; there is NaN in it"),
        (over_width, "0.333 times the sum over the 6 real tokens"),
        (everywhere, "the number of tokens is 9 (int) in your answer"),
        (everywhere_right_count, "times the sum over the 6 real tokens"),
        (already_divided, "0.167 times the sum over the 6 real tokens"),
        (cut_off, "the sum has no gradient"),
        (as_number, "must be a tensor with one number"),
        (lambda logits, targets: selected(logits, targets)[0], "must give the sum and the number"),
        (lambda logits: logits, "raised TypeError"),
    ],
}
