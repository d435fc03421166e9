"""The exercises of the chapter on translation."""

import math
from typing import Any

import torch

from .._checks import is_int
from ..data import SentencePair
from ..decoding import Translator
from ..models import Encoder, LuongDecoder, Seq2Seq
from ..text import SPECIAL_TOKENS, UNK, CharTokenizer, Language, Vocab, WordTokenizer
from .checking import NotYet, ask, shown

_TEXTS = [["我", "喜欢", "音乐"], ["我", "喜欢", "茶"]]
_SENTENCE = ["我", "喜欢", "咖啡"]
_SHARES = ("all", "most", "few", "none")


def exercise_1(answer: Any) -> None:
    """The ids of a sentence in a vocabulary of frequent words."""
    wanted = Vocab.build(_TEXTS, min_freq=2).encode(_SENTENCE)
    if not isinstance(answer, (list, tuple)) or not all(map(is_int, answer)):
        raise NotYet(f"The answer must be a list of ids, and yours is {shown(answer)}.")
    given = list(answer)
    if len(given) != len(wanted):
        raise NotYet(f"Your list has {len(given)} ids for the {len(wanted)} words of the sentence.")
    if any(id_ < len(SPECIAL_TOKENS) for id_ in given[:2]):
        raise NotYet("One of the first two words has an id that belongs to a special token.")
    if given[2] != UNK:
        raise NotYet(f"The third word has the id {given[2]}, but which token would that be?")
    if given != wanted:
        raise NotYet(
            "The ids of the first two words are not those that Vocab.build gives them. Both words "
            "occur twice; by what are equally frequent tokens sorted?"
        )


def exercise_2(answer: Any) -> None:
    """How many dates stay right when two digits have changed places."""
    if not isinstance(answer, str) or answer.lower() not in _SHARES:
        raise NotYet(f"The answer must be one of {', '.join(_SHARES)}; yours is {shown(answer)}.")
    if answer.lower() != "none":
        raise NotYet(
            "Write down a few dates between 1900 and 2099 as the model should, and read each with "
            "its 0s and 1s exchanged."
        )


def exercise_3(answer: Any) -> None:
    """Counting test pairs that training gives away."""
    cats, dogs = (
        SentencePair("我有猫。", "I have a cat."),
        SentencePair("我有狗。", "I have a dog."),
    )
    again = SentencePair("我有猫。", "I've got a cat.")
    other = SentencePair("我养了一只狗。", "I have a dog.")
    tea = SentencePair("喝茶吧。", "Have some tea.")
    crossed = SentencePair("I have a cat.", "我有猫。")
    for train, test, wanted, case in (
        ([cats, dogs], [tea], 0, "a test pair with nothing in common with training"),
        ([cats, dogs], [cats], 1, "a test pair that is also a training pair"),
        ([cats], [again], 1, "a test pair whose source is in training, with another target"),
        ([dogs], [other], 1, "a test pair whose target is in training, with another source"),
        ([cats], [crossed], 0, "a source that is a training target, and the other way round"),
        ([cats, cats, again], [cats, tea], 1, "one test pair that training holds several times"),
        ([cats, dogs], [again, again, other, tea], 3, "a test set that holds a pair twice"),
        ([], [cats], 0, "an empty training set"),
    ):
        found = ask(answer, list(train), list(test), case=case)
        if not is_int(found):
            raise NotYet(f"For {case}, your function gave {shown(found)}, no whole number.")
        if found != wanted:
            raise NotYet(
                f"For {case}, your function counted {found}; the test set has {len(test)} "
                f"{'pair' if len(test) == 1 else 'pairs'}."
            )


@torch.no_grad()
def exercise_4(answer: Any) -> None:
    """The best translations of a text, and of a text with nothing in it."""
    source = Language(CharTokenizer(), Vocab.build([list("我你他有喜欢音乐茶。")]))
    target = Language(WordTokenizer(), Vocab.build(["I you he have like music tea .".split()]))
    encoder = _Counting(len(source.vocab), 8, 8, bidirectional=True)
    model = Seq2Seq(encoder, LuongDecoder(len(target.vocab), 8, 16)).eval()
    for parameter in model.parameters():
        parameter.mul_(3)  # far from uniform
    translator = Translator(model, source, target)
    for text, n in (("我喜欢音乐。", 3), ("你有茶", 1), ("他喜欢你的茶。", 5)):
        case = f"{text!r} and n={n}"
        best = translator.translate([text], beam_size=5, n_best=n, max_len=60)[0]
        wanted = [(each.text, each.log_prob) for each in (best, *best.alternatives)]
        found = ask(answer, model, source, target, text, n, case=case)
        _check_nbest(found, n, case)
        texts, wanted_texts = ([text for text, _ in each] for each in (found, wanted))
        if any(token in text for text in texts for token in SPECIAL_TOKENS if token != "<unk>"):
            raise NotYet(f"For {case}, a special token stands in a translation: {shown(texts)}.")
        if sorted(texts) != sorted(wanted_texts):
            raise NotYet(
                f"For {case}, these are not the texts that a beam of 5 finds: {shown(texts)}."
            )
        if texts != wanted_texts:
            raise NotYet(f"For {case}, the texts are right, but not in the order of the search.")
        if any(
            not math.isclose(p, q, abs_tol=1e-3)
            for (_, p), (_, q) in zip(found, wanted, strict=True)
        ):
            raise NotYet(
                f"For {case}, the texts are right, but the numbers are not their log-probabilities."
            )
    encoder.calls = 0
    for text in ("", " \u3000"):
        case = f"{text!r} and n=2"
        found = ask(answer, model, source, target, text, 2, case=case)
        if not isinstance(found, (list, tuple)) or [*map(tuple, found)] != [("", 0.0)]:
            raise NotYet(
                f"For {case}, there is one translation, as empty as the text and certain; your "
                f"function gave {shown(found)}."
            )
        if encoder.calls:
            raise NotYet(f"For {case}, your function asked the model, which had nothing to read.")


class _Counting(Encoder):
    """An encoder that counts how often it is asked."""

    calls = 0

    def forward(self, *arguments: Any) -> Any:
        """Count, and read."""
        self.calls += 1
        return super().forward(*arguments)


def _check_nbest(found: Any, n: int, case: str) -> None:
    """Refuse what is no list of n pairs of a text and a number."""
    if not isinstance(found, (list, tuple)) or not all(
        isinstance(each, (tuple, list))
        and len(each) == 2
        and isinstance(each[0], str)
        and isinstance(each[1], float)
        for each in found
    ):
        raise NotYet(
            f"For {case}, your function must give a list of (text, log_prob); it gave "
            f"{shown(found)}."
        )
    if len(found) != n:
        raise NotYet(f"For {case}, your function gave {len(found)} translations.")
