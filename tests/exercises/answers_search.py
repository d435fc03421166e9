"""The exercises of search: the solution passes, typical mistakes are told apart."""

import math

import torch

from seq2seq_tutor.decoding import Hypothesis
from seq2seq_tutor.text import BOS, EOS, PAD


def expected_utility_choice(candidates, probabilities, utility):
    def expected(candidate):
        return sum(
            p * utility(candidate, right)
            for right, p in zip(candidates, probabilities, strict=True)
        )

    return max(candidates, key=expected)


def exchanged(candidates, probabilities, utility):
    return expected_utility_choice(candidates, probabilities, lambda a, b: utility(b, a))


def most_probable(candidates, probabilities, utility):
    return candidates[max(range(len(candidates)), key=probabilities.__getitem__)]


def unweighted(candidates, probabilities, utility):
    return max(candidates, key=lambda c: sum(utility(c, right) for right in candidates))


def last_of_equals(candidates, probabilities, utility):
    pairs = list(zip(candidates, probabilities, strict=True))[::-1]
    return expected_utility_choice([c for c, _ in pairs], [p for _, p in pairs], utility)


def without_itself(candidates, probabilities, utility):
    def expected(candidate):
        return sum(
            p * utility(candidate, right)
            for right, p in zip(candidates, probabilities, strict=True)
            if right != candidate
        )

    return max(candidates, key=expected)


def its_number(candidates, probabilities, utility):
    return candidates.index(expected_utility_choice(candidates, probabilities, utility))


def extend(step, live, beam_size):
    extensions = []
    for tokens, log_prob, state in live:
        output = step(torch.tensor(tokens[-1:]), state)
        for token, gain in enumerate(output.logits[0].log_softmax(dim=-1).tolist()):
            if token not in (PAD, BOS) and gain > -torch.inf:
                extensions.append(((*tokens, token), log_prob + gain, output.state))
    extensions.sort(key=lambda extension: -extension[1])
    ended = [e for e in extensions[:beam_size] if e[0][-1] == EOS]
    return ended, [e for e in extensions if e[0][-1] != EOS][:beam_size]


def beam(
    step,
    state,
    beam_size,
    max_len,
    alpha,
    *,
    score=None,
    best_length=None,
    stop=None,
    log_prob=lambda own, _: own,
    cut=True,
    first=1,
):
    score = score or (lambda h: h.score(alpha))
    live, finished = [((BOS,), 0.0, state)], []
    for length in range(1, max_len + 1):
        ended, live = extend(step, live, beam_size)
        finished += [
            Hypothesis(tokens[first:], log_prob(p, len(tokens) - 1), finished=True)
            for tokens, p, _ in ended
        ]
        finished.sort(key=lambda h: (-score(h), h.tokens))
        if cut:
            del finished[beam_size:]
        longest = best_length or (max_len if alpha > 0 else length + 1)
        if not live:
            break
        if stop is not None:
            if stop(finished, ended, live, beam_size):
                break
        elif len(finished) >= beam_size and live[0][1] / longest**alpha < finished[
            beam_size - 1
        ].score(alpha):
            break
    return finished


def variant(**options):
    return lambda *given: beam(*given, **options)


def without_eos_in_the_length(step, state, beam_size, max_len, alpha):
    def score(h):
        return h.log_prob / max(1, len(h.tokens) - 1) ** alpha

    return beam(step, state, beam_size, max_len, alpha, score=score)


def multiplied(step, state, beam_size, max_len, alpha):
    return beam(step, state, beam_size, max_len, -alpha)


def by_log_prob(step, state, beam_size, max_len, alpha):
    return beam(step, state, beam_size, max_len, 0.0)


def bound_for_positive_alone(step, state, beam_size, max_len, alpha):
    return beam(step, state, beam_size, max_len, alpha, best_length=max_len)


def bound_without_penalty(step, state, beam_size, max_len, alpha):
    def stop(finished, ended, live, size):
        return len(finished) >= size and live[0][1] < finished[size - 1].log_prob

    return beam(step, state, beam_size, max_len, alpha, stop=stop)


def stub(*given): ...


TURN = math.log(1.5) / math.log(2)

SOLUTIONS = {
    "search.1": ("shorter", "longer", TURN),
    "search.2": ("AA$", "BB$", "C$"),
    "search.3": expected_utility_choice,
    "search.4": beam,
}
STUBS = {
    "search.1": (..., ..., ...),
    "search.2": (..., ..., ...),
    "search.3": stub,
    "search.4": stub,
}
GIVEN_AWAY = {  # no message may hold this
    "search.1": "0.58",
    "search.2": "BB$",
    "search.3": "max(",
    "search.4": "max_len **",
}
MISTAKES = {
    "search.1": [
        (("longer", "longer", 0.58), "With alpha = 0 the scores are -2 for the shorter and -3"),
        (("shorter", "shorter", 0.58), "With alpha = 1 the scores are -0.5 for the shorter"),
        (("short", "longer", 0.58), "must be 'shorter' or 'longer', and yours is 'short'"),
        (("shorter", "longer", "half"), "must be a number, and yours is 'half'"),
        (("shorter", "longer", 1.71), "can't turn"),
        (("shorter", "longer", 0.48), "still differ by +0.07"),
        (("shorter", "longer", math.log(1.5) / math.log(7 / 3)), "still differ by"),
        (("shorter", "longer", ...), "no answer yet for the turning point"),
        (("shorter", "longer"), "must be a tuple of"),
    ],
    "search.2": [
        (("C$", "C$", "C$"), "A beam of 1 does not return 'C$', whose probability is 0.1750"),
        (("AA$", "AA$", "C$"), "A beam of 2 does not return 'AA$', whose probability is 0.1520"),
        (("AA$", "BA$", "C$"), "A beam of 2 does not return 'BA$'"),
        (("AA$", "BB$", "AA$"), "A beam of 3 does not return 'AA$'"),
        (("AA", "BB$", "C$"), "'AA' is no output that this search could finish"),
        (("AA$", "CCC$", "C$"), "no output that this search could finish"),
        ((0.152, "BB$", "C$"), "must be a str; yours is 0.152"),
    ],
    "search.3": [
        (most_probable, "unlike all others"),
        (unweighted, "probability 0.7"),
        (exchanged, "changes when its arguments are exchanged"),
        (last_of_equals, "two equals"),
        (without_itself, "unlike all others"),
        (its_number, "which is none of the candidates"),
        (lambda candidates, probabilities: candidates[0], "raised TypeError"),
        ("no, thanks", "must be a function"),
    ],
    "search.4": [
        (by_log_prob, "not from the best on"),
        (multiplied, "not from the best on"),
        (without_eos_in_the_length, "not from the best on"),
        (variant(stop=lambda finished, *_: bool(finished)), "finished hypotheses"),
        (
            variant(stop=lambda f, ended, live, k: bool(ended) and ended[0][1] >= live[0][1]),
            "a longer one",
        ),
        (variant(stop=lambda f, e, live, k: len(f) >= k), "a longer one"),
        (bound_without_penalty, "a longer one"),
        (bound_for_positive_alone, "leads to a better one"),
        (variant(cut=False, stop=lambda *_: False), "hypotheses"),
        (variant(log_prob=lambda p, n: p / n), "keeps the model's, whatever the penalty"),
        (variant(first=0), "is no finished hypothesis"),
        (lambda *given: beam(*given)[::-1], "not from the best on"),
        (lambda *given: [h.tokens for h in beam(*given)], "must give a list of Hypothesis"),
    ],
}
