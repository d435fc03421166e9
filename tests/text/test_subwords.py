import copy
import pickle
import subprocess
import sys
import unicodedata
from collections import Counter
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_tutor.data import load
from seq2seq_tutor.text import (
    CharTokenizer,
    Language,
    SubwordTokenizer,
    Tokenizer,
    Vocab,
    WordTokenizer,
    normalize,
)

FAMILY, FLAG = "👩\u200d👩\u200d👧", "🇩🇪"
TRICKY = [*"()[]«.,!?;:%'’-_059aé¿…。，、（）「Å\u2581▂Ġ"]
TRICKY += [*" \u3000\u00a0\u2028\t\x00\x1b", "<unk>", "<pad>"]
TRICKY += [*"\u0301\u0338\u0344\u0600\u200b\u200c\u200d\u2060\ufe0f\u1100\u1161\u11a8か"]
TRICKY += [FAMILY, *FLAG, "我", "喜欢", "北京大学", "10", "don't", "می\u200cخواهم", "ශ්\u200dරී"]
tricky = st.lists(st.sampled_from(TRICKY), max_size=12).map("".join)
texts = st.one_of(st.text(), tricky, st.lists(st.one_of(tricky, st.text(max_size=3))).map("".join))
repetitive = st.text(alphabet="ab学生 ，e\u0301", max_size=25)
corpora = st.lists(st.one_of(repetitive, tricky), min_size=1, max_size=8).filter(
    lambda corpus: any(map(normalize, corpus))
)
forms = st.sampled_from(["NFC", "NFKC"])
quick = settings(max_examples=200, deadline=None, derandomize=True)


def stretches(text):
    """Cut a text as the docstring says: words and marks, each with the space before it."""
    found, rest = [], text
    for token in WordTokenizer().tokenize(text):
        space = " " if rest.startswith(" ") else ""
        found.append(space + token)
        rest = rest.removeprefix(space + token)
    assert rest == ""
    return found


def merged(symbols, pair):
    """Join a pair wherever it stands, from left to right."""
    out, position = [], 0
    while position < len(symbols):
        width = 2 if tuple(symbols[position : position + 2]) == pair else 1
        out.append("".join(symbols[position : position + width]))
        position += width
    return out


def naive_merges(corpus, vocab_size):
    """Count all pairs, join the best one everywhere, and begin again."""
    words = [list(stretch) for text in corpus for stretch in stretches(normalize(text))]
    ids = {c: n for n, c in enumerate(sorted({c for word in words for c in word}))}
    merges = []
    while len(ids) < vocab_size:
        counts = Counter(pair for word in words for pair in pairwise(word))
        pair = min(counts, key=lambda p: (-counts[p], ids[p[0]], ids[p[1]]), default=None)
        if pair is None or counts[pair] < 2:
            break
        merges.append(pair)
        ids.setdefault("".join(pair), len(ids))
        words = [merged(word, pair) for word in words]
    return tuple(merges)


def naive_tokens(text, merges):
    """Join the leftmost of the pairs that come first, until there is none."""
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    pieces = []
    for stretch in stretches(text):
        symbols = list(stretch)
        while True:
            ranked = [(ranks[pair], n) for n, pair in enumerate(pairwise(symbols)) if pair in ranks]
            if not ranked:
                break
            _, n = min(ranked)
            symbols[n : n + 2] = ["".join(symbols[n : n + 2])]
        pieces += symbols
    return pieces


def one_after_the_other(text, merges):
    """Apply each merge everywhere before the next one, as the paper words the rule."""
    pieces = []
    for stretch in stretches(text):
        symbols = list(stretch)
        for pair in merges:
            symbols = merged(symbols, pair)
        pieces += symbols
    return pieces


def ends(tokens):
    return set(accumulate(map(len, tokens)))


def size_for(corpus, merges):
    return len(set().union(*map(normalize, corpus))) + merges


@pytest.fixture(scope="module")
def hsk():
    return load("hsk")[:600]


@pytest.fixture(scope="module", params=[0, 1], ids=["chinese", "english"])
def trained(request, hsk):
    corpus = [pair[request.param] for pair in hsk]
    tokenizer = SubwordTokenizer.train(corpus, vocab_size=size_for(corpus, 150))
    return corpus, tokenizer


# training


@quick
@given(corpora, st.integers(0, 20))
def test_the_merges_are_those_of_counting_again_each_time(corpus, number):
    size = size_for(corpus, number)
    assert SubwordTokenizer.train(corpus, vocab_size=size).merges == naive_merges(corpus, size)


