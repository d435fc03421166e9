"""Data sets: what the catalogue promises, and what the real files hold where they are here."""

import io
import os
import re
import zipfile
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from seq2seq_tutor.data import (
    DATASETS,
    SentencePair,
    TaggedSentence,
    Utterance,
    fetch,
    load,
    verify,
)
from seq2seq_tutor.data.datasets import HSK_UNTRANSLATED

FOLDER = os.environ.get("SEQ2SEQ_TUTOR_DATA")
needs_files = pytest.mark.skipif(
    not FOLDER, reason="SEQ2SEQ_TUTOR_DATA names no folder of data sets"
)
WITH_FILES = [name for name, data_set in DATASETS.items() if data_set.files]


# the catalogue


@pytest.mark.parametrize("name", DATASETS)
def test_every_set_says_what_it_is(name):
    data_set = DATASETS[name]
    assert data_set.name == name
    assert data_set.summary
    assert re.match(r"CC|public domain", data_set.licence)
    assert len(data_set.attribution) > 30


@pytest.mark.parametrize("name", WITH_FILES)
def test_every_file_is_pinned_and_comes_over_https(name):
    for file in DATASETS[name].files:
        assert 0 < file.size <= 20_000_000
        for source in file.sources:
            assert urlsplit(source.url).scheme == "https"
            assert source.sha256 is None or re.fullmatch("[0-9a-f]{64}", source.sha256)
        if name != "tatoeba-zh-en":  # rebuilt in place: its pairs are hashed, not the file
            assert {file.sha256} == {source.sha256 for source in file.sources} != {None}
        for address in (source.url for source in file.sources if "githubusercontent" in source.url):
            assert re.search("/[0-9a-f]{40}/", address)


# the embedded default


def test_hsk():
    pairs = load("hsk")
    assert len(pairs) == 4354
    assert pairs[0] == SentencePair("老师，您好！", "Hello, teacher!")
    assert all(re.search("[一-鿿]", pair.src) and re.search("[A-Za-z]", pair.tgt) for pair in pairs)


def test_what_stands_for_the_english_of_some_sentences_of_hsk():
    targets = Counter(pair.tgt for pair in load("hsk"))
    assert {target for target, count in targets.items() if count > 3} < HSK_UNTRANSLATED
    assert sum(targets[target] for target in HSK_UNTRANSLATED) == 82
    one_word = {target for target in targets if len(target.split()) == 1}
    assert one_word - {"Help!", "Welcome!"} == HSK_UNTRANSLATED


def test_the_list_is_the_callers():
    load("hsk").clear()
    assert len(load("hsk")) == 4354


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows[:-1],
        lambda rows: [*rows[1:], rows[0]],
        lambda rows: [{**rows[0], "chinese": "您好！"}, *rows[1:]],
    ],
)
def test_another_hsk_is_refused(monkeypatch, change):
    from hsk_sentences_audio import load_sentences

    changed = change(load_sentences())
    monkeypatch.setattr("hsk_sentences_audio.load_sentences", lambda: changed)
    with pytest.raises(ValueError, match=f"holds {len(changed)} pairs .* expected 4354 .*==1.0.0"):
        load("hsk")


@pytest.mark.parametrize("name", ["HSK", "", "nothing", None, 3])
def test_an_unknown_name_is_answered_with_the_names(name):
    names = "hsk, tatoeba-zh-en, timemachine, fra-eng, snips, uner-chinese-gsdsimp"
    with pytest.raises(ValueError, match=f"name must be one of {names}; got {name!r}"):
        load(name)


# the formats, on made files


@pytest.fixture
def made(monkeypatch):
    """Give ``load`` these files instead of the checked ones."""

    def give(**files):
        contents = {name: content.encode() for name, content in files.items()}
        monkeypatch.setattr("seq2seq_tutor.data.datasets.contents", lambda _: contents)

    return give


def test_lines_end_at_line_feeds_alone(made):
    made(**{"timemachine.txt": "one\n\n two\u2028three \n"})
    assert load("timemachine") == ["one", "", " two\u2028three "]


def test_the_zip_of_fra_eng(monkeypatch):
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as archive:
        archive.writestr("fra-eng/fra.txt", "Go.\tVa\u202f!\nHi.\tSalut.\n")
    contents = {"fra-eng.zip": buffer.getvalue()}
    monkeypatch.setattr("seq2seq_tutor.data.datasets.contents", lambda _: contents)
    assert load("fra-eng") == [SentencePair("Go.", "Va\u202f!"), SentencePair("Hi.", "Salut.")]


