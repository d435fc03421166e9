import pytest
import torch

from seq2seq_tutor.models import TokenEmbedding


def test_looks_up_rows_of_its_table():
    embedding, ids = TokenEmbedding(9, 3), torch.tensor([[4, 8, 4]])
    assert torch.equal(embedding(ids), embedding.table.weight[ids])


def test_pad_is_zero_and_no_gradient_moves_it():
    embedding = TokenEmbedding(9, 3)
    optimizer = torch.optim.SGD(embedding.parameters(), lr=1.0)
    embedding(torch.tensor([[0, 4]])).sum().backward()
    optimizer.step()
    assert (embedding.table.weight.grad[0] == 0).all()
    assert (embedding.table.weight[0] == 0).all()
    assert (embedding.table.weight.grad[4] == 1).all()


def test_dropout_acts_in_training_alone():
    embedding, ids = TokenEmbedding(9, 100, dropout=0.5), torch.tensor([[4]])
    assert 10 < (embedding(ids) == 0).sum() < 90
    assert torch.equal(embedding.eval()(ids), embedding.table.weight[ids])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((4, 3), ValueError, "vocab_size must be at least 5, got 4"),
        ((9, 0), ValueError, "embed_size must be at least 1, got 0"),
        ((9.0, 3), TypeError, "vocab_size must be an int, got 9.0"),
        ((9, 3, 1.0), ValueError, "dropout must be below 1.*, got 1.0"),
        ((9, 3, "0.1"), TypeError, "dropout must be a number, got '0.1'"),
    ],
)
def test_refuses_bad_sizes(arguments, error, message):
    sizes, dropout = arguments[:2], dict(zip(["dropout"], arguments[2:], strict=False))
    with pytest.raises(error, match=message):
        TokenEmbedding(*sizes, **dropout)
