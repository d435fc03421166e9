"""Files of pairs: what is read, what is refused and how, and splits that nothing leaks through."""

import codecs
import re

import pytest
import torch
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from seq2seq_tutor.data import SentencePair, read_pairs, split_pairs, write_pairs

PAIRS = [SentencePair("你好。", "Hello."), SentencePair("我喜欢音乐。", "I like music.")]
quick = settings(max_examples=100, deadline=None, derandomize=True)
TABLE = "你好。\tHello.\n我喜欢音乐。\tI like music.\n"


def seeded(seed):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def file(tmp_path):
    """Make a file of bytes or of text (UTF-8)."""

    def make(content, name="pairs.tsv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


# reading


@pytest.mark.parametrize(
    "content",
    [
        TABLE,
        TABLE[:-1],
        TABLE + "\n\n  \r\n",
        "\n" + TABLE.replace("\n", "\n\n"),
        TABLE.replace("\n", "\r\n"),
        "\ufeff" + TABLE,
        TABLE.replace("\n", "\tCC BY #1\t\tx\n"),
    ],
    ids=["plain", "no-last-end", "more-ends", "blank-lines", "crlf", "bom", "more-columns"],
)
def test_tables_that_hold_the_same_pairs(file, content):
    assert read_pairs(file(content)) == PAIRS


@pytest.mark.parametrize(
    "encoding", ["gb18030", "GBK", "utf-16", "utf-16-le", "utf-32", "utf-8-sig"]
)
def test_other_encodings(file, encoding):
    assert read_pairs(file(TABLE.encode(encoding)), encoding=encoding) == PAIRS


@pytest.mark.parametrize(
    "character", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\r", "\0"]
)
def test_only_a_line_feed_ends_a_line(file, character):
    path = file(f"a{character}b\tc{character}d\n")
    assert read_pairs(path) == [(f"a{character}b", f"c{character}d")]


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\r\n"])
def test_two_files(file, end):
    src = file("你好。\n我喜欢音乐。" + end, "src.txt")
    tgt = file("\ufeffHello.\r\nI like music.\n", "tgt.txt")
    assert read_pairs(src, tgt) == PAIRS
    assert read_pairs(str(src), str(tgt)) == PAIRS


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=re.escape(f"no file {tmp_path / 'no.tsv'}; check")):
        read_pairs(tmp_path / "no.tsv")


def test_a_folder(tmp_path):
    with pytest.raises(ValueError, match="is a folder; name a file in it"):
        read_pairs(tmp_path)


def test_no_path():
    with pytest.raises(TypeError, match=r"path must be a path, got 3 \(int\)"):
        read_pairs(3)
    with pytest.raises(TypeError, match=r"tgt_path must be a path, got \["):
        read_pairs(__file__, ["a"])


def test_a_wrong_encoding_is_placed(file):
    path = file(b"Hello.\tHi.\n" + "好\tGood.\n".encode("gb18030"))
    with pytest.raises(
        ValueError, match=r'not in utf-8: line 2, byte offset 11 .*"gb18030"'
    ) as info:
        read_pairs(path)
    assert str(path) in str(info.value)


@pytest.mark.parametrize("encoding", ["klingon", "hex", ""])
def test_an_unknown_encoding(file, encoding):
    with pytest.raises(ValueError, match=f"no text encoding {encoding!r}"):
        read_pairs(file(TABLE), encoding=encoding)


@pytest.mark.parametrize(
    ("mark", "name"),
    [
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
    ],
)
def test_a_byte_order_mark_is_named(file, mark, name):
    with pytest.raises(ValueError, match=f'mark of {name.upper()}, .*; write encoding="{name}"'):
        read_pairs(file(mark + b"a\0\t\0b\0"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a\tb\nc\n", r"1 of 2 lines have no source or no target \(line 2\)"),
        ("a\tb\n\nc\t\n\td\n", r"2 of 3 lines .* \(line 3, 4\)"),
        ("a\t \u3000\tc\n", r"1 of 1 lines .* \(line 1\)"),
        ("\t\n", r"1 of 1 lines .* \(line 1\)"),
        ("a\n" * 7, r"7 of 7 lines .* \(line 1, 2, 3, 4, 5, \.\.\.\); each line is source TAB"),
        ("", "no sentence pair"),
        ("\n \n", "no sentence pair"),
        ("\ufeff", "no sentence pair"),
    ],
)
def test_bad_rows_are_counted(file, content, said):
    path = file(content)
    with pytest.raises(ValueError, match=said) as info:
        read_pairs(path)
    assert str(path) in str(info.value)


