"""The scores that are reported: sacreBLEU's BLEU and chrF, each with its signature.

Chapters: BLEU, translation. ``corpus_bleu`` shows how BLEU is computed; a number that others are to
compare theirs with comes from here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from .._checks import check_str, check_tokens
from ..text import mostly_chinese


@dataclass(frozen=True)
class ReportedScores:
    """BLEU and chrF, 0 to 100, with the signatures that say how they were computed.

    >>> from seq2seq_tutor.metrics import reported_scores
    >>> print(reported_scores(["the cat sat on the mat"], ["the cat sat on a mat"]))
    BLEU 53.73  nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:...
    chrF 72.08  nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:...
    """

    bleu: float
    bleu_signature: str
    chrf: float
    chrf_signature: str

    def __str__(self) -> str:
        """Write both, a line each."""
        return (
            f"BLEU {self.bleu:5.2f}  {self.bleu_signature}\n"
            f"chrF {self.chrf:5.2f}  {self.chrf_signature}"
        )


def reported_scores(hypotheses: Sequence[str], references: Sequence[str]) -> ReportedScores:
    """Score translations, as text, against one reference each, by sacreBLEU.

    BLEU is over sacreBLEU's own tokens: ``13a``, or ``zh`` where the references are mostly Chinese.
    chrF is over characters (order 6, no words). Give plain text, joined and with its case, as a
    reader would get it: text cut into tokens before gives scores that nobody else can compare with,
    and sacreBLEU's warning of it (many lines with a space before the full stop) is off here.

    ValueError if there is nothing to score or the two have not the same length.

    Source: Post (2018); chrF Popović (2015).

    >>> from seq2seq_tutor.metrics import reported_scores
    >>> scores = reported_scores(["我喜欢音乐和茶"], ["我喜欢音乐和茶"])
    >>> round(scores.bleu), "tok:zh" in scores.bleu_signature
    (100, True)
    """
    check_tokens("hypotheses", hypotheses)
    check_tokens("references", references)
    if len(hypotheses) != len(references):
        raise ValueError(
            f"{len(hypotheses)} hypotheses but {len(references)} references; give one for each"
        )
    if not hypotheses:
        raise ValueError("there is no hypothesis to score")
    from sacrebleu import BLEU

    # force: without it sacreBLEU writes to stderr where many lines end in a separate full stop.
    bleu = BLEU(tokenize="zh" if mostly_chinese(references) else "13a", force=True)
    chrf = _chrf()
    scores = [metric.corpus_score(list(hypotheses), [list(references)]) for metric in (bleu, chrf)]
    return ReportedScores(
        scores[0].score,
        str(bleu.get_signature()),
        scores[1].score,
        str(chrf.get_signature()),
    )


def sentence_chrf(hypothesis: str, reference: str) -> float:
    """Score one sentence, as text, against one reference by sacreBLEU's chrF, 0 to 100.

    The utility that minimum Bayes risk asks for; a whole test set's chrF is not its mean.

    Source: Popović (2015).

    >>> from seq2seq_tutor.metrics import sentence_chrf
    >>> sentence_chrf("我喜欢茶", "我喜欢茶"), sentence_chrf("", "我喜欢茶")
    (100.0, 0.0)
    """
    check_str("hypothesis", hypothesis)
    check_str("reference", reference)
    return float(_chrf().sentence_score(hypothesis, [reference]).score)


@cache
def _chrf() -> Any:
    """Make the metric once: it holds no more than its settings."""
    from sacrebleu import CHRF

    return CHRF()
