"""Made tasks: each answer is checked by a second way to it, and no source occurs twice."""

import datetime
import re
import unicodedata
from collections import Counter
from itertools import product

import pytest
import torch

from seq2seq_tutor.data import SentencePair, copy_pairs, date_pairs, reverse_pairs, sort_pairs

ANSWERS = {
    copy_pairs: lambda source: source,
    reverse_pairs: lambda source: "".join(reversed(source)),
    sort_pairs: lambda source: "".join(d * source.count(d) for d in "0123456789"),
}
DIGIT_TASKS = list(ANSWERS)
TASKS = [*DIGIT_TASKS, date_pairs]
STRPTIME = (
    (r"\d+ [A-Z][a-z]+ \d{4}", "%d %B %Y"),
    (r"[A-Z][a-z]+ \d+, \d{4}", "%B %d, %Y"),
    (r"\d+-[A-Z][a-z]{2}-\d{4}", "%d-%b-%Y"),
    (r"[A-Z][a-z]+day, [A-Z][a-z]+ \d+, \d{4}", "%A, %B %d, %Y"),
    (r"\d\d\.\d\d\.\d{4}", "%d.%m.%Y"),
    (r"\d{4}/\d+/\d+", "%Y/%m/%d"),
    (r"\d{4}年\d+月\d+日", "%Y年%m月%d日"),
)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def every_date():
    return date_pairs(584_392, generator=seeded(0))


@pytest.mark.parametrize("task", TASKS)
def test_the_seed_alone_says_which_pairs(task):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    pairs = task(50, generator=seeded(1))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(7)
    assert task(50, generator=seeded(1)) == pairs
    assert task(50, generator=seeded(2)) != pairs


@pytest.mark.parametrize("task", TASKS)
def test_no_source_is_on_both_sides_of_a_split(task):
    pairs = task(3000, generator=seeded(0))
    train, test = pairs[:2500], pairs[2500:]
    assert len(pairs) == 3000
    assert all(isinstance(pair, SentencePair) for pair in pairs)
    assert not {pair.src for pair in train} & {pair.src for pair in test}
    assert len({pair.src for pair in pairs}) == 3000


@pytest.mark.parametrize("task", DIGIT_TASKS)
def test_every_answer_is_right(task):
    for source, target in task(500, generator=seeded(0), min_len=1, max_len=12):
        assert re.fullmatch("[0-9]{1,12}", source)
        assert target == ANSWERS[task](source)


@pytest.mark.parametrize("task", DIGIT_TASKS)
def test_all_the_strings_there_are_can_be_had(task):
    sources = [pair.src for pair in task(1110, generator=seeded(0), min_len=1, max_len=3)]
    digits = "0123456789"
    assert sorted(sources) == sorted(
        "".join(s) for n in (1, 2, 3) for s in product(digits, repeat=n)
    )


@pytest.mark.parametrize("task", DIGIT_TASKS)
def test_lengths_are_even(task):
    counts = Counter(len(pair.src) for pair in task(6000, generator=seeded(0), min_len=5))
    assert set(counts) == {5, 6, 7, 8}
    assert all(1350 < count < 1650 for count in counts.values())


@pytest.mark.parametrize("task", DIGIT_TASKS)
def test_the_front_and_the_back_have_the_same_lengths(task):
    pairs = task(8000, generator=seeded(0))  # all 100 strings of two digits are among them
    front, back = ([len(p.src) for p in half].count(2) for half in (pairs[:4000], pairs[4000:]))
    assert front + back == 100
    assert 30 < front < 70


# dates


def test_every_day_is_written_in_eight_ways_once(every_date):
    days = Counter(pair.tgt for pair in every_date)
    assert len({pair.src for pair in every_date}) == len(every_date)
    assert len(days) == 73_049
    assert set(days.values()) == {8}
    assert (min(days), max(days)) == ("1900-01-01", "2099-12-31")
    assert "1900-02-29" not in days
    assert "2000-02-29" in days


def test_dates_parse_back_to_their_answers(every_date):
    forms = Counter()
    for source, target in every_date[:4000]:
        form = next((f for pattern, f in STRPTIME if re.fullmatch(pattern, source)), "chinese")
        forms[form] += 1
        if form != "chinese":
            day = datetime.datetime.strptime(source, form).replace(tzinfo=datetime.timezone.utc)
            assert day.date().isoformat() == target
            assert "%A" not in form or source.startswith(day.strftime("%A"))
    assert len(forms) == 8
    assert all(400 < count < 600 for count in forms.values())


def chinese_numeral(text):
    """Read a numeral below 100 by the values that Unicode gives its characters."""
    tens, ten, ones = text.rpartition("十")
    value = 10 * (unicodedata.numeric(tens) if tens else 1) if ten else 0
    return int(value + (unicodedata.numeric(ones) if ones else 0))


def test_chinese_dates_read_back_to_their_answers(every_date):
    dates = [p for p in every_date if re.fullmatch("[〇一二三四五六七八九]{4}年.*", p.src)]
    assert len(dates) == 73_049
    for source, target in dates[:4000]:
        year, month, day = re.fullmatch("(.{4})年(.{1,2})月(.{1,3})日", source).groups()
        read = int("".join(str(int(unicodedata.numeric(digit))) for digit in year))
        assert f"{read}-{chinese_numeral(month):02}-{chinese_numeral(day):02}" == target


@pytest.mark.parametrize(
    ("day", "written"),
    [
        ("2000-10-10", "二〇〇〇年十月十日"),
        ("2021-12-21", "二〇二一年十二月二十一日"),
        ("1911-11-20", "一九一一年十一月二十日"),
        ("1987-01-30", "一九八七年一月三十日"),
        ("2099-08-31", "二〇九九年八月三十一日"),
        ("1949-10-01", "一九四九年十月一日"),
    ],
)
def test_chinese_dates_by_hand(every_date, day, written):
    assert SentencePair(written, day) in every_date


# refusals


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(
    ("n", "error", "said"),
    [
        (0, ValueError, "n must be at least 1, got 0"),
        (-3, ValueError, "n must be at least 1, got -3"),
        (2.0, TypeError, r"n must be an int, got 2\.0"),
        (True, TypeError, r"n must be an int, got True \(bool\)"),
    ],
)
def test_a_wrong_number_of_pairs_is_refused(task, n, error, said):
    with pytest.raises(error, match=said):
        task(n, generator=seeded(0))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("generator", [0, None])
def test_a_seed_or_nothing_is_not_a_generator(task, generator):
    with pytest.raises(TypeError, match=f"must be a torch.Generator, got {generator}; write"):
        task(5, generator=generator)


@pytest.mark.parametrize("task", DIGIT_TASKS)
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"min_len": 0}, "min_len must be at least 1, got 0"),
        ({"min_len": 5, "max_len": 4}, "max_len must be at least 5, got 4"),
        ({"max_len": 2}, "only 100 strings of 2 to 2 digits, got n=101; raise max_len"),
    ],
)
def test_impossible_lengths_are_refused(task, options, said):
    with pytest.raises(ValueError, match=said):
        task(101, generator=seeded(0), **options)


def test_more_dates_than_there_are_is_refused():
    with pytest.raises(ValueError, match="only 584392 dates to write, got n=584393"):
        date_pairs(584_393, generator=seeded(0))
