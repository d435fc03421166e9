"""Hypotheses as rows of tensors: how a search holds the many it is at work on.

Chapter: search.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from .hypothesis import Hypothesis


@dataclass(frozen=True, eq=False)  # == of tensors gives tensors
class Rows:
    """Hypotheses as rows, those of one sentence side by side, the best first.

    ``owner`` (N,) is the sentence a row belongs to, ``log_prob`` (N,) float64, ``tokens`` (N, t),
    ``weights`` (N, t, S) or None.
    """

    owner: Tensor
    log_prob: Tensor
    tokens: Tensor
    weights: Tensor | None

    @classmethod
    def empty(cls, prev: Tensor) -> "Rows":
        """Make one hypothesis without tokens for each sentence, where ``prev`` (N,) is."""
        return cls(
            owner=torch.arange(len(prev), device=prev.device),
            log_prob=torch.zeros(len(prev), dtype=torch.float64, device=prev.device),
            tokens=prev.new_empty((len(prev), 0)),
            weights=None,
        )

    def select(self, rows: Tensor) -> "Rows":
        """Give these rows (M,), in this order."""
        weights = None if self.weights is None else self.weights[rows]
        return Rows(self.owner[rows], self.log_prob[rows], self.tokens[rows], weights)

    def extend(
        self, parent: Tensor, token: Tensor, log_prob: Tensor, weights: Tensor | None
    ) -> "Rows":
        """Give the rows ``parent`` (M,), each with one more token and its weights at this step.

        ``token`` and the new ``log_prob`` are (M,), ``weights`` (N, S) those of the step or None.
        """
        old = self.select(parent)
        if weights is not None:
            new = weights[parent].unsqueeze(1)
            weights = new if old.weights is None else torch.cat([old.weights, new], dim=1)
        tokens = torch.cat([old.tokens, token.unsqueeze(1)], dim=1)
        return Rows(old.owner, log_prob, tokens, weights)

    def hypotheses(self, *, finished: bool) -> list[tuple[int, Hypothesis]]:
        """Give each row as (its owner, a hypothesis)."""
        count = len(self.owner)
        weights = [None] * count if self.weights is None else self.weights.unbind()
        columns = (self.owner.tolist(), self.tokens.tolist(), self.log_prob.tolist(), weights)
        return [
            (owner, Hypothesis(tuple(tokens), log_prob, finished, row_weights))
            for owner, tokens, log_prob, row_weights in zip(*columns, strict=True)
        ]
