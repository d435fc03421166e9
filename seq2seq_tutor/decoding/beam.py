"""Beam search: keep the K best beginnings of each sentence and extend them together.

Chapter: search. Terms: a *live* hypothesis has not ended; its *extensions* are all its
continuations by one token; the *owner* of a row is the sentence it belongs to.
"""

import torch
from torch import Tensor

from .._checks import check_int, check_number
from ..text.vocab import EOS
from .hypothesis import Hypothesis, best_first
from .length import power_penalty
from .rows import Rows
from .stepping import State, Step, begin, log_probs, stable_topk


@torch.no_grad()
def beam_search(
    step: Step,
    state: State,
    *,
    beam_size: int,
    max_len: int,
    length_penalty: float = 0.0,
    n_best: int = 1,
    prev: Tensor | None = None,
) -> list[list[Hypothesis]]:
    """Search for the best outputs of each row of ``state``, ``beam_size`` beginnings at a time.

    Each step ranks all extensions of a sentence's live hypotheses by log-probability, ties to the
    lower (rank of the parent, token id). Of the best ``beam_size``, those that end in EOS are
    finished; the live ones are refilled to ``beam_size`` from the following that don't. A sentence
    stops when no live hypothesis can enter its ``n_best`` under ``length_penalty`` any more,
    however favourable its continuation, or at ``max_len`` tokens, EOS included.

    Returns up to ``n_best`` hypotheses a row: finished ones first, then by
    ``score(length_penalty)``, then by token ids. ``beam_size=1`` without a length penalty is greedy
    search; a beam that is wide enough is exhaustive search.

    ValueError if ``n_best`` is above ``beam_size`` or a step's logits can't be decoded.

    Source: Sutskever et al. (2014), section 3.2, which takes finished hypotheses out of the beam;
    that the live ones are then refilled is a choice made here. Huang et al. (2017) stop at such a
    bound without a penalty, and at one for a bounded reward for length; the bound for a score
    divided by a power of the length is made here after theirs.

    >>> import torch
    >>> from seq2seq_tutor.decoding import beam_search
    >>> from seq2seq_tutor.models import LanguageModel
    >>> model = LanguageModel(10, 3, 4).eval()
    >>> nbest = beam_search(model.step, model.start(rows=2), beam_size=4, max_len=5, n_best=3)
    >>> [len(hypotheses) for hypotheses in nbest]
    [3, 3]
    """
    check_int("beam_size", beam_size, minimum=1)
    check_int("max_len", max_len, minimum=1)
    check_int("n_best", n_best, minimum=1)
    check_number("length_penalty", length_penalty)
    if n_best > beam_size:
        raise ValueError(
            f"n_best={n_best} is more than beam_size={beam_size} can find; widen the beam"
        )
    prev = begin(state, prev)
    results: list[list[Hypothesis]] = [[] for _ in prev]
    live = Rows.empty(prev)
    for number in range(1, max_len + 1):
        output = step(prev, state)
        scores = log_probs(output.logits, len(prev), number)
        ended, live, parent = _extend(live, scores, output.weights, beam_size)
        for owner, hypothesis in ended.hypotheses(finished=True):
            results[owner].append(hypothesis)
        if number == max_len:
            for owner, hypothesis in live.hypotheses(finished=False):
                results[owner].append(hypothesis)
            break
        # The most favourable length that a live hypothesis can still end at.
        best_length = max_len if length_penalty > 0 else number + 1
        results = [best_first(hypotheses, length_penalty, n_best) for hypotheses in results]
        bars = [
            hypotheses[-1].score(length_penalty) if len(hypotheses) == n_best else -torch.inf
            for hypotheses in results
        ]
        bound = live.log_prob / power_penalty(best_length, length_penalty)
        hopeful = live.owner[bound >= bound.new_tensor(bars)[live.owner]]
        kept = torch.isin(live.owner, hopeful).nonzero().squeeze(1)
        if len(kept) == 0:
            break
        live, state = live.select(kept), output.state.select(parent[kept])
        prev = live.tokens[:, -1]
    return [best_first(hypotheses, length_penalty, n_best) for hypotheses in results]


def _extend(
    live: Rows, scores: Tensor, weights: Tensor | None, beam_size: int
) -> tuple[Rows, Rows, Tensor]:
    """Rank all extensions: those that end, those that live on, and the parent row of the latter.

    A sentence has at most one extension by EOS for each live hypothesis, so its 2K best extensions
    hold K that live on, and so do the 2K best of each parent.
    """
    owners, sentence, counts = live.owner.unique_consecutive(
        return_inverse=True, return_counts=True
    )
    first = counts.cumsum(0) - counts
    rank = torch.arange(len(sentence), device=sentence.device) - first[sentence]
    gains, tokens = stable_topk(scores, 2 * beam_size)
    # One line of the grid a sentence; a sentence with fewer parents than others has -inf there.
    shape = (len(owners), int(counts.max()), gains.shape[1])
    grid = gains.new_full(shape, -torch.inf, dtype=torch.float64)
    grid[sentence, rank] = live.log_prob.unsqueeze(1) + gains
    log_prob, place = stable_topk(grid.flatten(1), 2 * beam_size)
    possible = log_prob > -torch.inf
    parent = torch.where(possible, first.unsqueeze(1) + place // gains.shape[1], 0)
    token = tokens[parent, place % gains.shape[1]]
    is_end = possible & (token == EOS)
    goes_on = possible & ~is_end
    goes_on &= goes_on.cumsum(dim=1) <= beam_size
    is_end[:, beam_size:] = False
    ended, lives = (
        live.extend(parent[chosen], token[chosen], log_prob[chosen], weights)
        for chosen in (is_end, goes_on)
    )
    return ended, lives, parent[goes_on]