@pytest.mark.parametrize(
    ("src", "tgt", "said"),
    [
        ("a\nb\n", "c\n", r"src\.txt has 2 lines, .*tgt\.txt has 1"),
        ("a\n\nb\n", "c\nd\ne\n", r"1 of 3 lines have no .* \(line 2\); a blank line on one side"),
        ("", "\n", "no sentence pair"),
    ],
)
def test_two_files_that_do_not_fit(file, src, tgt, said):
    with pytest.raises(ValueError, match=said):
        read_pairs(file(src, "src.txt"), file(tgt, "tgt.txt"))


# writing


def test_what_is_written(tmp_path):
    write_pairs(iter(PAIRS), str(tmp_path / "pairs.tsv"))
    assert (tmp_path / "pairs.tsv").read_bytes() == TABLE.encode()
    assert [path.name for path in tmp_path.iterdir()] == ["pairs.tsv"]


sentences = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
writable = sentences.filter(lambda text: not set("\t\r\n\ufeff") & set(text))


@quick
@given(pairs=st.lists(st.tuples(writable, writable), min_size=1))
def test_what_is_written_is_read(tmp_path_factory, pairs):
    path = tmp_path_factory.getbasetemp() / "round.tsv"
    write_pairs(pairs, path)
    assert read_pairs(path) == pairs


@quick
@given(pairs=st.lists(st.tuples(sentences, sentences), min_size=1))
def test_what_cannot_be_read_again_is_not_written(tmp_path_factory, pairs):
    path = tmp_path_factory.getbasetemp() / "any.tsv"
    try:
        write_pairs(pairs, path)
    except ValueError:
        assert set("\t\r\n\ufeff") & set("".join(map("".join, pairs)))
    else:
        assert read_pairs(path) == pairs


@pytest.mark.parametrize(
    ("pairs", "error", "said"),
    [
        ([("a", "b"), ("c", "d\te")], ValueError, r"target of row 2 holds '\\t' at position 1"),
        ([("a\nb", "c")], ValueError, r"source of row 1 holds '\\n' at position 1"),
        ([("a\r", "c")], ValueError, r"source of row 1 holds '\\r'"),
        ([("\ufeffa", "c")], ValueError, r"source of row 1 holds '\\ufeff'"),
        ([("a", "\ud800")], ValueError, r"target of row 1 holds '\\ud800'"),
        ([("a", " ")], ValueError, "target of row 1 is blank"),
        ([], ValueError, "no sentence pair"),
        (["ab"], TypeError, r"row 1 must be \(source, target\), got 'ab'"),
        ([("a", "b", "c")], TypeError, "row 1 must be"),
        ([("a", None)], TypeError, "target of row 1 must be a str, got NoneType"),
    ],
)
def test_what_a_table_cannot_hold(tmp_path, pairs, error, said):
    path = tmp_path / "pairs.tsv"
    path.write_bytes(b"old")
    with pytest.raises(error, match=said):
        write_pairs(pairs, path)
    assert path.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["pairs.tsv"]


def test_no_folder_to_write_in(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"no folder {re.escape(str(tmp_path / 'no'))};"):
        write_pairs(PAIRS, tmp_path / "no" / "pairs.tsv")


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    path = tmp_path / "pairs.tsv"
    path.write_bytes(b"old")
    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_pairs(PAIRS, path)
    assert path.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["pairs.tsv"]


# splitting

words = st.integers(0, 99).map(str)


@settings(quick, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    pairs=st.lists(st.tuples(words, words), min_size=5, max_size=60),
    valid=st.sampled_from([0.05, 0.1, 0.3]),
    test=st.sampled_from([0, 0.1, 0.4]),
    seed=st.integers(0, 3),
)
def test_no_sentence_is_on_two_sides(pairs, valid, test, seed):
    try:
        sets = split_pairs(pairs, valid=valid, test=test, generator=seeded(seed))
    except ValueError:
        reject()  # too few pairs, or too entangled; the refusals have their own test
    assert sorted(pair for side in sets for pair in side) == sorted(pairs)
    for column in (0, 1):
        sides = [{pair[column] for pair in side} for side in sets]
        assert len(set().union(*sides)) == sum(map(len, sides))
    assert sets[0]
    assert sets[1]
    assert bool(sets[2]) == bool(test)
    assert len(sets[1]) <= round(valid * len(pairs))
    assert len(sets[2]) <= round(test * len(pairs))


