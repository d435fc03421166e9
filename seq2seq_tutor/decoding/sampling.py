"""Sampling: draw each token from the model's distribution, or from a part of it.

Chapter: search.
"""

import torch
from torch import Tensor

from .._checks import check_generator, check_int, check_number
from .hypothesis import Hypothesis
from .stepping import State, Step, choose_each_step, stable_topk


@torch.no_grad()
def sample(
    step: Step,
    state: State,
    *,
    max_len: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
    prev: Tensor | None = None,
) -> list[Hypothesis]:
    """Draw one output for each row of ``state``, up to EOS or ``max_len`` tokens.

    Each token comes from softmax(logits / ``temperature``) without PAD and BOS, cut to its
    ``top_k`` most probable tokens, then to the fewest that together have probability ``top_p``.
    ``log_prob`` stays the model's own. The numbers come from ``generator``, drawn for all rows and
    steps at once on its own device: a row's draw does not depend on when the others end.

    ValueError if a step's logits can't be decoded, or an option is out of its range.

    Source: top-k Fan et al. (2018), section 5.4; top-p Holtzman et al. (2020), section 3.1.

    >>> import torch
    >>> from seq2seq_tutor.decoding import sample
    >>> from seq2seq_tutor.models import LanguageModel
    >>> model = LanguageModel(10, 3, 4).eval()
    >>> seeded = torch.Generator().manual_seed(0)
    >>> len(sample(model.step, model.start(rows=3), max_len=5, generator=seeded))
    3
    """
    check_int("max_len", max_len, minimum=1)
    check_number("temperature", temperature, above=0)
    if top_k is not None:
        check_int("top_k", top_k, minimum=1)
    if top_p is not None:
        check_number("top_p", top_p, above=0, at_most=1)
    if generator is not None:
        check_generator(generator)
    device = "cpu" if generator is None else generator.device
    uniform = torch.rand(
        (len(state), max_len), generator=generator, dtype=torch.float64, device=device
    )

    def draw(log_probs: Tensor, rows: Tensor, number: int) -> Tensor:
        numbers = uniform[rows.to(device), number - 1].to(log_probs.device)
        size = log_probs.shape[1]
        if (top_k or size) >= size and (top_p or 1) == 1:  # nothing to cut
            return _inverse_cdf(_soften(log_probs, temperature), numbers)
        # Ranked before the temperature, which may round unlike probabilities to the same.
        ranked, tokens = stable_topk(log_probs, top_k or size)
        weights = _soften(ranked, temperature)
        if top_p is not None:
            before = weights.cumsum(dim=1) - weights
            weights = weights.masked_fill(before >= top_p * weights.sum(dim=1, keepdim=True), 0.0)
        choice = _inverse_cdf(weights, numbers)
        return tokens.gather(1, choice.unsqueeze(1)).squeeze(1)

    return choose_each_step(step, state, draw, max_len=max_len, prev=prev)


def _soften(log_probs: Tensor, temperature: float) -> Tensor:
    """Give softmax(log_probs / temperature) of each row, in float64."""
    # The best at 0, which no temperature moves: all others may go to -inf, and not all of them.
    best = log_probs.max(dim=1, keepdim=True).values
    return ((log_probs - best).double() / temperature).softmax(dim=1)


def _inverse_cdf(weights: Tensor, uniform: Tensor) -> Tensor:
    """Draw a column of each row (N, V) in proportion to its weight, by uniform numbers (N,)."""
    cdf = weights.cumsum(dim=1)
    total = cdf[:, -1]
    # Rounding may lift u * total to total, beyond the last column that has weight.
    threshold = torch.minimum(uniform * total, torch.nextafter(total, torch.zeros_like(total)))
    return torch.searchsorted(cdf, threshold.unsqueeze(1), right=True).squeeze(1)
