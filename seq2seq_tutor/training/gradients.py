"""Gradients: clipping, against steps that are too long.

Chapter: gradients through time.
"""

import math
from collections.abc import Iterable

import torch
from torch import Tensor


def clip_gradients(parameters: Tensor | Iterable[Tensor], max_norm: float) -> float:
    """Scale all gradients down together if their global norm is above ``max_norm``.

    The norm is taken over all gradients as one vector and returned as it was before.
    FloatingPointError if it is not finite, and the gradients are left as they are; ValueError if
    there is no gradient.

    Source: Pascanu et al. (2013), section 3.2, algorithm 1.

    >>> import torch
    >>> from seq2seq_tutor.training import clip_gradients
    >>> weight = torch.zeros(2, requires_grad=True)
    >>> weight.grad = torch.tensor([3.0, 4.0])
    >>> clip_gradients([weight], max_norm=1.0), weight.grad.norm().item() < 1.0001
    (5.0, True)
    """
    if not max_norm > 0:
        raise ValueError(f"max_norm must be greater than 0 (inf clips nothing), got {max_norm}")
    if isinstance(parameters, Tensor):
        parameters = [parameters]
    gradients = [p.grad for p in parameters if p.grad is not None]
    if not gradients:
        raise ValueError("no parameter has a gradient; call backward first")
    norm = float(torch.stack([torch.linalg.vector_norm(g) for g in gradients]).norm())
    if not math.isfinite(norm):
        raise FloatingPointError(f"the norm of the gradients is {norm}")
    if norm > max_norm:
        for gradient in gradients:
            gradient.mul_(max_norm / norm)
    return norm
