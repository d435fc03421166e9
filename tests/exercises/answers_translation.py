"""The exercises of translation: the solution passes, typical mistakes are told apart."""

import torch

from seq2seq_tutor.data import collate
from seq2seq_tutor.decoding import beam_search


def leaks(train, test):
    sources, targets = {pair.src for pair in train}, {pair.tgt for pair in train}
    return sum(pair.src in sources or pair.tgt in targets for pair in test)


def leaks_both(train, test):
    sources, targets = {pair.src for pair in train}, {pair.tgt for pair in train}
    return sum(pair.src in sources and pair.tgt in targets for pair in test)


def leaks_twice(train, test):
    sources, targets = {pair.src for pair in train}, {pair.tgt for pair in train}
    return sum((pair.src in sources) + (pair.tgt in targets) for pair in test)


def leaks_of_any_side(train, test):
    sentences = {text for pair in train for text in pair}
    return sum(any(text in sentences for text in pair) for pair in test)


def best(model, source, target, text, n, *, decode=None, penalty=1.0, beam_size=5, check=True):
    tokens = source.tokenizer.tokenize(text)
    if check and not tokens:
        return [("", 0.0)]
    batch = collate([(source.vocab.encode(tokens), [])])
    with torch.no_grad():
        state = model.start(batch.src, batch.src_lengths)
    (found,) = beam_search(
        model.step, state, beam_size=beam_size, max_len=60, length_penalty=penalty, n_best=n
    )
    decode = decode or (lambda hypothesis: target.decode(hypothesis.tokens))
    return [(decode(each), each.log_prob) for each in found]


def with_special_tokens(model, source, target, text, n):
    def decode(hypothesis):
        return target.tokenizer.detokenize([target.vocab.tokens[id_] for id_ in hypothesis.tokens])

    return best(model, source, target, text, n, decode=decode)


def variant(**options):
    return lambda *given: best(*given, **options)


def changed(change):
    return lambda *given: change(best(*given)) if given[3].strip() else best(*given)


def stub(*given): ...


SOLUTIONS = {
    "translation.1": [5, 4, 3],
    "translation.2": "none",
    "translation.3": leaks,
    "translation.4": best,
}
STUBS = {
    "translation.1": ...,
    "translation.2": ...,
    "translation.3": stub,
    "translation.4": stub,
}
GIVEN_AWAY = {  # no message may hold this
    "translation.1": "[5, 4, 3]",
    "translation.2": "none of",
    "translation.3": " or ",
    "translation.4": "n_best=n",
}
MISTAKES = {
    "translation.1": [
        ([4, 5, 3], "not those that Vocab.build gives"),
        ([1, 0, 3], "belongs to a special token"),
        ([5, 4], "has 2 ids for the 3 words"),
        ([1, 5, 4, 3, 2], "has 5 ids for the 3 words"),
        ([5, 4, 6], "third word has the id 6"),
        ("543", "must be a list of ids, and yours is '543' (str)"),
        ([5.0, 4, 3], "must be a list of ids"),
    ],
    "translation.2": [
        ("all", "0s and 1s exchanged"),
        ("most", "0s and 1s exchanged"),
        ("few", "0s and 1s exchanged"),
        ("没有", "yours is '没有' (str)"),
        (0, "yours is 0 (int)"),
    ],
    "translation.3": [
        (lambda train, test: len(set(train) & set(test)), "source is in training, with another"),
        (lambda train, test: sum(p in train for p in test), "source is in training, with another"),
        (
            lambda train, test: sum(p.src in {q.src for q in train} for p in test),
            "target is in training, with another",
        ),
        (leaks_both, "source is in training, with another target"),
        (leaks_twice, "counted 2; the test set has 1 pair"),
        (leaks_of_any_side, "a source that is a training target"),
        (lambda train, test: leaks(test, train), "several times"),
        (lambda train, test: leaks(train, test) / len(test), "no whole number"),
        (lambda train, test: leaks(train, dict.fromkeys(test)), "holds a pair twice"),
        (lambda train: 0, "raised TypeError"),
        (4, "must be a function"),
    ],
    "translation.4": [
        (variant(check=False), "as empty as the text"),
        (with_special_tokens, "a special token stands in a translation"),
        (variant(penalty=-3.0), "not in the order of the search"),
        (lambda *given: best(*given, beam_size=given[4]), "not the texts that a beam of 5 finds"),
        (changed(lambda found: found[::-1]), "not in the order of the search"),
        (changed(lambda found: found[:1]), "your function gave 1 translations"),
        (changed(lambda found: [(t, p / 2) for t, p in found]), "not their log-probabilities"),
        (changed(lambda found: [text for text, _ in found]), "a list of (text, log_prob)"),
        (changed(lambda found: [(t.split(), p) for t, p in found]), "a list of (text, log_prob)"),
        (lambda *given: best(*given) + [("", 0.0)] * (not given[3].strip()), "as empty as"),
        (lambda model, text: [], "raised TypeError"),
    ],
}
