"""The exercises of teacher forcing: the solution passes, typical mistakes are told apart."""

import math

import torch


def inverse_sigmoid(step, k):
    small = k * math.exp(-step / k)
    return small / (small + 1)


def draws(shares, generator):
    return torch.multinomial(shares, 1, generator=generator).squeeze(1)


def loop_of(
    *,
    own=lambda logits, generator: draws(logits.softmax(-1), generator),
    first=1,
    choose=lambda coins, reference, own: torch.where(coins, reference, own),
    result=lambda logits: torch.stack(logits, dim=1),
):
    """Write the loop of exercise 4, right but for one part."""

    def fed(model, batch, use_reference, generator):
        state = model.start(batch.src, batch.src_lengths)
        logits = []
        for t, reference in enumerate(batch.tgt_in.unbind(dim=1)):
            token = reference
            if t >= first:
                last = logits[-1] if logits else torch.zeros(len(reference), 9)
                token = choose(use_reference[:, t], reference, own(last, generator))
            output = model.step(token, state)
            logits.append(output.logits)
            state = output.state
        return result(logits)

    return fed


def once_for_all(model, batch, use_reference, generator):
    drawn = []

    def own(logits, generator):
        drawn.append(draws(logits.softmax(-1), generator))
        return drawn[0]

    return loop_of(own=own)(model, batch, use_reference, generator)


def one_for_the_batch(logits, generator):
    return draws(logits.softmax(-1)[:1], generator).expand(len(logits))


def fixed_draws(logits, generator):
    return draws(logits.softmax(-1), torch.Generator().manual_seed(len(logits)))


def stub(*given): ...


SOLUTIONS = {
    "teacher_forcing.1": (0.729, 0.813),
    "teacher_forcing.2": 0.68,
    "teacher_forcing.3": inverse_sigmoid,
    "teacher_forcing.4": loop_of(),
}
STUBS = {
    "teacher_forcing.1": (..., ...),
    "teacher_forcing.2": ...,
    "teacher_forcing.3": stub,
    "teacher_forcing.4": stub,
}
GIVEN_AWAY = {  # no message may hold this
    "teacher_forcing.1": "0.8",
    "teacher_forcing.2": "0.68",
    "teacher_forcing.3": "-step",
    "teacher_forcing.4": "softmax",
}
MISTAKES = {
    "teacher_forcing.1": [
        ((0.9, 0.9), "of 1000 answers 900"),
        ((0.7, 0.813), "of 1000 answers 700"),
        ((0.729, 0.9), "A share of tokens of 0.9"),
        ((0.729, 0.729), "A share of tokens of 0.729"),
        ((72.9, 81.3), "lies between 0 and 1"),
        (("0.729", 0.9), "yours is '0.729' (str)"),
        ((0.729, ...), "no answer yet for the share of tokens"),
        (0.729, "must be a tuple of"),
    ],
    "teacher_forcing.2": [
        (1.0, "which letter follows which"),
        (0.5, "equally frequent"),
        (0.8, "the four strings"),
        (0.9, "the four strings"),
        (68, "lies between 0 and 1"),
        ("0.7", "must be a number"),
    ],
    "teacher_forcing.3": [
        (lambda step, k: k / (k + math.exp(step / k)), "raised OverflowError"),
        (lambda step, k: 1 - inverse_sigmoid(step, k), "the formula says"),
        (lambda step, k: 1 / (1 + math.exp(min(step / k, 700))), "the formula says"),
        (lambda step, k: k / (step + 1) + 1, "no probability"),
        (lambda step, k: torch.tensor(inverse_sigmoid(step, k)), "no float"),
        (lambda step: 0.5, "raised TypeError"),
    ],
    "teacher_forcing.4": [
        (loop_of(own=lambda logits, _: logits.argmax(-1)), "was fed in 100% of the rows"),
        (
            loop_of(own=lambda logits, generator: draws(logits.isfinite().float(), generator)),
            "a probability of 0.7 was fed in",
        ),
        (loop_of(own=lambda logits, generator: draws(logits, generator)), "raised RuntimeError"),
        (
            loop_of(choose=lambda coins, reference, own: torch.where(coins, own, reference)),
            "something else than the reference at step 3",
        ),
        (loop_of(choose=lambda coins, reference, own: own), "something else than the reference"),
        (loop_of(first=9), "where the coin is 0"),
        (loop_of(first=0), "is not BOS"),
        (loop_of(own=one_for_the_batch), "of the rows"),
        (once_for_all, "the same token as step 2"),
        (
            loop_of(own=lambda logits, _: draws(logits.softmax(-1), None)),
            "two different feeds",
        ),
        (loop_of(own=fixed_draws), "the same token as step 2"),
        (
            loop_of(
                own=lambda logits, generator: draws(logits.softmax(-1), generator).unsqueeze(1),
                choose=lambda coins, reference, own: torch.where(
                    coins[:, None], reference[:, None], own
                ),
            ),
            "was fed a tensor of shape (2000, 1)",
        ),
        (loop_of(result=lambda logits: torch.stack(logits)), "(B, T, V) is (2000, 4, 9)"),
        (loop_of(result=lambda logits: logits), "(B, T, V) is"),
        (lambda model, batch, coins, generator: model(batch), "calls the model's own forward"),
        (lambda model: model, "raised TypeError"),
        (3, "must be a function"),
    ],
}
