"""The exercises of the chapter on teacher forcing."""

import math
from typing import Any

import torch
from torch import Tensor

from ..data import Batch, collate
from ..models import Decoder, DecoderState, Encoder, Seq2Seq, StepOutput
from ..text import BOS
from .checking import NotYet, ask, parts, shown

_TOLERANCE = 0.005
_ROWS = 2000
_LIKELY = 0.7  # the probability of token 4 wherever _Recorder is asked, 5 has the rest


def exercise_1(answer: Any) -> None:
    """The shares of right answers and tokens where no token after an error is right."""
    answers, tokens = (
        _share(value, name)
        for value, name in zip(
            parts(answer, "the share of answers", "the share of tokens"),
            ("share of answers", "share of tokens"),
            strict=True,
        )
    )
    if abs(answers - 0.9**3) > _TOLERANCE:
        raise NotYet(
            f"A share of answers of {answers} would mean that of 1000 answers {answers * 1000:.0f} "
            "have no error at the first token, none at the second and none at the third."
        )
    if abs(tokens - (0.9 + 0.9**2 + 0.9**3) / 3) > _TOLERANCE:
        raise NotYet(
            f"The share of answers is right. A share of tokens of {tokens} is another matter: of "
            "1000 answers, count the right first tokens, the right second ones and the third ones."
        )


def exercise_2(answer: Any) -> None:
    """How much of what a model writes is in the language, if it learned from its own draws."""
    share = _share(answer, "share")
    if abs(share - 1) < _TOLERANCE:
        raise NotYet("Then the draws would have taught it which letter follows which. Could they?")
    if abs(share - 0.5) < _TOLERANCE:
        raise NotYet("That is the share where AB and CD are equally frequent. Here they are not.")
    if abs(share - 0.68) > _TOLERANCE:
        raise NotYet(
            f"With {share} the shares of the four strings AB, AD, CB and CD do not come out as the "
            "table that was learned says. What does the table say of B after A, and after C?"
        )


def exercise_3(answer: Any) -> None:
    """The inverse sigmoid decay, also late in a long run."""
    for k in (1, 10.0, 61, 2000):
        for step in (0, 1, 25, 250, 3000, 10**6):
            case = f"step {step} and k={k}"
            found = ask(answer, step, k, case=case)
            if isinstance(found, bool) or not isinstance(found, (int, float)):
                raise NotYet(f"For {case}, your function gave {shown(found)}, no float.")
            wanted = 1 / (1 + math.exp(min(step / k - math.log(k), 700)))
            if not 0 <= found <= 1:
                raise NotYet(f"For {case}, your function gave {found}, which is no probability.")
            if abs(found - wanted) > 1e-6:
                raise NotYet(
                    f"For {case}, your function gave {found:.6f}; the formula says {wanted:.6f}."
                )


def exercise_4(answer: Any) -> None:
    """The loop that feeds draws: what it feeds, where, and that it repeats."""
    target = [6, 7, 8]
    batch = collate([([4, 5], target)] * _ROWS)
    coins = torch.zeros_like(batch.tgt_in, dtype=torch.bool)
    coins[:, 2] = True
    case = f"{_ROWS} equal targets with the coins 0 0 1 0 in each row"
    fed = _fed(answer, batch, coins, 0, case)
    if not bool((fed[:, 0] == BOS).all()):
        raise NotYet(f"For {case}, the first token that the model was fed is not BOS in every row.")
    if not bool((fed[:, 2] == batch.tgt_in[:, 2]).all()):
        raise NotYet(f"For {case}, the model was fed something else than the reference at step 3.")
    for t in (1, 3):
        _check_draws(fed[:, t], batch.tgt_in[:, t], f"For {case}, at step {t + 1}")
    same = (fed[:, 1] == fed[:, 3]).float().mean().item()
    if same > 0.9:
        raise NotYet(
            f"For {case}, step 4 was fed the same token as step 2 in {same:.0%} of the rows."
        )
    if not torch.equal(fed, _fed(answer, batch, coins, 0, case)):
        raise NotYet(
            f"For {case}, two generators with the same seed gave two different feeds. Where do "
            "your draws come from?"
        )
    if torch.equal(fed, _fed(answer, batch, coins, 1, case)):
        raise NotYet(f"For {case}, generators with different seeds gave the same feed.")


class _Recorder(Seq2Seq):
    """A model whose logits are the same at every step, and which notes what it is fed."""

    def __init__(self) -> None:
        """Begin with nothing noted."""
        super().__init__(Encoder(9, 2, 2), Decoder(9, 2, 2))
        self.fed: list[Tensor] = []

    def forward(self, *arguments: Any, **options: Any) -> Tensor:
        """Refuse."""
        raise NotYet("Your function calls the model's own forward; change the loop instead.")

    def step(self, prev: Tensor, state: DecoderState) -> StepOutput:
        """Note the tokens and find 4 and 5 the only ones possible."""
        self.fed.append(prev.clone())
        logits = torch.full((len(prev), 9), -torch.inf)
        logits[:, 4], logits[:, 5] = math.log(_LIKELY) + 3, math.log(1 - _LIKELY) + 3
        return StepOutput(logits, state, None)


def _share(value: Any, name: str) -> float:
    """Give a share as a float, or refuse what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise NotYet(f"The {name} must be a number, and yours is {shown(value)}.")
    if not 0 <= value <= 1:
        raise NotYet(f"A {name} lies between 0 and 1, and yours is {value}.")
    return float(value)


def _fed(answer: Any, batch: Batch, coins: Tensor, seed: int, case: str) -> Tensor:
    """Let the reader's loop run and give what the model was fed, (B, T)."""
    model = _Recorder()
    generator = torch.Generator().manual_seed(seed)
    logits = ask(answer, model, batch, coins, generator, case=case)
    rows, steps = batch.tgt_in.shape
    if not isinstance(logits, Tensor) or logits.shape != (rows, steps, 9):
        what = tuple(logits.shape) if isinstance(logits, Tensor) else shown(logits)
        raise NotYet(f"For {case}, your function gave {what}; (B, T, V) is {(rows, steps, 9)}.")
    if len(model.fed) != steps:
        raise NotYet(f"For {case}, your function asked for {len(model.fed)} steps of {steps}.")
    for t, fed in enumerate(model.fed):
        if fed.shape != (rows,):
            raise NotYet(
                f"For {case}, step {t + 1} was fed a tensor of shape {tuple(fed.shape)}; (B,) is "
                f"{(rows,)}."
            )
    return torch.stack(model.fed, dim=1)


def _check_draws(fed: Tensor, reference: Tensor, where: str) -> None:
    """Compare how often each token was fed with its probability."""
    if bool((fed == reference).any()):
        raise NotYet(f"{where}, where the coin is 0, the model was fed the reference.")
    share = (fed == 4).float().mean().item()
    if abs(share - _LIKELY) > 0.04:
        raise NotYet(
            f"{where}, a token that has a probability of {_LIKELY} was fed in {share:.0%} of the "
            "rows."
        )