def test_the_merges_of_real_sentences_are_those_of_counting_again(trained):
    corpus, tokenizer = trained
    assert len(tokenizer.merges) == 150
    assert tokenizer.merges == naive_merges(corpus, size_for(corpus, 150))


@quick
@given(corpora, st.integers(0, 20), st.randoms(use_true_random=False))
def test_the_order_of_the_texts_does_not_matter(corpus, number, order):
    size = size_for(corpus, number)
    tokenizer = SubwordTokenizer.train(corpus, vocab_size=size)
    order.shuffle(corpus)
    assert SubwordTokenizer.train(iter(corpus), vocab_size=size) == tokenizer


def test_another_process_learns_the_same(trained):
    corpus, tokenizer = trained
    program = (
        "import sys; from seq2seq_tutor.text import SubwordTokenizer; "
        "texts, size = eval(sys.stdin.buffer.read()); "
        "sys.stdout.buffer.write(ascii(SubwordTokenizer.train(texts, vocab_size=size)).encode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=ascii((corpus, size_for(corpus, 150))).encode(),
        capture_output=True,
        check=True,
    )
    assert (done.stdout.decode(), done.stderr) == (ascii(tokenizer), b"")


def test_merges_by_hand():
    # 大学 and 学生 twice each; 大 is U+5927, before 学, U+5B66. What is left of 学生 occurs once.
    assert SubwordTokenizer.train(["大学生，学生", "大学"], vocab_size=50).merges == (("大", "学"),)
    # Overlapping pairs count each time: (a, a) three times in aaaa, (b, c) twice.
    assert SubwordTokenizer.train(["aaaa", "bc", "bc"], vocab_size=4).merges == (("a", "a"),)
    # All pairs are equally frequent here, so that the age of the parts decides: " " < e < i < k.
    assert SubwordTokenizer.train(["I like", "I like"], vocab_size=50).merges == (
        (" ", "l"),
        ("i", "k"),
        (" l", "ik"),
        (" lik", "e"),
    )


plain = st.lists(st.text("ab学生 ，", max_size=25), min_size=1, max_size=8).filter(
    lambda corpus: any(map(normalize, corpus))
)


@quick
@given(plain, st.integers(0, 20))
def test_the_vocabulary_is_never_larger_than_asked_for(corpus, number):
    size = size_for(corpus, number)
    tokenizer = SubwordTokenizer.train(corpus, vocab_size=size)
    characters = set().union(*map(normalize, corpus))
    pieces = characters | {left + right for left, right in tokenizer.merges}
    assert len(pieces) <= size
    assert set(Vocab.build(map(tokenizer.tokenize, corpus)).tokens[4:]) <= pieces


def test_characters_of_several_code_points_come_on_top_of_the_vocabulary():
    text = "".join(letter + mark for letter in "abcdef" for mark in "\u0323\u0331\u0332")
    code_points = len(set(normalize(text)))
    tokenizer = SubwordTokenizer.train([text], vocab_size=code_points)
    assert tokenizer.merges == ()
    pieces = set(tokenizer.tokenize(text))
    assert len(pieces) == 18 > code_points
    assert pieces - set(normalize(text)) <= set(CharTokenizer().tokenize(text))


def test_as_many_pieces_as_characters_is_no_merge():
    tokenizer = SubwordTokenizer.train(["abab"], vocab_size=2)
    assert tokenizer.merges == ()
    assert tokenizer.tokenize("abab c") == ["a", "b", "a", "b", " ", "c"]


def test_training_reads_the_normal_form():
    wide = ["ＡＢ，ＡＢ"]
    assert SubwordTokenizer.train(wide, vocab_size=4).merges == (("Ａ", "Ｂ"),)
    trained = SubwordTokenizer.train(wide, vocab_size=4, form="NFKC")
    assert trained == SubwordTokenizer((("A", "B"),), form="NFKC")


# tokenizing


@quick
@given(corpora, st.integers(0, 20), texts, forms)
def test_pieces_join_to_the_normal_form(corpus, number, text, form):
    size = len(set().union(*(normalize(each, form) for each in corpus))) + number
    tokenizer = SubwordTokenizer.train(corpus, vocab_size=size, form=form)
    for each in [text, *corpus]:
        assert tokenizer.detokenize(tokenizer.tokenize(each)) == normalize(each, form)


@quick
@given(corpora, st.integers(0, 20), st.one_of(repetitive, texts))
def test_pieces_are_those_of_the_rule_but_whole_characters(corpus, number, text):
    tokenizer = SubwordTokenizer.train(corpus, vocab_size=size_for(corpus, number))
    cuts = ends(naive_tokens(normalize(text), tokenizer.merges))
    characters = ends(CharTokenizer().tokenize(text))
    assert ends(tokenizer.tokenize(text)) == cuts & characters


