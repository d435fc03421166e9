import pytest

from seq2seq_tutor.text import mostly_chinese


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        (["我喜欢音乐。"], True),
        (["I like music."], False),
        (["我喜欢 a b c"], False),  # three of six letters
        (["我喜欢 a b"], True),
        (["我", "b", "欢"], True),  # over all texts together
        (["ひらがなの文"], False),
        (["2024-03-05", "。，"], False),
        ([""], False),
        ([], False),
        (["𠀀𠀁a"], True),  # beyond the basic plane
    ],
)
def test_more_than_half_of_the_letters(texts, verdict):
    assert mostly_chinese(texts) is verdict
    assert mostly_chinese(iter(texts)) is verdict


@pytest.mark.parametrize("texts", ["我喜欢", ["我", None], [["我"]]])
def test_refuses_what_is_no_list_of_texts(texts):
    with pytest.raises(TypeError, match="texts"):
        mostly_chinese(texts)
