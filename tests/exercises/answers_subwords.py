"""The exercises of the chapter on subwords: the solution passes, mistakes are told apart."""


def taken_apart(pieces, merges, known):
    parts = {left + right: (left, right) for left, right in merges}
    found = []
    for piece in pieces:
        if piece in known or piece not in parts:
            found.append(piece)
        else:
            found += taken_apart(parts[piece], merges, known)
    return found


def once(pieces, merges, known):
    parts = {left + right: [left, right] for left, right in merges}
    return [q for p in pieces for q in ([p] if p in known or p not in parts else parts[p])]


def to_characters(pieces, merges, known):
    return [q for p in pieces for q in ([p] if p in known else p)]


def first_character_off(pieces, merges, known):
    def apart(piece):
        return [piece] if piece in known or len(piece) == 1 else [piece[0], *apart(piece[1:])]

    return [part for piece in pieces for part in apart(piece)]


def everything(pieces, merges, known):
    return list("".join(pieces))


def unguarded(pieces, merges, known):
    parts = {left + right: [left, right] for left, right in merges}
    return [q for p in pieces for q in ([p] if p in known else unguarded(parts[p], merges, known))]


def characters_guarded(pieces, merges, known):
    parts = {left + right: [left, right] for left, right in merges}
    return [
        part
        for piece in pieces
        for part in (
            [piece]
            if piece in known or len(piece) == 1
            else characters_guarded(parts[piece], merges, known)
        )
    ]


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
    "subwords.3": "not in parts",
}
MISTAKES = {
    "subwords.1": [
        ("tokenizer", "a tenth more sentences"),
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
        (first_character_off, "which are not the two parts of a merge"),
        (characters_guarded, "a piece that no merge makes, your function raised KeyError"),
        (unguarded, "a character that is unknown, your function raised KeyError"),
        (dropped, "joined they are not what they were"),
        (lambda pieces, merges, known: "".join(pieces), "is not a list of pieces"),
        (lambda pieces, known: pieces, "raised TypeError"),
        (["ab"], "must be a function"),
    ],
}