@st.composite
def any_merges(draw):
    """Make merges that could be given but need not come from a corpus."""
    pieces, merges = list("abc"), []
    for _ in range(draw(st.integers(0, 10))):
        pair = (draw(st.sampled_from(pieces)), draw(st.sampled_from(pieces)))
        if pair not in merges:
            merges.append(pair)
            pieces.append("".join(pair))
    return tuple(merges)


@quick
@given(any_merges(), st.text(alphabet="abcd", max_size=20))
def test_pieces_are_those_of_the_rule_for_any_merges(merges, text):
    assert SubwordTokenizer(merges).tokenize(text) == naive_tokens(text, merges)


def test_pieces_of_real_sentences_are_those_of_both_readings_of_the_rule(trained):
    corpus, tokenizer = trained
    for text in corpus[:200]:
        assert tokenizer.tokenize(text) == naive_tokens(text, tokenizer.merges)
        assert tokenizer.tokenize(text) == one_after_the_other(text, tokenizer.merges)


def test_no_piece_crosses_a_space_or_punctuation(trained):
    corpus, tokenizer = trained
    for text in corpus:
        cuts = ends(tokenizer.tokenize(text))
        assert ends(stretches(normalize(text))) <= cuts
        for position, character in enumerate(normalize(text)):
            if character == " ":
                assert position in cuts


def test_text_by_hand():
    tokenizer = SubwordTokenizer(
        [(" ", "l"), ("k", "e"), ("i", "ke"), (" l", "ike"), ("'", "t"), ("学", "生")]
    )
    assert tokenizer.tokenize("I like it, don't  like like.") == [
        *("I", " like", " ", "i", "t", ",", " ", "d", "o", "n", "'t", " like", " like", ".")
    ]
    assert tokenizer.tokenize("like") == ["l", "ike"]
    assert tokenizer.tokenize("学生，学 生") == ["学生", "，", "学", " ", "生"]


def test_an_unknown_character_is_itself_and_joins_nothing():
    tokenizer = SubwordTokenizer([("a", "b"), ("ab", "ab")])
    assert tokenizer.tokenize("a茶bab乐ab") == ["a", "茶", "b", "ab", "乐", "ab"]
    vocab = Vocab.build([tokenizer.tokenize("abab ab")])
    assert Language(tokenizer, vocab).encode("abab茶") == [vocab.tokens.index("abab"), 3]


def test_a_special_token_in_the_text_is_text():
    tokenizer = SubwordTokenizer.train(["<unk> <pad> <unk>"], vocab_size=30)
    assert tokenizer.detokenize(tokenizer.tokenize("<unk>a<pad>")) == "<unk>a<pad>"
    assert "<unk>" not in tokenizer.tokenize("<unk> <pad> <unk>")


@pytest.mark.parametrize("whole", [FAMILY, FLAG, "👍🏽", "n\u0303\u0323", "नि", "x\u0301"])
def test_what_a_reader_sees_as_one_character_stays_whole(whole):
    corpus = [f"音{whole}乐", f"音{whole}", "音乐", whole]
    for merges in (0, 1, 2, 3):
        tokenizer = SubwordTokenizer.train(corpus, vocab_size=size_for(corpus, merges))
        tokens = tokenizer.tokenize(f"音{whole}乐")
        assert any(unicodedata.normalize("NFC", whole) in token for token in tokens)


def test_the_mark_of_other_libraries_for_a_space_is_a_character_here():
    tokenizer = SubwordTokenizer.train(["a b a b", "a\u2581b a\u2581b"], vocab_size=6)
    assert tokenizer.detokenize(tokenizer.tokenize("a\u2581b b")) == "a\u2581b b"


def test_nothing_and_only_spaces_have_no_tokens():
    tokenizer = SubwordTokenizer([("a", "b")])
    assert tokenizer.tokenize("") == tokenizer.tokenize(" \u3000\u00a0\t\n") == []
    assert tokenizer.detokenize([]) == ""
    assert tokenizer.tokenize("。，！？") == [*"。，！？"]


def test_a_very_long_sentence_is_not_cut_short():
    text = "ab我" * 40_000
    assert SubwordTokenizer([("a", "b"), ("ab", "我")]).tokenize(text) == ["ab我"] * 40_000


# values


