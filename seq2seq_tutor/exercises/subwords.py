"""The exercises of the chapter on characters, words and subwords."""

from typing import Any

from .checking import NotYet, ask, parts, shown

_BETTER = {
    "tokenizer": "What does it do with a sentence that was not in hsk?",
    "corpus": "Which sentence of the corpus has changed?",
    "test": "",
}
_FIRST = ("the same", "others")
_CHANGES = ("rises", "stays", "falls")


def exercise_1(answer: Any) -> None:
    """What a share of unknown characters means that was counted on sentences learned from."""
    if not isinstance(answer, str) or answer not in _BETTER:
        raise NotYet(
            f"The answer must be 'tokenizer', 'corpus' or 'test', and yours is {shown(answer)}."
        )
    if _BETTER[answer]:
        raise NotYet(_BETTER[answer])


def exercise_2(answer: Any) -> None:
    """What becomes of the merges when every sentence stands there twice."""
    first, number = parts(answer, "the first merges", "their number")
    for name, value, known in (
        ("the first merges", first, _FIRST),
        ("their number", number, _CHANGES),
    ):
        if value not in known:
            raise NotYet(
                f"The answer for {name} must be one of {', '.join(known)}; yours is {shown(value)}."
            )
    if first != "the same":
        raise NotYet(
            "For the first merges, you say others. Double the counts of the table with 小学 and "
            "大学生: which pair wins?"
        )
    if number != "rises":
        raise NotYet(
            f"The first is right. You say that the number {number}. Learning ends where no pair "
            "occurs twice; which pairs of the doubled file occur once?"
        )


def exercise_3(answer: Any) -> None:
    """Pieces of BPE, with the unknown ones taken apart again."""
    learned = [("a", "b"), ("c", "d"), ("ab", "cd"), ("学", "生"), ("大", "学生"), ("abcd", "e")]
    twice = [("b", "c"), ("a", "b"), ("a", "bc"), ("ab", "c")]
    for pieces, merges, known, wanted, case in (
        (["ab", "c"], learned, "ab c", ["ab", "c"], "two pieces that are known"),
        (["abcd"], learned, "ab cd a b", ["ab", "cd"], "an unknown piece with two known parts"),
        (
            ["abcde"],
            learned,
            "ab c d e",
            ["ab", "c", "d", "e"],
            "an unknown piece, a part of which is unknown too",
        ),
        (["学", "茶"], learned, "学", ["学", "茶"], "a character that is unknown"),
        (
            ["ab", "大学生", "ab"],
            learned,
            "大 学 ab",
            ["ab", "大", "学", "生", "ab"],
            "an unknown piece between known ones, one of its characters unknown",
        ),
        (["abc"], twice, "ab bc a b c", ["a", "bc"], "a piece that two merges make"),
        ([], learned, "a", [], "no pieces at all"),
    ):
        have = known.split()
        found = ask(answer, list(pieces), list(merges), set(have), case=case)
        gave = f"For {case}, {shown(pieces)} with {', '.join(have)} known, your function gave"
        if not isinstance(found, (list, tuple)) or not all(isinstance(p, str) for p in found):
            raise NotYet(f"{gave} {shown(found)}, which is not a list of pieces.")
        if "".join(found) != "".join(pieces):
            raise NotYet(f"{gave} {shown(found)}, and joined they are not what they were.")
        unknown = [piece for piece in found if len(piece) > 1 and piece not in have]
        if unknown:
            raise NotYet(f"{gave} {shown(found)}, where {unknown[0]} is unknown and not apart.")
        if len(found) > len(wanted):
            raise NotYet(f"{gave} {shown(found)}, {len(found)} pieces where {len(wanted)} will do.")
        if list(found) != wanted:
            raise NotYet(f"{gave} {shown(found)}. There, two merges make {pieces[0]}.")