@quick
@given(n=st.integers(10, 300), seed=st.integers(0, 3))
def test_without_shared_sentences_the_sizes_are_exact(n, seed):
    pairs = [(f"s{i}", f"t{i}") for i in range(n)]
    train, valid, test = split_pairs(pairs, valid=0.1, test=0.2, generator=seeded(seed))
    assert (len(valid), len(test)) == (round(0.1 * n), round(0.2 * n))
    assert len(train) == n - len(valid) - len(test)


def test_pairs_linked_through_others_stay_together():
    chain = [("a", "1"), ("b", "1"), ("b", "2"), ("c", "2")]
    pairs = chain + [(f"s{i}", f"t{i}") for i in range(16)]
    sides = set()
    for seed in range(40):
        sets = split_pairs(pairs, valid=0.2, test=0.2, generator=seeded(seed))
        assert [len(side) for side in sets] == [12, 4, 4]
        [side] = [i for i, side in enumerate(sets) if set(chain) & set(side)]
        assert set(chain) <= set(sets[side])
        sides.add(side)
    assert sides == {0, 1, 2}


def test_sizes_are_close_where_sentences_repeat():
    generator = seeded(0)
    numbers = torch.randint(0, 1500, (2000, 2), generator=generator).tolist()
    pairs = [(f"s{a}", f"t{b}") for a, b in numbers]
    train, valid, test = split_pairs(pairs, valid=0.05, test=0.05, generator=generator)
    assert (len(valid), len(test)) == (100, 100)
    assert len(train) == 1800


def test_the_generator_alone_decides():
    pairs = [(f"s{i}", f"t{i}") for i in range(100)]
    first = split_pairs(pairs, valid=0.1, test=0.1, generator=seeded(1))
    torch.manual_seed(5)
    assert split_pairs(iter(pairs), valid=0.1, test=0.1, generator=seeded(1)) == first
    assert split_pairs(pairs, valid=0.1, test=0.1, generator=seeded(2)) != first
    assert all(isinstance(pair, SentencePair) for side in first for pair in side)
    assert first[0] != sorted(first[0])


def test_the_split_is_the_same_under_every_hash_seed(outputs_under_two_hash_seeds):
    program = (
        "import torch\n"
        "from seq2seq_tutor.data import split_pairs\n"
        "pairs = [(str(i % 70), str(i % 90)) for i in range(0, 630, 7)]\n"
        "print(split_pairs(pairs, valid=0.1, test=0.1, generator=torch.Generator()))\n"
    )
    assert len(outputs_under_two_hash_seeds(program)) == 1


@pytest.mark.parametrize(
    ("pairs", "fractions", "error", "said"),
    [
        (PAIRS, (0, 0), ValueError, "valid must be greater than 0, got 0"),
        (PAIRS, (1, 0), ValueError, "valid must be below 1, got 1"),
        (PAIRS, (0.5, -0.1), ValueError, r"test must be at least 0, got -0\.1"),
        (PAIRS, (0.5, 0.5), ValueError, r"sum to less than 1, got 0\.5 \+ 0\.5"),
        (PAIRS, (float("nan"), 0), ValueError, "valid must be finite"),
        (PAIRS, (True, 0), TypeError, "valid must be a number"),
        (PAIRS, (0.1, 0), ValueError, "leave no pair for valid: there are 2 pairs in 2 groups"),
        (PAIRS, (0.5, 0.1), ValueError, "leave no pair for test"),
        (PAIRS, (0.45, 0.5), ValueError, "leave no pair for (train|valid)"),
        ([("a", "b")] * 9, (0.3, 0), ValueError, "9 pairs in 1 groups .*, the largest of 9"),
        ([], (0.5, 0), ValueError, "pairs is empty"),
        ([("a", 1)], (0.5, 0), TypeError, "target of row 1 must be a str"),
    ],
)
def test_splits_that_do_not_work(pairs, fractions, error, said):
    valid, test = fractions
    with pytest.raises(error, match=said):
        split_pairs(pairs, valid=valid, test=test, generator=seeded(0))


def test_a_seed_is_not_a_generator():
    with pytest.raises(TypeError, match=r"generator must be a torch\.Generator, got 0"):
        split_pairs(PAIRS, valid=0.5, test=0, generator=0)
