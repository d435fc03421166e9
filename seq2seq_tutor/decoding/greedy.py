"""Greedy search: take the most probable token at every step.

Chapter: search.
"""

import torch
from torch import Tensor

from .hypothesis import Hypothesis
from .stepping import State, Step, choose_each_step


@torch.no_grad()
def greedy_search(
    step: Step, state: State, *, max_len: int, prev: Tensor | None = None
) -> list[Hypothesis]:
    """Decode each row of ``state`` by its best next token, up to EOS or ``max_len`` tokens.

    ``prev`` (N,) are the tokens to start from, by default BOS; ``max_len`` counts EOS. Ties go to
    the lower id. A finished row is not decoded further, so that a long sentence costs its batch
    little. One hypothesis a row, in order.

    ValueError if a step's logits can't be decoded; it names the step.

    >>> import torch
    >>> from seq2seq_tutor.decoding import greedy_search
    >>> from seq2seq_tutor.models import LanguageModel
    >>> model = LanguageModel(10, 3, 4).eval()
    >>> len(greedy_search(model.step, model.start(rows=2), max_len=5))
    2
    """
    return choose_each_step(step, state, _most_probable, max_len=max_len, prev=prev)


def _most_probable(log_probs: Tensor, rows: Tensor, number: int) -> Tensor:
    """Choose each row's most probable token, the first of equals."""
    return log_probs.argmax(dim=1)
