"""The exercises of language models: the solution passes, typical mistakes are told apart."""

import math

EOS = 2


def perplexity_of(
    *,
    ends=(EOS,),
    log=lambda p: math.log(p) if p > 0 else -math.inf,
    before=lambda ids, at: ids[:at],
):
    """Write the perplexity of exercise 3, right but for one part."""

    def found(model, sentences):
        nll = tokens = 0
        for sentence in sentences:
            for at, token in enumerate([*sentence, *ends]):
                nll -= log(model.probability(token, before(sentence, at)))
                tokens += 1
        return math.exp(nll / tokens)

    return found


def mean_of_sentences(model, sentences):
    found = perplexity_of()
    return sum(found(model, [sentence]) for sentence in sentences) / len(sentences)


def by_product(model, sentences):
    p, tokens = 1.0, 0
    for sentence in sentences:
        for at, token in enumerate([*sentence, EOS]):
            p *= model.probability(token, sentence[:at])
            tokens += 1
    return p ** (-1 / tokens) if p else math.inf


def rule_of(*, kinds=len, start=lambda size: 1 / (size - 2), unseen=lambda p: p):
    """Write the rule of exercise 4, right but for one part."""

    def found(counts, vocab_size, context, token):
        p = start(vocab_size)
        for order, counted in enumerate(counts, start=1):
            row = counted.get(context[len(context) - order + 1 :])
            mixed = row and (row[token] + kinds(row) * p) / (row.total() + kinds(row))
            p = mixed if row else unseen(p)
        return p

    return found


def highest_only(counts, vocab_size, context, token):
    p, row = 1 / (vocab_size - 2), counts[-1].get(context)
    return (row[token] + len(row) * p) / (row.total() + len(row)) if row else p


def stub(*given): ...


SOLUTIONS = {
    "language_models.1": "bd",
    "language_models.2": ("above 0.9", "up"),
    "language_models.3": perplexity_of(),
    "language_models.4": rule_of(),
}
STUBS = {
    "language_models.1": ...,
    "language_models.2": (..., ...),
    "language_models.3": stub,
    "language_models.4": stub,
}
GIVEN_AWAY = {
    "language_models.1": "divided by C",
    "language_models.2": "validation",
    "language_models.3": "logarithm",
    "language_models.4": "len(",
}
MISTAKES = {
    "language_models.1": [
        ("abd", "trust the comparison in a"),
        ("bcd", "trust the comparison in c"),
        ("B, D, E", "trust the comparison in e"),
        ("d", "don't trust the comparison in b"),
        ("b", "don't trust the comparison in d"),
        ("bdx", "The cases are a to e"),
        (3, "a string of letters"),
    ],
    "language_models.2": [
        (("about a third", "up"), "How often does the text that was counted"),
        (("above 0.9", "down"), "what is left for the others"),
        ((0.95, "up"), "is one of"),
        ("up", "a tuple of"),
    ],
    "language_models.3": [
        (perplexity_of(ends=()), "two sentences of one length"),
        (perplexity_of(before=lambda ids, at: []), "two sentences of one length"),
        (perplexity_of(log=lambda p: math.log2(p) if p else -math.inf), "two sentences"),
        (mean_of_sentences, "of one length"),
        (by_product, "3,000 sentences"),
        (perplexity_of(log=math.log), "raised ValueError"),
        (lambda model, sentences: "3", "no number"),
    ],
    "language_models.4": [
        (highest_only, "counts up to order 2"),
        (rule_of(kinds=lambda row: row.total()), "with counts up to order 1"),
        (rule_of(start=lambda size: 1 / size), "with counts up to order 1"),
        (rule_of(start=lambda size: 1 / 6), "a vocabulary of 11"),
        (rule_of(unseen=lambda p: 0.0), "after (7,) with"),
    ],
}
