"""The exercises of the chapter on characters, words and subwords."""

from typing import Any

from .checking import NotYet, ask, parts, shown

_BETTER = {
    "tokenizer": "How much better can a tenth more sentences make it?",
    "corpus": "Which sentence of the corpus has changed?",
    "test": "",
}
_FIRST = ("the same", "others")
_CHANGES = ("rises", "stays", "falls")


def exercise_1(answer: Any) -> None:
    """Why a share of unknown characters falls to zero on sentences that were learned from."""
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
            "occurs twice; which pairs of the doubled list occur once?"
        )


def exercise_3(answer: Any) -> None:
    """Pieces of BPE, with the unknown ones taken apart again."""
    learned = [("a", "b"), ("c", "d"), ("ab", "cd"), ("学", "生"), ("大", "学生"), ("abcd", "e")]
    made = {left + right for left, right in learned}
    for pieces, known, wanted, case in (
        (["ab", "c"], "ab c", ["ab", "c"], "two pieces that are known"),
        (["abcd"], "ab cd a b bcd", ["ab", "cd"], "an unknown piece with known parts"),
        (
            ["abcde"],
            "ab c d e",
            ["ab", "c", "d", "e"],
            "an unknown piece, a part of which is unknown too",
        ),
        (["学", "茶"], "学", ["学", "茶"], "a character that is unknown"),
        (
            ["ab", "大学生", "ab"],
            "大 学 ab",
            ["ab", "大", "学", "生", "ab"],
            "an unknown piece between known ones, one of its characters unknown",
        ),
        (["ab", "x\u0323"], "ab", ["ab", "x\u0323"], "a piece that no merge makes"),
        ([], "a", [], "no pieces at all"),
    ):
        have = known.split()
        found = ask(answer, list(pieces), list(learned), set(have), case=case)
        gave = f"For {case}, {shown(pieces)} with {', '.join(have)} known, your function gave"
        if not isinstance(found, (list, tuple)) or not all(isinstance(p, str) for p in found):
            raise NotYet(f"{gave} {shown(found)}, which is not a list of pieces.")
        if "".join(found) != "".join(pieces):
            raise NotYet(f"{gave} {shown(found)}, and joined they are not what they were.")
        unknown = [piece for piece in found if piece in made and piece not in have]
        if unknown:
            raise NotYet(f"{gave} {shown(found)}, where {unknown[0]} is unknown and not apart.")
        if len(found) > len(wanted):
            raise NotYet(f"{gave} {shown(found)}, {len(found)} pieces where {len(wanted)} will do.")
        if list(found) != wanted:
            raise NotYet(f"{gave} {shown(found)}, which are not the two parts of a merge.")
