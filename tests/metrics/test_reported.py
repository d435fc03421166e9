import re

import pytest
import sacrebleu

from seq2seq_tutor.metrics import reported_scores, sentence_chrf

ENGLISH = (
    ["the cat sat on the mat", "I like music .", "no"],
    ["the cat sat on a mat", "I like music.", "yes, of course"],
)
CHINESE = (["我喜欢音乐。", "他在看书"], ["我很喜欢音乐。", "他正在看书。"])


@pytest.mark.parametrize(("pairs", "tokenize"), [(ENGLISH, "13a"), (CHINESE, "zh")])
def test_equals_sacrebleu_with_the_tokenizer_of_the_references(pairs, tokenize):
    hypotheses, references = pairs
    scores = reported_scores(hypotheses, references)
    assert (
        scores.bleu
        == sacrebleu.corpus_bleu(hypotheses, [references], tokenize=tokenize, force=True).score
    )
    assert scores.chrf == sacrebleu.corpus_chrf(hypotheses, [references]).score
    version = re.escape(sacrebleu.__version__)
    assert re.fullmatch(
        rf"nrefs:1\|case:mixed\|eff:no\|tok:{tokenize}\|smooth:exp\|version:{version}",
        scores.bleu_signature,
    )
    assert scores.chrf_signature.endswith(f"space:no|version:{sacrebleu.__version__}")


def test_the_hypotheses_language_does_not_choose_the_tokenizer():
    assert "tok:zh" in reported_scores(["abc def"], ["我喜欢音乐"]).bleu_signature
    assert "tok:13a" in reported_scores(["我喜欢音乐"], ["abc def"]).bleu_signature


def test_writes_nothing_where_sacrebleu_would_warn(capfd, caplog):
    reported_scores(["a b ."] * 200, ["a b ."] * 200)
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_an_empty_hypothesis_counts():
    full = reported_scores(["a b c d", "a b c d"], ["a b c d", "a b c d"])
    half = reported_scores(["a b c d", ""], ["a b c d", "a b c d"])
    assert half.bleu < full.bleu == pytest.approx(100)
    assert half.chrf < full.chrf


@pytest.mark.parametrize(
    ("hypotheses", "references", "error", "message"),
    [
        ([], [], ValueError, "no hypothesis"),
        (["a"], ["a", "b"], ValueError, "1 hypotheses but 2 references"),
        ("a", ["a"], TypeError, "hypotheses must be a list"),
        (["a"], "a", TypeError, "references must be a list"),
        (["a"], [["a"]], TypeError, r"references\[0\]"),
        ([None], ["a"], TypeError, r"hypotheses\[0\]"),
    ],
)
def test_refuses(hypotheses, references, error, message):
    with pytest.raises(error, match=message):
        reported_scores(hypotheses, references)


@pytest.mark.parametrize(
    ("hypothesis", "reference"),
    [
        *zip(*ENGLISH, strict=True),
        *zip(*CHINESE, strict=True),
        ("", "a"),
        ("a", ""),
        ("", ""),
        ("a b", "ab"),
    ],
)
def test_a_sentences_chrf_equals_sacrebleu(hypothesis, reference):
    expected = sacrebleu.sentence_chrf(hypothesis, [reference]).score
    assert sentence_chrf(hypothesis, reference) == expected


def test_the_reference_comes_second():
    assert sentence_chrf("tea", "green tea") < sentence_chrf("green tea", "tea")


@pytest.mark.parametrize(
    ("hypothesis", "reference", "message"),
    [(["a"], "a", "hypothesis must be a str, got list"), ("a", None, "reference must be a str")],
)
def test_a_sentences_chrf_refuses(hypothesis, reference, message):
    with pytest.raises(TypeError, match=message):
        sentence_chrf(hypothesis, reference)
