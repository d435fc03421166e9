"""Exhaustive search: look at every string there is.

Chapter: search. Feasible for a handful of tokens and steps, and the yardstick for beam search.
"""

import math

import torch
from torch import Tensor

from .._checks import check_int, check_number
from ..text.vocab import BOS, EOS, PAD
from .hypothesis import Hypothesis, best_first
from .rows import Rows
from .stepping import State, Step, begin, log_probs

_LIMIT = 10**6  # strings
_CHUNK = 4096  # prefixes that are extended together


@torch.no_grad()
def exhaustive_search(
    step: Step,
    state: State,
    *,
    max_len: int,
    length_penalty: float = 0.0,
    n_best: int = 1,
) -> list[list[Hypothesis]]:
    """Find the best outputs of each row of ``state`` among all strings of up to ``max_len`` tokens.

    Order and meaning of the result as in ``beam_search``.

    ValueError if there are more than a million strings, before any is looked at, or a step's logits
    can't be decoded.

    >>> import torch
    >>> from seq2seq_tutor.decoding import exhaustive_search
    >>> from seq2seq_tutor.models import LanguageModel
    >>> model = LanguageModel(6, 3, 4).eval()
    >>> [[best]] = exhaustive_search(model.step, model.start(rows=1), max_len=3)
    >>> best.finished
    True
    """
    check_int("max_len", max_len, minimum=1)
    check_int("n_best", n_best, minimum=1)
    check_number("length_penalty", length_penalty)
    results = []
    for row, prev in enumerate(begin(state, None).split(1)):
        rows = torch.tensor([row], device=prev.device)
        results.append(_search_row(step, state.select(rows), prev, max_len, length_penalty, n_best))
    return results


def _search_row(
    step: Step, state: State, prev: Tensor, max_len: int, length_penalty: float, n_best: int
) -> list[Hypothesis]:
    """Search for one sentence, depth first, in chunks of prefixes of one length."""
    best: list[Hypothesis] = []
    todo = [(Rows.empty(prev), state, prev)]
    while todo:
        prefixes, state, prev = todo.pop()
        length = prefixes.tokens.shape[1] + 1
        output = step(prev, state)
        scores = log_probs(output.logits, len(prev), length)
        if length == 1:
            _refuse_too_many(scores.shape[1], max_len)
        totals = prefixes.log_prob.unsqueeze(1) + scores
        parent, token = (totals > -torch.inf).nonzero(as_tuple=True)
        extended = prefixes.extend(parent, token, totals[parent, token], output.weights)
        is_end = token == EOS
        done = [_promising(extended, is_end, n_best).hypotheses(finished=True)]
        if length == max_len:
            done.append(_promising(extended, ~is_end, n_best).hypotheses(finished=False))
        else:
            going_on = (~is_end).nonzero().squeeze(1)
            chunks = going_on.split(_CHUNK) if len(going_on) > 0 else ()
            for chunk in chunks:
                rows = extended.select(chunk)
                todo.append((rows, output.state.select(parent[chunk]), rows.tokens[:, -1]))
        found = [hypothesis for pairs in done for _, hypothesis in pairs]
        best = best_first(best + found, length_penalty, n_best)
    return best


def _refuse_too_many(vocab_size: int, max_len: int) -> None:
    """Refuse a search among more than a million strings."""
    choices = vocab_size - len({PAD, BOS, EOS})
    size = max_len * math.log10(max(choices, 1))  # of the strings that don't end
    if size > 15:
        count = f"about 10^{size:.0f}"
    else:
        # choices ** length of each length below max_len that end in EOS, and those that don't end:
        # a geometric sum.
        strings = (choices ** (max_len + 1) - 1) // (choices - 1) if choices != 1 else max_len + 1
        if strings <= _LIMIT:
            return
        count = f"{strings:,}"
    raise ValueError(
        f"there are {count} strings of up to max_len={max_len} tokens, each one of {choices} or "
        f"EOS, and at most {_LIMIT:,} are looked at one by one; lower max_len or use beam_search"
    )


def _promising(rows: Rows, mask: Tensor, n_best: int) -> Rows:
    """Give the rows under ``mask`` that can be among the ``n_best`` of their length, ties too."""
    rows = rows.select(mask.nonzero().squeeze(1))
    if len(rows.owner) <= n_best:
        return rows
    return rows.select(
        (rows.log_prob >= rows.log_prob.topk(n_best).values[-1]).nonzero().squeeze(1)
    )
