"""Vocabularies against counting by hand, and as bijections."""

from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_tutor.text import (
    BOS,
    EOS,
    PAD,
    SPECIAL_TOKENS,
    UNK,
    CharTokenizer,
    JiebaTokenizer,
    Language,
    Vocab,
    WordTokenizer,
    normalize,
)

tokens = st.one_of(st.sampled_from(["a", "b", "c", "我", *SPECIAL_TOKENS]), st.text(max_size=3))
corpora = st.lists(st.lists(tokens, max_size=8), max_size=6)
quick = settings(max_examples=100, deadline=None, derandomize=True)


def ordinary(corpus):
    return Counter(t for sentence in corpus for t in sentence if t not in SPECIAL_TOKENS)


def vocab_of(*ordinary_tokens):
    return Vocab([*SPECIAL_TOKENS, *ordinary_tokens])


def test_special_tokens_have_the_first_ids():
    assert (PAD, BOS, EOS, UNK) == (0, 1, 2, 3)
    assert Vocab.build([["a"]]).tokens == ("<pad>", "<bos>", "<eos>", "<unk>", "a")


@quick
@given(corpora.filter(ordinary), st.integers(1, 3), st.none() | st.integers(5, 9))
def test_build_orders_by_frequency_then_token(corpus, min_freq, max_size):
    counts = ordinary(corpus)
    expected = [token for token in counts if counts[token] >= min_freq]
    if not expected:
        return
    by_token = sorted(expected)
    by_frequency = sorted(by_token, key=counts.__getitem__, reverse=True)  # stable
    room = len(by_frequency) if max_size is None else max_size - len(SPECIAL_TOKENS)
    vocab = Vocab.build(corpus, min_freq=min_freq, max_size=max_size)
    assert list(vocab.tokens[4:]) == by_frequency[:room]
    assert len(vocab) == len(vocab.tokens)


@quick
@given(corpora.filter(ordinary), st.randoms(use_true_random=False))
def test_the_order_of_the_texts_does_not_matter(corpus, rng):
    shuffled = [rng.sample(sentence, len(sentence)) for sentence in corpus]
    rng.shuffle(shuffled)
    assert Vocab.build(shuffled).tokens == Vocab.build(iter(corpus)).tokens


@quick
@given(corpora.filter(ordinary))
def test_ids_are_a_bijection(corpus):
    vocab = Vocab.build(corpus)
    known = list(vocab.tokens[4:])
    assert vocab.encode(known) == list(range(4, len(vocab)))
    assert vocab.decode(vocab.encode(known)) == known
    assert all(token in vocab for token in known)


@quick
@given(corpora.filter(ordinary), st.lists(tokens))
def test_what_is_not_in_the_vocabulary_becomes_unk(corpus, sentence):
    vocab = Vocab.build(corpus)
    for token, id_ in zip(sentence, vocab.encode(sentence), strict=True):
        assert (id_ == UNK) == (token not in ordinary(corpus)) == (token not in vocab)


@quick
@given(corpora.filter(ordinary), st.lists(tokens))
def test_a_round_trip_writes_unk_for_what_is_unknown_and_changes_nothing_else(corpus, sentence):
    vocab = Vocab.build(corpus)
    expected = [token if token in ordinary(corpus) else "<unk>" for token in sentence]
    assert vocab.decode(vocab.encode(sentence)) == expected


def test_a_special_token_in_the_text_never_gets_the_special_id():
    vocab = Vocab.build([["a", "<pad>", "<eos>", "<unk>", "<pad>"]])
    assert len(vocab) == 5
    assert vocab.encode(list(SPECIAL_TOKENS)) == [UNK] * 4
    assert not any(special in vocab for special in SPECIAL_TOKENS)


@quick
@given(st.lists(st.integers(0, 7)))
def test_decode_stops_at_eos_and_drops_pad_and_bos(ids):
    vocab = vocab_of("a", "b", "c", "d")
    before = ids[: ids.index(EOS)] if EOS in ids else ids
    expected = [vocab.tokens[i] for i in before if i not in (PAD, BOS)]
    for form in (ids, tuple(ids), iter(ids), torch.tensor(ids, dtype=torch.int64)):
        assert vocab.decode(form) == expected