def test_tatoeba_is_turned_to_chinese_first(made, monkeypatch):
    made(**{"cmn-eng.zip": ""})
    sets = {"train": [("Hi.", "嗨。")], "valid": [("Go.", "走。")], "test": [("Run.", "跑。")]}
    monkeypatch.setattr("seq2seq_tutor.data.datasets.public_split", lambda _: sets)
    assert load("tatoeba-zh-en") == {
        "train": [SentencePair("嗨。", "Hi.")],
        "valid": [SentencePair("走。", "Go.")],
        "test": [SentencePair("跑。", "Run.")],
    }


def test_the_three_files_of_an_utterance_are_put_together(made):
    words, slots, intents = "play bach \nrain\n", "O B-artist \nO\n", "PlayMusic\nGetWeather\n"
    kinds = {"seq.in": words, "seq.out": slots, "label": intents}
    made(
        **{f"{split}.{kind}": kinds[kind] for split in ("train", "valid", "test") for kind in kinds}
    )
    rows = [
        Utterance(("play", "bach"), ("O", "B-artist"), "PlayMusic"),
        Utterance(("rain",), ("O",), "GetWeather"),
    ]
    assert load("snips") == {"train": rows, "valid": rows, "test": rows}


def test_comments_of_iob2_are_no_words(made):
    text = "# sent_id = 1\n# text = #在北京\n1\t#\tO\t-\t-\n2\t在\tO\t-\t-\n3\t北京\tB-LOC\t-\t-\n"
    made(
        **{f"zh_gsdsimp-ud-{split}.iob2": f"{text}\n{text}\n" for split in ("train", "dev", "test")}
    )
    rows = [TaggedSentence(("#", "在", "北京"), ("O", "O", "B-LOC"))] * 2
    assert load("uner-chinese-gsdsimp") == {"train": rows, "valid": rows, "test": rows}


# the real files


@needs_files
@pytest.mark.parametrize("name", WITH_FILES)
def test_the_files_are_the_ones_we_know(name):
    own = Path(FOLDER).expanduser() / name
    assert all(status.problem is None and status.path.parent == own for status in verify(name))
    assert fetch(name) == [own / file.name for file in DATASETS[name].files]
    if name != "tatoeba-zh-en":
        sizes = {file.name: file.size for file in DATASETS[name].files}
        assert {path.name: path.stat().st_size for path in fetch(name)} == sizes


@needs_files
def test_tatoeba():
    sets = load("tatoeba-zh-en")
    assert {name: len(pairs) for name, pairs in sets.items()} == {
        "train": 26_124,
        "valid": 998,
        "test": 997,
    }
    assert sets["train"][0] == SentencePair("嗨。", "Hi.")
    assert sets["test"][0] == SentencePair("你用跑的。", "Run.")


@needs_files
def test_fra_eng():
    pairs = load("fra-eng")
    assert len(pairs) == 167_130
    assert pairs[0] == SentencePair("Go.", "Va !")
    assert all(pair.src.strip() and pair.tgt.strip() for pair in pairs)


@needs_files
def test_timemachine():
    lines = load("timemachine")
    assert len(lines) == 3221
    assert lines[0] == "The Time Machine, by H. G. Wells [1898]"
    assert sum(len(line.split()) for line in lines) == 32_306
    assert not any("\n" in line or "\r" in line for line in lines)


@needs_files
def test_snips():
    sets = load("snips")
    assert {name: len(rows) for name, rows in sets.items()} == {
        "train": 13_084,
        "valid": 700,
        "test": 700,
    }
    rows = [row for split in sets.values() for row in split]
    assert all(len(row.words) == len(row.slots) for row in rows)
    assert len({row.intent for row in rows}) == 7
    assert len({slot for row in sets["train"] for slot in row.slots}) == 72
    assert sets["train"][1] == Utterance(
        tuple("add step to me to the 50 clásicos playlist".split()),
        tuple("O B-entity_name I-entity_name I-entity_name O O B-playlist I-playlist O".split()),
        "AddToPlaylist",
    )


@needs_files
def test_uner():
    sets = load("uner-chinese-gsdsimp")
    assert {name: len(rows) for name, rows in sets.items()} == {
        "train": 3997,
        "valid": 500,
        "test": 500,
    }
    words = {name: sum(len(row.words) for row in rows) for name, rows in sets.items()}
    assert words == {"train": 98_616, "valid": 12_663, "test": 12_012}
    rows = [row for split in sets.values() for row in split]
    assert all(isinstance(row, TaggedSentence) and len(row.words) == len(row.tags) for row in rows)
    assert all(word and word == word.strip() for row in rows for word in row.words)
    tags = Counter(tag for row in sets["train"] for tag in row.tags)
    assert tags == {
        "O": 86_737,
        "B-LOC": 2858,
        "I-LOC": 2501,
        "B-PER": 2148,
        "I-ORG": 1785,
        "I-PER": 1475,
        "B-ORG": 1112,
    }
