"""The exercises of the chapter on subwords: the solution passes, mistakes are told apart."""


def taken_apart(pieces, merges, known):
    parts = {}
    for left, right in merges:
        parts.setdefault(left + right, [left, right])
    found = []
    for piece in pieces:
        if piece in known or len(piece) == 1:
            found.append(piece)
        else:
            found += taken_apart(parts[piece], merges, known)
    return found


def once(pieces, merges, known):
    parts = {left + right: [left, right] for left, right in reversed(merges)}
    return [q for p in pieces for q in ([p] if p in known or len(p) == 1 else parts[p])]


def to_characters(pieces, merges, known):
    return [q for p in pieces for q in ([p] if p in known else p)]


def last_merge(pieces, merges, known):
    return taken_apart(pieces, merges[::-1], known)


def everything(pieces, merges, known):
    return list("".join(pieces))


def unguarded(pieces, merges, known):
    parts = {left + right: [left, right] for left, right in reversed(merges)}
    return [q for p in pieces for q in ([p] if p in known else unguarded(parts[p], merges, known))]


def dropped(pieces, merges, known):
    return [piece for piece in taken_apart(pieces, merges, known) if piece in known]


def stub(*arguments): ...


SOLUTIONS = {
    "subwords.1": "test",
    "subwords.2": ("the same", "rises"),
    "subwords.3": taken_apart,
}
STUBS = {
    "subwords.1": ...,
    "subwords.2": (..., ...),
    "subwords.3": stub,
}
GIVEN_AWAY = {  # no message may hold this
    "subwords.1": "learned from",
    "subwords.2": "it rises",
    "subwords.3": "setdefault",
}
MISTAKES = {
    "subwords.1": [
        ("tokenizer", "a sentence that was not in hsk"),
        ("corpus", "Which sentence of the corpus"),
        ("考试", "yours is '考试' (str)"),
        (0.0, "yours is 0.0 (float)"),
    ],
    "subwords.2": [
        (("others", "rises"), "which pair wins"),
        (("the same", "stays"), "You say that the number stays"),
        (("the same", "falls"), "occur once"),
        (("same", "rises"), "the first merges must be one of the same, others; yours is 'same'"),
        (("the same", "doubles"), "their number must be one of rises, stays, falls"),
        (("the same", ...), "no answer yet for their number"),
        ("rises", "must be a tuple"),
    ],
    "subwords.3": [
        (lambda pieces, merges, known: pieces, "where abcd is unknown and not apart"),
        (once, "a part of which is unknown too"),
        (to_characters, "4 pieces where 2 will do"),
        (everything, "3 pieces where 2 will do"),
        (last_merge, "a piece that two merges make"),
        (unguarded, "a character that is unknown, your function raised KeyError"),
        (dropped, "joined they are not what they were"),
        (lambda pieces, merges, known: "".join(pieces), "is not a list of pieces"),
        (lambda pieces, known: pieces, "raised TypeError"),
        (["ab"], "must be a function"),
    ],
}
