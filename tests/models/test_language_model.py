import pytest
import torch

from seq2seq_tutor.models import LanguageModel

from ..networks import CELLS, gradients

IDS = torch.tensor([[1, 5, 6, 7], [1, 8, 4, 2]])


@pytest.fixture(params=[(cell, n) for cell in CELLS for n in (1, 2)], ids=str)
def model(request):
    cell, layers = request.param
    return LanguageModel(9, 3, 4, cell=cell, num_layers=layers, dropout=0.3).double().eval()


def test_a_whole_text_is_its_steps(model):
    whole, state = model(IDS), model.start(rows=2)
    for t, prev in enumerate(IDS.unbind(1)):
        output = model.step(prev, state)
        state = output.state
        torch.testing.assert_close(output.logits, whole.logits[:, t], rtol=0, atol=1e-12)
        assert output.weights is None
    torch.testing.assert_close(state.recurrent, whole.state.recurrent, rtol=0, atol=1e-12)


def test_a_state_carries_a_text_on(model):
    first = model(IDS[:, :2])
    second = model(IDS[:, 2:], first.state)
    logits = torch.cat([first.logits, second.logits], dim=1)
    torch.testing.assert_close(logits, model(IDS).logits, rtol=0, atol=1e-12)


def test_begins_with_zeros(model):
    state = model.start(rows=3)
    assert len(state) == 3
    assert not any(member.any() for member in state.recurrent)
    assert state.memory is state.feed is None


def test_every_parameter_gets_a_gradient(model):
    model(IDS).logits.square().sum().backward()
    assert all(gradient.any() for gradient in gradients(model).values())


@pytest.mark.parametrize(("rows", "error"), [(0, ValueError), (True, TypeError), (2.0, TypeError)])
def test_start_refuses_bad_rows(rows, error):
    with pytest.raises(error, match="rows must be"):
        LanguageModel(9, 3, 4).start(rows)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vocab_size": 4}, "vocab_size must be at least 5"),
        ({"cell": "elman"}, "cell must be one of rnn, gru, lstm"),
        ({"dropout": 1.5}, "dropout must be below 1"),
        ({"num_layers": 0}, "num_layers must be at least 1"),
    ],
)
def test_refuses_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        LanguageModel(**{"vocab_size": 9, "embed_size": 3, "hidden_size": 4} | options)
