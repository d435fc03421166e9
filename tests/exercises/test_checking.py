"""The mechanism: what is said of answers of every kind, and what a check leaves untouched."""

import subprocess
import sys

import pytest
import torch

from seq2seq_tutor.exercises import check, checking
from seq2seq_tutor.exercises.checking import NotYet, ask, chapters, exercises, judge, parts, shown


@pytest.fixture
def verdict_of(monkeypatch):
    """Return a function that judges an answer by an exercise made for the test."""

    def judged(exercise, answer):
        monkeypatch.setattr(checking, "_find", lambda name: exercise)
        return str(judge("test.1", answer))

    return judged


def doubles(answer):
    for number in (1, 2):
        found = ask(answer, number, case=f"the number {number}")
        if found != 2 * number:
            raise NotYet(f"For the number {number}, your function gave {shown(found)}.")


def raises(error):
    def answer(number):
        raise error

    return answer


def stub(number):
    """Give twice the number."""
    # your code
    ...  # noqa: PIE790


def stub_that_raises(number):
    raise NotImplementedError("write me")


def forgetful(number):
    number = 2 * number


def deep(number):
    return stub_that_raises(number)


@pytest.mark.parametrize(
    "answer", [None, ..., (..., None), [...], stub, lambda number: ..., stub_that_raises]
)
def test_a_stub_has_no_answer_yet(verdict_of, answer):
    assert verdict_of(doubles, answer) == "test.1: no answer yet."


def test_a_right_answer_is_right(verdict_of):
    assert verdict_of(doubles, lambda number: number + number) == "test.1: right."


@pytest.mark.parametrize(
    ("answer", "phrase"),
    [
        (lambda number: number + 2, "For the number 1, your function gave 3 (int)."),
        (lambda number: 2, "For the number 2, your function gave 2 (int)."),
        (forgetful, "For the number 1, your function gave None. Does it return"),
        (deep, "raised NotImplementedError: write me"),
        (
            raises(KeyError("五")),
            "For the number 1, your function raised KeyError: '五', at the line",
        ),
        (raises(ValueError("one\n\n  two")), "raised ValueError: one two"),
        (raises(ValueError), "raised ValueError, at the line `raise error`."),
        (raises(ValueError("长" * 400)), "长" * 300 + " ..."),
        (lambda: 3, "raised TypeError"),
        (5, "The answer must be a function, and yours is 5 (int)."),
        ("二", "The answer must be a function, and yours is '二' (str)."),
        (lambda number: "二" * number, "your function gave '二' (str)."),
    ],
)
def test_a_wrong_answer_is_told_in_words(verdict_of, answer, phrase):
    said = verdict_of(doubles, answer)
    assert said.startswith("test.1: not yet. ")
    assert phrase in said
    assert "\n" not in said


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt()])
def test_a_wish_to_stop_is_heard(verdict_of, error):
    with pytest.raises(type(error)):
        verdict_of(doubles, raises(error))


class Hostile:
    """An object that breaks when it is looked at."""

    def __getattribute__(self, name):
        raise RuntimeError("hands off")

    def __eq__(self, other):
        raise RuntimeError("no comparison")

    def __repr__(self):
        raise RuntimeError("no words")


@pytest.mark.parametrize("name", list(exercises("encoder_decoder")))
def test_an_object_that_breaks_raises_nothing(name):
    said = [str(judge(name, answer)) for answer in (Hostile(), lambda *_: Hostile())]
    said += [str(judge(name, (7, False, Hostile())))]
    assert all(text.startswith(f"{name}: not yet. ") for text in said)


def test_an_answer_of_several_values_is_taken_apart():
    assert parts([1, 2], "a", "b") == (1, 2)
    with pytest.raises(NotYet, match="a tuple of a and b, and yours is 3"):
        parts(3, "a", "b")
    with pytest.raises(NotYet, match="no answer yet for b"):
        parts((0, ...), "a", "b")


def test_check_prints_the_verdict_once_within_the_page_and_returns_nothing(capsys):
    assert check("encoder_decoder.3", raises(ValueError("word " * 50))) is None
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.startswith("encoder_decoder.3: not yet.")
    assert max(map(len, printed.out.splitlines())) <= 76


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(ValueError, match=r"'nothing.1'; the chapters .* encoder_decoder"):
        check("nothing.1", 1)
    with pytest.raises(ValueError, match=r"chapter has encoder_decoder.1, encoder_decoder.2"):
        check("encoder_decoder.99", 1)
    with pytest.raises(ValueError, match="encoder_decoder"):
        check("checking.1", 1)
    with pytest.raises(TypeError, match="name must be a str"):
        check(3, 1)


@pytest.mark.parametrize("name", [name for chapter in chapters() for name in exercises(chapter)])
def test_a_check_leaves_the_random_state_alone(name):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    judge(name, lambda *given: torch.rand(3))
    judge(name, (7, False, [2]))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_verdict_does_not_depend_on_the_random_state():
    said = set()
    for seed in (1, 2):
        torch.manual_seed(seed)
        said.add(str(judge("encoder_decoder.3", lambda decoder, prev, state: torch.rand(1))))
    assert len(said) == 1


def test_importing_the_exercises_is_light():
    code = "import sys, seq2seq_tutor.exercises; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stderr == ""
    assert "torch" not in done.stdout.split()
