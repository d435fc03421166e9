import dataclasses

import pytest
import torch

from seq2seq_tutor.decoding import Translation, Translator, beam_search, translator
from seq2seq_tutor.models import (
    BahdanauDecoder,
    Decoder,
    Encoder,
    LanguageModel,
    LuongDecoder,
    Seq2Seq,
)
from seq2seq_tutor.text import CharTokenizer, Language, Vocab, WordTokenizer
from seq2seq_tutor.training import CheckpointError, save_checkpoint

CHARACTERS = Language(CharTokenizer(), Vocab.build([list("我喜欢音乐茶。")]))
WORDS = Language(WordTokenizer(), Vocab.build(["I like music tea . , very much".split()]))
SENTENCES = [
    "我喜欢茶。",
    "",
    "茶",
    "音乐" * 7,
    "  \u3000\xa0 ",
    "我喜欢音乐。",
    "🤖👩‍👩‍👧xyz",
    "茶",
]
EMPTY = (1, 4)  # places in SENTENCES


def model_of(make=BahdanauDecoder, *, ends=0.0, scale=3.0):
    """Make a model with distributions far from uniform; ``ends`` makes EOS likelier."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        sizes = (len(WORDS.vocab), 5, 6)
        model = Seq2Seq(Encoder(len(CHARACTERS.vocab), 5, 6, dropout=0.5), make(*sizes))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(scale)
        model.decoder.output.bias[2] += ends
    return model


def translator_of(make=BahdanauDecoder, **options):
    return Translator(model_of(make, **options), CHARACTERS, WORDS)


def equal(mine, other):
    """Tell whether two translations agree, up to the rounding of other batches."""
    return (
        mine.text == other.text
        and mine.source_tokens == other.source_tokens
        and mine.target_tokens == other.target_tokens
        and mine.finished == other.finished
        and mine.log_prob == pytest.approx(other.log_prob, abs=1e-5)
        and (mine.weights is None) == (other.weights is None)
        and (mine.weights is None or torch.allclose(mine.weights, other.weights, atol=1e-5))
        and len(mine.alternatives) == len(other.alternatives)
        and all(map(equal, mine.alternatives, other.alternatives))
    )


@pytest.mark.parametrize("make", [Decoder, LuongDecoder, BahdanauDecoder])
def test_each_sentence_has_its_own_translation_whatever_its_companions(make):
    translate = translator_of(make).translate
    options = {"beam_size": 3, "n_best": 3, "max_len": 12}
    alone = [translate([sentence], **options)[0] for sentence in SENTENCES]
    assert len({found.log_prob for found in alone}) == 6  # two are empty, and one comes twice
    together = translate(SENTENCES, **options)
    assert len(together) == len(SENTENCES)
    assert all(map(equal, together, alone))
    assert all(map(equal, translate(SENTENCES[::-1], **options), alone[::-1]))
    assert all(map(equal, translate(tuple(SENTENCES[3:]), **options), alone[3:]))


def test_more_sentences_than_are_searched_together(monkeypatch):
    many = [SENTENCES[number % 8] + "茶" * (number % 5) for number in range(30)]
    whole = translator_of(ends=1.0).translate(many, max_len=6)
    seen = []
    search = translator.beam_search

    def spy(step, state, **options):
        seen.append(len(state))
        return search(step, state, **options)

    monkeypatch.setattr(translator, "beam_search", spy)
    monkeypatch.setattr(translator, "_ROWS", 7)
    assert all(map(equal, translator_of(ends=1.0).translate(many, max_len=6), whole))
    assert sum(seen) == sum(bool(CHARACTERS.encode(sentence)) for sentence in many)
    assert max(seen) == 7


def test_an_empty_sentence_has_an_empty_translation_and_the_model_is_not_asked(monkeypatch):
    asked = translator_of()
    for name in ("start", "step", "forward"):
        monkeypatch.setattr(Seq2Seq, name, None)
    found = asked.translate(["", " ", "\u3000\xa0\n\t", "\u200b\ufeff"], n_best=2)
    assert found == [Translation("", (), (), 0.0, finished=True)] * 4
    assert {item.weights for item in found} == {None}
    assert asked.translate([]) == []


@pytest.mark.parametrize("make", [Decoder, LuongDecoder, BahdanauDecoder])
@pytest.mark.parametrize("length_penalty", [0.0, 1.0])
def test_is_the_beam_search_called_by_hand(make, length_penalty):
    asked = translator_of(make, ends=1.0)
    for sentence in ("我喜欢茶。", "茶"):
        ids = [*CHARACTERS.encode(sentence), 2]
        state = asked.model.start(torch.tensor([ids]), torch.tensor([len(ids)]))
        [hypotheses] = beam_search(
            asked.model.step,
            state,
            beam_size=4,
            max_len=9,
            length_penalty=length_penalty,
            n_best=4,
        )
        options = {"beam_size": 4, "max_len": 9, "length_penalty": length_penalty}
        [best] = asked.translate([sentence], n_best=4, **options)
        found = [best, *best.alternatives]
        assert len(found) == len(hypotheses) == 4
        for item, hypothesis in zip(found, hypotheses, strict=True):
            assert item.text == WORDS.decode(hypothesis.tokens)
            assert item.target_tokens == tuple(WORDS.vocab.tokens[id_] for id_ in hypothesis.tokens)
            assert item.source_tokens == (*sentence, "<eos>")
            assert item.log_prob == hypothesis.log_prob
            assert item.finished == hypothesis.finished
        assert all(item.alternatives == () for item in best.alternatives)
        [lone] = asked.translate([sentence], **options)
        assert equal(lone, dataclasses.replace(best, alternatives=()))


def test_the_length_penalty_is_one_where_none_is_given():
    asked = translator_of(ends=4.0)
    options = {"n_best": 5, "max_len": 9}
    default, one, none = (
        [item.alternatives for item in asked.translate(SENTENCES, **options, **penalty)]
        for penalty in ({}, {"length_penalty": 1.0}, {"length_penalty": 0.0})
    )
    assert default == one != none


@pytest.mark.parametrize("make", [LuongDecoder, BahdanauDecoder])
def test_weights_are_a_distribution_over_the_source_for_each_target_token(make):
    found = translator_of(make, ends=1.0).translate(SENTENCES, n_best=2, beam_size=3, max_len=12)
    for row, best in enumerate(found):
        if row in EMPTY:
            continue
        for item in (best, *best.alternatives):
            shape = (len(item.target_tokens), len(item.source_tokens))
            assert item.weights.shape == shape
            torch.testing.assert_close(item.weights.sum(dim=1), torch.ones(shape[0]))
            assert not item.weights.requires_grad


def test_a_decoder_without_attention_gives_no_weights():
    found = translator_of(Decoder, ends=1.0).translate(SENTENCES, n_best=2, max_len=9)
    assert {item.weights for best in found for item in (best, *best.alternatives)} == {None}


def test_what_does_not_end_says_so():
    [found] = translator_of(ends=-50.0).translate(["我喜欢茶。"])
    assert not found.finished
    assert len(found.target_tokens) == 60  # three times ten, and thirty
    assert "<eos>" not in found.target_tokens
    [found] = translator_of(ends=50.0).translate(["我喜欢茶。"])
    assert found.finished
    assert (found.text, found.target_tokens) == ("", ("<eos>",))


def test_a_longest_translation_of_one_token():
    for found in translator_of(ends=-50.0).translate(["茶", "音乐"], max_len=1, n_best=2):
        assert not found.finished
        assert len(found.target_tokens) == 1
        assert len(found.alternatives) == 1


@pytest.mark.parametrize(("tokens", "limit"), [(1, 60), (10, 60), (11, 90), (20, 90), (21, 120)])
def test_the_default_limit_depends_on_the_length_alone(tokens, limit):
    asked = translator_of(ends=-50.0)
    companions = ["茶" * 5, "茶" * tokens, "茶" * 25]
    assert len(asked.translate(companions, beam_size=1)[1].target_tokens) == limit


@pytest.mark.parametrize(
    "sentence",
    ["xyz", "🤖", "👩‍👩‍👧👍🏽", "<eos>", "<pad>", "\x00", "\x1b[31m", "ＡＢＣ", "。。。", "é"],
)
def test_odd_sentences_are_translated(sentence):
    [found] = translator_of(ends=20.0).translate([sentence])
    assert found.source_tokens == (*CharTokenizer().tokenize(sentence), "<eos>")
    assert found.finished
    assert found.weights.shape == (len(found.target_tokens), len(found.source_tokens))


def test_tokens_that_are_unknown_are_read_alike():
    first, second = translator_of(ends=1.0).translate(["xyz", "🤖ab"])
    assert first.text == second.text
    assert first.log_prob == pytest.approx(second.log_prob, abs=1e-6)


def test_a_long_sentence():
    [found] = translator_of(ends=20.0).translate(["我喜欢" * 1000])
    assert len(found.source_tokens) == 3001
    assert found.weights.shape == (len(found.target_tokens), 3001)
    assert found.finished


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        ("我喜欢茶。", "sentences must be a list of str, got one: '我喜欢茶。'"),
        (b"tea", "sentences must be a list of str, got one: b'tea'"),
        (None, "not iterable"),
        (5, "not iterable"),
        ([None], r"sentences\[0\] must be a str, got NoneType: None"),
        (["茶", b"tea"], r"sentences\[1\] must be a str, got bytes: b'tea'"),
        ([["茶"]], r"sentences\[0\] must be a str, got list"),
        (bytearray(b"tea"), r"sentences\[0\] must be a str, got int"),
    ],
)
def test_refuses_what_is_no_list_of_sentences(sentences, message):
    with pytest.raises(TypeError, match=message):
        translator_of().translate(sentences)


def test_half_a_surrogate_pair_names_its_sentence():
    message = r"sentences\[2\]: text has half a surrogate pair \('\\ud83e'\) at position 1"
    with pytest.raises(ValueError, match=message):
        translator_of().translate(["茶", "", "茶\ud83e", "茶"])


@pytest.mark.parametrize("sentences", [[], [""], ["茶"]])
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"beam_size": 0}, ValueError, "beam_size must be at least 1, got 0"),
        ({"beam_size": 2.5}, TypeError, "beam_size must be an int, got 2.5"),
        ({"beam_size": True}, TypeError, "beam_size must be an int, got True"),
        ({"n_best": 0}, ValueError, "n_best must be at least 1, got 0"),
        ({"n_best": 6}, ValueError, "n_best must be at most 5, got 6"),
        ({"max_len": 0}, ValueError, "max_len must be at least 1, got 0"),
        ({"max_len": 3.0}, TypeError, "max_len must be an int, got 3.0"),
        ({"length_penalty": float("nan")}, ValueError, "length_penalty must be finite, got nan"),
        ({"length_penalty": "1"}, TypeError, "length_penalty must be a number, got '1'"),
    ],
)
def test_refuses_options_even_where_there_is_nothing_to_do(sentences, options, error, message):
    with pytest.raises(error, match=message):
        translator_of().translate(sentences, **options)


def test_the_model_is_in_eval_mode_and_unchanged():
    model = model_of(ends=1.0).train()
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    asked = Translator(model, CHARACTERS, WORDS)
    assert asked.model is model
    assert not any(module.training for module in model.modules())
    state = torch.get_rng_state()
    first, second = (asked.translate(SENTENCES, max_len=9) for _ in range(2))
    assert all(map(equal, first, second))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(before[name], weight) for name, weight in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert torch.is_grad_enabled()


@pytest.mark.parametrize(
    ("model", "source", "target", "error", "message"),
    [
        (LanguageModel(9, 3, 4), CHARACTERS, WORDS, TypeError, "a translator needs a Seq2Seq"),
        (model_of(), "zh", WORDS, TypeError, "source must be a Language, got str"),
        (model_of(), CHARACTERS, None, TypeError, "target must be a Language, got NoneType"),
        (model_of(), WORDS, CHARACTERS, ValueError, "the source vocabulary has 12 .*=11"),
        (model_of(), CHARACTERS, CHARACTERS, ValueError, "the target vocabulary has 11 .*=12"),
    ],
)
def test_refuses_parts_that_do_not_fit(model, source, target, error, message):
    with pytest.raises(error, match=message):
        Translator(model, source, target)


@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["str", "Path"])
def test_loads_from_a_folder(tmp_path, kind):
    model = model_of(ends=1.0).double().train()
    save_checkpoint(model, tmp_path, source=CHARACTERS, target=WORDS)
    loaded = Translator.load(kind(tmp_path))
    assert (loaded.source, loaded.target) == (CHARACTERS, WORDS)
    assert not loaded.model.training
    expected = Translator(model, CHARACTERS, WORDS).translate(SENTENCES, n_best=2, max_len=9)
    for mine, other in zip(loaded.translate(SENTENCES, n_best=2, max_len=9), expected, strict=True):
        assert mine == other
        assert mine.weights is other.weights or torch.equal(mine.weights, other.weights)


def test_loads_by_name_what_ships_unless_a_folder_has_that_name(tmp_path, monkeypatch):
    shipped, here = tmp_path / "shipped", tmp_path / "here"
    here.mkdir()
    monkeypatch.setattr(translator, "_PRETRAINED", shipped)
    monkeypatch.chdir(here)
    model = model_of()
    save_checkpoint(model, shipped / "zh-en", source=CHARACTERS, target=WORDS)
    (shipped / "no-checkpoint").mkdir()
    (here / "zh-en").mkdir()  # a folder, but with no checkpoint in it
    assert Translator.load("zh-en").model.decoder.output.weight.equal(model.decoder.output.weight)
    with pytest.raises(CheckpointError, match=r"no checkpoint in en-zh.*package: zh-en\)"):
        Translator.load("en-zh")
    with pytest.raises(CheckpointError, match="no checkpoint in no-checkpoint"):
        Translator.load("no-checkpoint")
    other = model_of(scale=1.0)
    save_checkpoint(other, here / "zh-en", source=CHARACTERS, target=WORDS)
    assert Translator.load("zh-en").model.decoder.output.weight.equal(other.decoder.output.weight)


def test_a_name_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setattr(translator, "_PRETRAINED", tmp_path / "none")
    with pytest.raises(CheckpointError, match=r"no such folder \(shipped with the package: none\)"):
        Translator.load("zh-en")


@pytest.mark.parametrize("given", [{}, {"source": CHARACTERS}, {"target": WORDS}], ids=str)
def test_a_checkpoint_without_its_languages_translates_nothing(tmp_path, given):
    save_checkpoint(model_of(), tmp_path, **given)
    with pytest.raises(CheckpointError, match="saved without its languages; save it again"):
        Translator.load(tmp_path)


def test_a_language_models_checkpoint_translates_nothing(tmp_path):
    save_checkpoint(LanguageModel(len(WORDS.vocab), 3, 4), tmp_path, target=WORDS)
    with pytest.raises(CheckpointError, match="holds a language model, which translates nothing"):
        Translator.load(tmp_path)
