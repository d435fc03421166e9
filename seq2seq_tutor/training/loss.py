"""The loss: negative log-likelihood of the real target tokens, and of nothing else.

Chapter: padding and loss.
"""

import torch
from torch import Tensor, nn

from .._checks import check_number


def masked_cross_entropy(
    logits: Tensor, targets: Tensor, mask: Tensor, *, label_smoothing: float = 0.0
) -> tuple[Tensor, int]:
    """Sum the negative log-likelihood, in nats, over the tokens where ``mask`` is True.

    ``logits`` (..., V), ``targets`` (...) int64, ``mask`` (...) bool. Returns the sum and the
    number of tokens it is over: whoever reports a mean divides once, at the end. Where the mask is
    False, logits change nothing and get a gradient of exactly 0. With ``label_smoothing`` e, the
    target is 1 - e on the right token plus e / V on every token.

    ValueError if no token is left, or the shapes don't fit.

    Source: label smoothing as Szegedy et al. (2016), section 7.

    >>> import torch
    >>> from seq2seq_tutor.training import masked_cross_entropy
    >>> mask = torch.tensor([[True, False]])
    >>> nll, tokens = masked_cross_entropy(torch.zeros(1, 2, 8), torch.tensor([[5, 0]]), mask)
    >>> round(nll.item(), 4), tokens  # log 8
    (2.0794, 1)
    """
    check_number("label_smoothing", label_smoothing, at_least=0, below=1)
    if logits.shape[:-1] != targets.shape or mask.shape != targets.shape:
        raise ValueError(
            f"logits (..., V), targets (...) and mask (...) must fit together, got "
            f"{tuple(logits.shape)}, {tuple(targets.shape)} and {tuple(mask.shape)}"
        )
    if mask.dtype != torch.bool:
        raise TypeError(f"mask must be bool, True at real tokens, got {mask.dtype}")
    real = targets[mask]
    if len(real) == 0:
        raise ValueError("no token to compute a loss over: mask has no True; drop this batch")
    scores = logits[mask].to(torch.promote_types(logits.dtype, torch.float32))
    nll = nn.functional.cross_entropy(
        scores, real, reduction="sum", label_smoothing=label_smoothing
    )
    return nll, len(real)
