import pytest
import torch
from torch import nn

from seq2seq_tutor.models import GRUCell, LSTMCell, RNNCell

CELLS = pytest.mark.parametrize(
    ("ours", "torchs", "members"),
    [(RNNCell, nn.RNNCell, 1), (GRUCell, nn.GRUCell, 1), (LSTMCell, nn.LSTMCell, 2)],
    ids=["rnn", "gru", "lstm"],
)


def pair_of(ours, torchs):
    """Make one cell of each kind with the same weights, in float64."""
    theirs = torchs(3, 4).double()
    mine = ours(3, 4).double()
    mine.load_state_dict(theirs.state_dict())
    return mine, theirs


def random_inputs(members, *, rows=5):
    x = torch.randn(rows, 3, dtype=torch.float64, requires_grad=True)
    state = tuple(
        torch.randn(rows, 4, dtype=torch.float64, requires_grad=True) for _ in range(members)
    )
    return x, state


@CELLS
def test_values_and_gradients_are_torchs(ours, torchs, members):
    mine, theirs = pair_of(ours, torchs)
    x, state = random_inputs(members)
    results = [mine(x, state), theirs(x, state if members == 2 else state[0])]
    results[1] = results[1] if members == 2 else (results[1],)
    directions = torch.randn(members, 5, 4, dtype=torch.float64)
    grads = [
        torch.autograd.grad(
            sum((d * m).sum() for d, m in zip(directions, result, strict=True)),
            [x, *state, *cell.parameters()],
        )
        for result, cell in zip(results, (mine, theirs), strict=True)
    ]
    torch.testing.assert_close(results[0], results[1], rtol=0, atol=1e-12)
    torch.testing.assert_close(grads[0], grads[1], rtol=0, atol=1e-12)


@CELLS
def test_gradcheck(ours, torchs, members):
    cell = ours(3, 4).double()
    x, state = random_inputs(members, rows=2)
    assert torch.autograd.gradcheck(lambda x, *state: cell(x, state), (x, *state))


@CELLS
def test_parameters_have_torchs_names_shapes_and_number(ours, torchs, members):
    shapes = [{n: p.shape for n, p in c(3, 4).named_parameters()} for c in (ours, torchs)]
    assert shapes[0] == shapes[1]
    count = sum(p.numel() for p in ours(3, 4).parameters())
    assert count == {RNNCell: 36, GRUCell: 108, LSTMCell: 144}[ours]


@CELLS
def test_initial_weights_come_from_the_global_generator_within_torchs_bounds(ours, torchs, members):
    with torch.random.fork_rng():
        torch.manual_seed(1)
        first, second = ours(3, 100), ours(3, 100)
        torch.manual_seed(1)
        again = ours(3, 100)
    assert torch.equal(first.weight_hh, again.weight_hh)
    assert not torch.equal(first.weight_hh, second.weight_hh)
    for parameter in first.parameters():
        assert 0.09 < parameter.abs().max() <= 0.1


def with_zero_weights(cell):
    for parameter in cell.parameters():
        nn.init.zeros_(parameter)
    return cell


def test_zero_rnn_forgets_at_once():
    (h,) = with_zero_weights(RNNCell(1, 1))(torch.ones(1, 1), (torch.ones(1, 1),))
    assert h.item() == 0


def test_zero_gru_halves_its_state():
    cell, state = with_zero_weights(GRUCell(1, 1)), (torch.ones(1, 1),)
    for _ in range(3):
        state = cell(torch.ones(1, 1), state)
    assert state[0].item() == 0.125


def test_zero_lstm_halves_its_cell():
    cell, state = with_zero_weights(LSTMCell(1, 1)), (torch.ones(1, 1), torch.ones(1, 1))
    for _ in range(3):
        state = cell(torch.ones(1, 1), state)
    assert state[1].item() == 0.125
    assert state[0].item() == pytest.approx(0.062177, abs=1e-6)


def test_gru_resets_after_the_product_not_before_it_as_in_the_paper():
    cell = GRUCell(3, 4).double()
    x, (h,) = random_inputs(1)
    w_ir, w_iz, w_in = cell.weight_ih.chunk(3)
    w_hr, w_hz, w_hn = cell.weight_hh.chunk(3)
    b_r, b_z, _ = (cell.bias_ih + cell.bias_hh).chunk(3)
    b_in, b_hn = cell.bias_ih.chunk(3)[2], cell.bias_hh.chunk(3)[2]
    r = torch.sigmoid(x @ w_ir.T + h @ w_hr.T + b_r)
    z = torch.sigmoid(x @ w_iz.T + h @ w_hz.T + b_z)
    after = torch.tanh(x @ w_in.T + b_in + r * (h @ w_hn.T + b_hn))
    before = torch.tanh(x @ w_in.T + b_in + (r * h) @ w_hn.T + b_hn)
    (result,) = cell(x, (h,))
    torch.testing.assert_close(result, (1 - z) * after + z * h, rtol=0, atol=1e-12)
    assert (result - ((1 - z) * before + z * h)).abs().max() > 1e-3


@CELLS
def test_refuses_shapes_that_do_not_fit(ours, torchs, members):
    cell, state = ours(3, 4), (torch.zeros(2, 4),) * members
    with pytest.raises(ValueError, match=r"x must be \(B, 3\), got \(2, 4\)"):
        cell(torch.zeros(2, 4), state)
    with pytest.raises(ValueError, match=r"x must be \(B, 3\), got \(3,\)"):
        cell(torch.zeros(3), state)
    with pytest.raises(ValueError, match=r"state must be \(5, 4\), got \(2, 4\)"):
        cell(torch.zeros(5, 3), state)


@CELLS
def test_refuses_a_state_that_is_no_tuple_of_its_size(ours, torchs, members):
    cell, h = ours(3, 4), torch.zeros(2, 4)
    for state in (h, [h] * members, (h,) * (3 - members)):
        with pytest.raises(TypeError, match=f"tuple of {members}"):
            cell(torch.zeros(2, 3), state)


@CELLS
@pytest.mark.parametrize("sizes", [(0, 4), (3, 0), (-1, 4)])
def test_refuses_sizes_below_one(ours, torchs, members, sizes):
    with pytest.raises(ValueError, match="at least 1"):
        ours(*sizes)


@CELLS
@pytest.mark.parametrize("sizes", [(3.0, 4), (3, True), ("3", 4)])
def test_refuses_sizes_that_are_no_int(ours, torchs, members, sizes):
    with pytest.raises(TypeError, match="must be an int"):
        ours(*sizes)
