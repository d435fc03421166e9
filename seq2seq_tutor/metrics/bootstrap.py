"""How sure a BLEU score is: the bootstrap, for one system and for two on the same sentences.

Chapter: BLEU. A test set is a sample. Draw as many of its sentences, with replacement, score what
was drawn, and repeat: the scores vary about as they would over other test sets of this kind and
size. What is the same for every draw, the model and its training, does not vary here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._checks import check_generator, check_int, check_number
from .bleu import _check_corpus, _check_options, _corpus_statistics, _pooled, _score, _Statistics

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Tokens = Sequence[str]


@dataclass(frozen=True)
class BootstrapInterval:
    """A corpus' BLEU ``score``, and the ``mean`` and the interval of those of its resamples.

    >>> from seq2seq_tutor.metrics import bootstrap_interval
    >>> corpus = [["a", "b", "c", "d"], ["a", "b", "e", "d"], ["a", "b", "c", "d"]]
    >>> bootstrap_interval(corpus, [[["a", "b", "c", "d"]]] * 3, max_order=1)
    BLEU 91.67, 95% interval [75.00, 100.00] of 1000 resamples
    """

    score: float
    mean: float
    low: float
    high: float
    confidence: float
    resamples: int

    def __repr__(self) -> str:
        """Write the interval on a line."""
        return f"BLEU {self.score:.2f}, {_interval(self)}"


@dataclass(frozen=True)
class PairedBootstrap:
    """Two systems' BLEU on the same sentences, ``difference`` = a - b, and how sure that is.

    ``low`` and ``high`` bound the difference: a two-sided test asks whether 0 lies between them.
    ``p_value`` is about one-sided, see ``paired_bootstrap``.

    >>> from seq2seq_tutor.metrics import paired_bootstrap
    >>> reference = ["a", "b", "c", "d"]
    >>> paired_bootstrap([reference] * 9, [["a", "b", "x", "d"]] * 9, [[reference]] * 9)
    BLEU 100.00 - 0.00 = 100.00, 95% interval [100.00, 100.00] of 1000 resamples, p = 0.001
    """

    score_a: float
    score_b: float
    difference: float
    low: float
    high: float
    p_value: float
    confidence: float
    resamples: int

    def __repr__(self) -> str:
        """Write the comparison on a line."""
        return (
            f"BLEU {self.score_a:.2f} - {self.score_b:.2f} = {self.difference:.2f}, "
            f"{_interval(self)}, p = {self.p_value:.3f}"
        )


def bootstrap_interval(
    hypotheses: Sequence[Tokens],
    references: Sequence[Sequence[Tokens]],
    *,
    confidence: float = 0.95,
    resamples: int = 1000,
    generator: "torch.Generator | None" = None,
    max_order: int = 4,
) -> BootstrapInterval:
    """Give the interval that holds the share ``confidence`` of the resamples' BLEU scores.

    As many resamples lie below it as above. BLEU is that of ``corpus_bleu``, unsmoothed; arguments
    and errors too. The draws come from ``generator``, on the CPU; without one they are the same in
    every call. ValueError also if ``resamples`` is below 1 or ``confidence`` not between 0 and 1.

    Source: Koehn (2004); bounds as in sacreBLEU, which gives half their distance.

    >>> from seq2seq_tutor.metrics import bootstrap_interval
    >>> interval = bootstrap_interval([["a", "b", "c", "d"]], [[["a", "b", "c", "d"]]])
    >>> interval.low, interval.high
    (100.0, 100.0)
    """
    _check_corpus(hypotheses, references)
    _check_resampling(confidence, resamples, generator, max_order)
    segments = _corpus_statistics(hypotheses, references, max_order)
    scores = _scores(_resampled(_table(segments), resamples, generator))
    low, high = _bounds(scores, confidence)
    return BootstrapInterval(
        score=_score(_pooled(segments), "none", effective_order=False).score,
        mean=scores.mean().item(),
        low=low,
        high=high,
        confidence=confidence,
        resamples=resamples,
    )


def paired_bootstrap(
    hypotheses_a: Sequence[Tokens],
    hypotheses_b: Sequence[Tokens],
    references: Sequence[Sequence[Tokens]],
    *,
    confidence: float = 0.95,
    resamples: int = 1000,
    generator: "torch.Generator | None" = None,
    max_order: int = 4,
) -> PairedBootstrap:
    """Compare two systems by BLEU on resamples of the sentences, the same for both.

    With d the difference of the scores and d_i that of resample i, the p-value is
    ``(1 + n) / (1 + resamples)``, n the number of resamples in which ``|d_i| - mean |d_i|`` is at
    least ``|d|``.
    It takes the mean of absolute differences, so it is about one-sided: for two equally good
    systems it falls below 0.05 about one time in ten, and hardly exceeds 0.42 unless the resamples
    tie. Where 5 % is meant, ask whether 0 lies in the interval. Arguments and errors as in
    ``bootstrap_interval``.

    Source: resamples Koehn (2004), the p-value Riezler and Maxwell (2005). sacreBLEU has "more
    than" for "at least"; here a system compared with itself has p = 1.

    >>> from seq2seq_tutor.metrics import paired_bootstrap
    >>> corpus = [["a", "b", "c", "d"], ["a", "b", "e", "d"]]
    >>> paired_bootstrap(corpus, corpus, [[["a", "b", "c", "d"]]] * 2).p_value
    1.0
    """
    _check_corpus(hypotheses_a, references, "hypotheses_a")
    _check_corpus(hypotheses_b, references, "hypotheses_b")
    _check_resampling(confidence, resamples, generator, max_order)
    systems = [
        _corpus_statistics(hypotheses, references, max_order)
        for hypotheses in (hypotheses_a, hypotheses_b)
    ]
    score_a, score_b = (
        _score(_pooled(segments), "none", effective_order=False).score for segments in systems
    )
    import torch

    both = torch.stack([_table(segments) for segments in systems], dim=1)  # (segments, 2, ...)
    scores_a, scores_b = _scores(_resampled(both, resamples, generator)).unbind(dim=1)
    differences = scores_a - scores_b
    low, high = _bounds(differences, confidence)
    deviations = differences.abs() - differences.abs().mean()
    extreme = int((deviations >= abs(score_a - score_b)).sum())
    return PairedBootstrap(
        score_a=score_a,
        score_b=score_b,
        difference=score_a - score_b,
        low=low,
        high=high,
        p_value=(extreme + 1) / (resamples + 1),
        confidence=confidence,
        resamples=resamples,
    )


def _check_resampling(
    confidence: float, resamples: int, generator: "torch.Generator | None", max_order: int
) -> None:
    """Refuse options that no bootstrap has."""
    check_number("confidence", confidence, above=0, below=1)
    check_int("resamples", resamples, minimum=1)
    if generator is not None:
        check_generator(generator)
    _check_options(max_order, "none")


def _table(segments: Sequence[_Statistics]) -> "Tensor":
    """Write statistics as rows: matches and n-grams of each order, then the two lengths."""
    import torch

    return torch.tensor(
        [(*each.correct, *each.total, each.sys_len, each.ref_len) for each in segments]
    )


def _resampled(
    statistics: "Tensor", resamples: int, generator: "torch.Generator | None"
) -> "Tensor":
    """Draw rows of statistics, as many as there are, and add them up: (resamples, ...)."""
    import torch

    if generator is None:
        generator = torch.Generator().manual_seed(0)
    size = len(statistics)
    draws = (torch.randint(size, (size,), generator=generator) for _ in range(resamples))
    return torch.stack([statistics[rows].sum(dim=0) for rows in draws])


def _scores(pooled: "Tensor") -> "Tensor":
    """Score pooled statistics (..., 2 * max_order + 2): ``bleu._score`` without smoothing."""
    max_order = pooled.shape[-1] // 2 - 1
    correct, total, lengths = pooled.double().split([max_order, max_order, 2], dim=-1)
    sys_len, ref_len = lengths.unbind(dim=-1)
    # log 0 is -inf, and exp takes it back to 0; clamp is for where there is nothing to divide by.
    log_precision = (correct / total.clamp(min=1)).log().mean(dim=-1)
    log_penalty = (1 - ref_len / sys_len.clamp(min=1)).clamp(max=0)
    scores: Tensor = 100 * (log_penalty + log_precision).exp()
    return scores


def _bounds(values: "Tensor", confidence: float) -> tuple[float, float]:
    """Cut as many values off at either end, so that the share ``confidence`` remains."""
    size = len(values)
    # 1 - confidence is rounded: 1000 * (1 - 0.95) / 2 must not fall below 25.
    cut = min(int(size * (1 - confidence) / 2 + 1e-9), (size - 1) // 2)
    ranked = values.sort().values
    return ranked[cut].item(), ranked[size - 1 - cut].item()


def _interval(found: BootstrapInterval | PairedBootstrap) -> str:
    """Write an interval as papers do."""
    return (
        f"{100 * found.confidence:g}% interval [{found.low:.2f}, {found.high:.2f}] "
        f"of {found.resamples} resamples"
    )
