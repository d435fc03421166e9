"""Every exercise: its solution passes, its stub is none, typical mistakes are told apart.

The answers are in ``answers_CHAPTER.py``, one module a chapter.
"""

import pytest
import torch

from seq2seq_tutor.exercises.checking import chapters, exercises, judge

from . import (
    answers_bleu,
    answers_chinese_segmentation,
    answers_encoder_decoder,
    answers_language_models,
    answers_padding_and_loss,
    answers_search,
    answers_sequence_models,
    answers_subwords,
    answers_teacher_forcing,
    answers_text_preprocessing,
    answers_translation,
)

ANSWERS = {
    "bleu": answers_bleu,
    "chinese_segmentation": answers_chinese_segmentation,
    "encoder_decoder": answers_encoder_decoder,
    "language_models": answers_language_models,
    "padding_and_loss": answers_padding_and_loss,
    "search": answers_search,
    "sequence_models": answers_sequence_models,
    "subwords": answers_subwords,
    "teacher_forcing": answers_teacher_forcing,
    "text_preprocessing": answers_text_preprocessing,
    "translation": answers_translation,
}


def of_all(kind):
    """Return (exercise, entry) for each entry of that kind, over all chapters."""
    return [pair for answers in ANSWERS.values() for pair in getattr(answers, kind).items()]


def test_every_exercise_has_answers():
    names = [name for chapter in chapters() for name in exercises(chapter)]
    for kind in ("SOLUTIONS", "STUBS", "GIVEN_AWAY", "MISTAKES"):
        assert [name for name, _ in of_all(kind)] == names
    assert all(len(mistakes) >= 2 for _, mistakes in of_all("MISTAKES"))


@pytest.mark.parametrize(("name", "solution"), of_all("SOLUTIONS"))
def test_the_solution_is_right(name, solution):
    assert str(judge(name, solution)) == f"{name}: right."


@pytest.mark.parametrize(("name", "stub"), of_all("STUBS"))
def test_the_stub_is_no_answer(name, stub):
    assert str(judge(name, stub)) == f"{name}: no answer yet."


@pytest.mark.parametrize(
    ("name", "answer", "phrase"),
    [(name, *mistake) for name, mistakes in of_all("MISTAKES") for mistake in mistakes],
)
def test_a_mistake_is_told_by_its_symptom(name, answer, phrase):
    verdict = judge(name, answer)
    assert verdict.outcome == "not yet"
    assert phrase in verdict.reason
    assert dict(of_all("GIVEN_AWAY"))[name] not in verdict.reason


def test_the_ids_of_the_empty_source_may_be_a_tensor():
    assert judge("encoder_decoder.1", (7, False, torch.tensor([2]))).outcome == "right"


def test_a_step_that_spoils_what_it_is_given_spoils_no_later_check():
    assert judge("encoder_decoder.3", answers_encoder_decoder.step_in_place).outcome == "not yet"
    assert judge("encoder_decoder.3", answers_encoder_decoder.step_of()).outcome == "right"


def test_an_empty_text_must_not_reach_the_model():
    def asks_first(model, source, target, text, n):
        found = answers_translation.best(model, source, target, text, n, check=False)
        return found if text.strip() else [("", 0.0)]

    assert "asked the model" in judge("translation.4", asks_first).reason


def test_batches_may_be_filled_from_the_longest_sentence():
    filled = answers_text_preprocessing.from_the_longest
    assert judge("text_preprocessing.4", filled).outcome == "right"


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("sequence_models.1", (0.0, 1.0, 2.0, float("inf"))),
        ("sequence_models.3", answers_sequence_models.takes_out),
        (
            "chinese_segmentation.4",
            lambda text, words: tuple(answers_chinese_segmentation.fewest(text, words)),
        ),
        ("language_models.1", {"b", "d"}),
    ],
)
def test_a_right_answer_in_another_style_is_right(name, answer):
    assert judge(name, answer).outcome == "right"