def test_equal_merges_make_equal_tokenizers():
    one, other = SubwordTokenizer((("a", "b"),)), SubwordTokenizer([["a", "b"]])
    one.tokenize("ab")
    assert one == other
    assert hash(one) == hash(other)
    assert repr(other) == "SubwordTokenizer(merges=(('a', 'b'),), form='NFC')"
    assert one != SubwordTokenizer((("a", "b"),), form="NFKC")
    assert one != SubwordTokenizer((("b", "a"),))
    assert isinstance(one, Tokenizer)


def test_copies_are_equal_and_work():
    one = SubwordTokenizer([("a", "b"), ("ab", "ab")])
    assert one.tokenize("ababc") == ["abab", "c"]
    for again in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):  # noqa: S301
        assert again == one
        assert again.tokenize("ababc") == ["abab", "c"]


# refusals


@pytest.mark.parametrize(
    ("merges", "error", "said"),
    [
        (None, TypeError, "merges must be a list of pairs of str, got None"),
        ("ab", TypeError, "merges must be a list of pairs of str, got 'ab'"),
        (["ab"], TypeError, r"merges\[0\] must be a list of tokens, got str: 'ab'"),
        ([("a", 1)], TypeError, r"merges\[0\]\[1\] must be a str, got 1"),
        ([("a", "b", "c")], ValueError, r"merges\[0\] must be a pair of pieces, got \('a', 'b'"),
        ([("\ud800", "a")], ValueError, r"merges\[0\]\[0\] has half a surrogate pair"),
        ([("a", "b"), ("ab", "\udfff")], ValueError, r"merges\[1\]\[1\] has half a surrogate"),
        ([("a", "b"), ("a", "")], ValueError, r"merges\[1\] is \('a', ''\), but '' is neither"),
        ([("a", "bc"), ("b", "c")], ValueError, "'bc' is neither one character nor made by an ear"),
        ([("a", "b"), ("b", "c"), ("a", "b")], ValueError, r"merges\[2\], .* occurs before"),
    ],
)
def test_merges_that_were_never_learned_are_refused(merges, error, said):
    with pytest.raises(error, match=said):
        SubwordTokenizer(merges)


@pytest.mark.parametrize(
    ("corpus", "size", "error", "said"),
    [
        ("学生", 9, TypeError, "texts must be a list of texts, got '学生'; write"),
        (b"ab", 9, TypeError, "texts must be a list of texts, got b'ab'"),
        (None, 9, TypeError, "texts must be a list of texts, got None"),
        (["a", None], 9, TypeError, r"texts\[1\] must be a str, got NoneType"),
        ([["a"]], 9, TypeError, r"texts\[0\] must be a str, got list"),
        ([], 9, ValueError, "no text to learn from"),
        (["", " \u3000"], 9, ValueError, "no text to learn from"),
        (["学生们"], 2, ValueError, "vocab_size is 2, but the texts have 3 different characters"),
        (["ab"], 0, ValueError, "vocab_size must be at least 1, got 0"),
        (["ab"], 2.5, TypeError, r"vocab_size must be an int, got 2\.5"),
        (["ab"], True, TypeError, "vocab_size must be an int, got True"),
    ],
)
def test_training_refuses(corpus, size, error, said):
    with pytest.raises(error, match=said):
        SubwordTokenizer.train(corpus, vocab_size=size)


@pytest.mark.parametrize("text", [None, b"ab", ["a", "b"]])
def test_tokenize_refuses_what_is_not_a_str(text):
    with pytest.raises(TypeError, match=f"text must be a str, got {type(text).__name__}"):
        SubwordTokenizer([("a", "b")]).tokenize(text)


def test_half_a_surrogate_pair_is_refused():
    with pytest.raises(ValueError, match=r"'\\ud800'\) at position 2: .* UTF-8"):
        SubwordTokenizer([("a", "b")]).tokenize("ab\ud800c")
    with pytest.raises(ValueError, match=r"'\\ud800'\) at position 0"):
        SubwordTokenizer.train(["\ud800"], vocab_size=9)


def test_detokenize_refuses_a_str_and_what_is_not_str():
    with pytest.raises(TypeError, match="tokens must be a list of tokens, got str: 'ab'; split"):
        SubwordTokenizer([("a", "b")]).detokenize("ab")
    with pytest.raises(TypeError, match=r"tokens\[1\] must be a str, got 7"):
        SubwordTokenizer([("a", "b")]).detokenize(["a", 7])


def test_another_unicode_form_is_refused_by_name():
    with pytest.raises(ValueError, match="form must be one of NFC, NFKC; got 'NFD'"):
        SubwordTokenizer([("a", "b")], form="NFD")