def test_a_vocabulary_made_again_from_its_tokens_is_the_same():
    vocab = Vocab.build([["b", "a", "b"]])
    again = Vocab(list(vocab.tokens))
    assert again.tokens == vocab.tokens
    assert again.encode(["a", "b", "c"]) == vocab.encode(["a", "b", "c"])


def test_only_special_tokens_is_a_vocabulary():
    vocab = Vocab(SPECIAL_TOKENS)
    assert len(vocab) == 4
    assert vocab.encode(["a"]) == [UNK]


def test_repr_escapes_what_a_terminal_would_obey():
    assert repr(vocab_of("\x1b[31m")) == r"Vocab(5 tokens: '\x1b[31m')"


def test_repr_shows_the_size_and_the_first_tokens():
    assert repr(vocab_of("a")) == "Vocab(5 tokens: 'a')"
    assert repr(vocab_of(*"abcdef")) == "Vocab(10 tokens: 'a', 'b', 'c', 'd', 'e', ...)"


def test_build_does_not_depend_on_hashing(outputs_under_two_hash_seeds):
    program = (
        "from seq2seq_tutor.text import Vocab\n"
        "print(Vocab.build([[c, c + 'x'] for c in 'qwertyuiopasdf']).tokens)\n"
    )
    assert len(outputs_under_two_hash_seeds(program)) == 1


# Language


@quick
@given(st.text())
def test_a_language_gives_back_the_text_that_built_it(text):
    tokenizer = CharTokenizer()
    language = Language(tokenizer, Vocab.build([[*tokenizer.tokenize(text), "x"]]))
    assert language.decode(language.encode(text)) == normalize(text)
    assert language.decode([BOS, *language.encode(text), EOS, PAD]) == normalize(text)


snippets = st.lists(
    st.sampled_from(
        ["我", "喜欢", "音乐", "。", "I", "don't", "like", "tea", " ", ", ", "\u0301", "👍🏽"]
    )
    | st.text(max_size=2)
).map("".join)


@quick
@given(
    st.sampled_from([CharTokenizer(), WordTokenizer(), JiebaTokenizer()]),
    st.lists(snippets, min_size=1, max_size=4),
    snippets,
)
def test_through_a_language_unknown_tokens_alone_are_lost(tokenizer, texts, text):
    vocab = Vocab.build([["x"], *map(tokenizer.tokenize, texts)])
    language = Language(tokenizer, vocab)
    for known in texts:
        written = tokenizer.detokenize(tokenizer.tokenize(known))
        assert language.decode(language.encode(known)) == written
    expected = [token if token in vocab else "<unk>" for token in tokenizer.tokenize(text)]
    assert language.decode(language.encode(text)) == tokenizer.detokenize(expected)


def test_accents_written_in_two_ways_give_the_same_ids():
    language = Language(CharTokenizer(), Vocab.build([["c", "a", "f", "é"]]))
    assert language.encode("cafe\u0301") == language.encode("café")
    assert UNK not in language.encode("cafe\u0301")


@pytest.mark.parametrize("text", [None, b"a", ["a"]])
def test_a_language_refuses_what_is_not_a_str(text):
    with pytest.raises(TypeError, match=f"text must be a str, got {type(text).__name__}"):
        Language(WordTokenizer(), vocab_of("a")).encode(text)


def test_a_language_adds_no_special_tokens_and_takes_unknown_ones():
    tokenizer = WordTokenizer()
    language = Language(tokenizer, Vocab.build([tokenizer.tokenize("I like music.")]))
    assert language.encode("") == []
    assert language.encode("我 去 北京") == [UNK] * 3
    assert language.decode([]) == ""


# refusals


@pytest.mark.parametrize(
    ("ids", "error", "said"),
    [
        ([4, -1], ValueError, r"ids\[1\] is -1, but this vocabulary has ids 0 to 5"),
        ([6], ValueError, r"ids\[0\] is 6, but .* 0 to 5; was it encoded with another"),
        ([True], TypeError, r"ids\[0\] must be an int, got True"),
        ([4, 4.0], TypeError, r"ids\[1\] must be an int, got 4\.0"),
        (torch.tensor([4.0]), TypeError, r"ids\[0\] must be an int, got 4\.0"),
        (torch.tensor([[4, 5]]), TypeError, r"ids\[0\] must be an int, got \[4, 5\]"),
        (torch.tensor(4), TypeError, r"ids must be a sequence of ints, got 4; .* write \[4\]"),
        (4, TypeError, r"got 4; for one id write \[4\]"),
        ("4", TypeError, "ids must be a sequence of ints, got '4'"),
        (None, TypeError, "ids must be a sequence of ints, got None"),
    ],
)
def test_decode_refuses_what_is_not_an_id(ids, error, said):
    with pytest.raises(error, match=said):
        vocab_of("a", "b").decode(ids)


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("ab", "tokens must be a list of tokens, got str: 'ab'; split the text first"),
        (["a", 4], r"tokens\[1\] must be a str, got 4"),
        (None, "tokens must be a list of tokens, got NoneType"),
    ],
)
def test_encode_refuses_what_is_not_tokens(sentence, said):
    with pytest.raises(TypeError, match=said):
        vocab_of("a").encode(sentence)


@pytest.mark.parametrize(
    ("corpus", "options", "error", "said"),
    [
        ([], {}, ValueError, "no token to build a vocabulary from: the texts are empty"),
        ([[], []], {}, ValueError, "the texts are empty"),
        ([["<pad>"]], {}, ValueError, "the texts are empty"),
        ("ab", {}, TypeError, "token_lists must be lists of tokens, got a str: 'ab'"),
        ([["a"], "b"], {}, TypeError, r"token_lists\[1\] must be a list of tokens, got str: 'b'"),
        ([["a"], [1]], {}, TypeError, r"token_lists\[1\]\[0\] must be a str, got 1"),
        (
            [["a", "b", "b"]],
            {"min_freq": 3},
            ValueError,
            "min_freq=3 times; .* 'b', occurs 2 times; lower min_freq",
        ),
        ([["a"]], {"min_freq": 0}, ValueError, "min_freq must be at least 1, got 0"),
        ([["a"]], {"min_freq": 1.5}, TypeError, r"min_freq must be an int, got 1\.5"),
        ([["a"]], {"max_size": 3}, ValueError, "max_size must be at least 4, got 3"),
        ([["a"]], {"max_size": True}, TypeError, r"max_size must be an int, got True \(bool\)"),
    ],
)
def test_build_refuses(corpus, options, error, said):
    with pytest.raises(error, match=said):
        Vocab.build(corpus, **options)


@pytest.mark.parametrize(
    ("listed", "error", "said"),
    [
        (["a"], ValueError, r"begins with \('<pad>'.* got \('a',\); use Vocab.build"),
        ([], ValueError, r"got \(\); use Vocab.build"),
        (["<bos>", "<pad>", "<eos>", "<unk>"], ValueError, "begins with"),
        (["<pad>", "<bos>", "<unk>", "a"], ValueError, "begins with"),  # no <eos>
        ([*SPECIAL_TOKENS, "a", "b", "a"], ValueError, "token 'a' occurs twice"),
        ([*SPECIAL_TOKENS, "<pad>"], ValueError, "token '<pad>' occurs twice"),
        ("abcd", TypeError, "tokens must be a list of tokens, got str"),
    ],
)
def test_a_wrong_list_of_tokens_is_refused(listed, error, said):
    with pytest.raises(error, match=said):
        Vocab(listed)


def test_vocabularies_are_equal_by_their_tokens():
    one, same = Vocab.build([["a", "b"]]), Vocab.build([["b", "a"]])
    assert one == same
    assert hash(one) == hash(same)
    assert one != Vocab.build([["a"]])
    assert one != ["a"]
