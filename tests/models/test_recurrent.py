import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seq2seq_tutor.models import Recurrent

from ..networks import CELLS

STACKS = [
    (cell, layers, two_ways) for cell in CELLS for layers in (1, 3) for two_ways in (False, True)
]


@pytest.fixture(
    params=STACKS, ids=lambda stack: f"{stack[0]}-{stack[1]}-{'bi' if stack[2] else 'uni'}"
)
def pair(request):
    """Give torch's own stack and ours, with the same weights, in float64."""
    cell, layers, two_ways = request.param
    mine = Recurrent(3, 4, num_layers=layers, cell=cell, bidirectional=two_ways).double()
    make = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[cell]
    theirs = make(3, 4, layers, batch_first=True, bidirectional=two_ways).double()
    theirs.load_state_dict(
        {
            name.replace("_l0", f"_l{number}"): weight
            for number, layer in enumerate(mine.layers)
            for name, weight in layer.state_dict().items()
        }
    )
    return mine, theirs


def joined(final, directions):
    """Turn torch's state, (L*D, B, H) each, into ours, a tuple of (L, B, D*H)."""
    members = final if isinstance(final, tuple) else (final,)
    return tuple(torch.cat([m[d::directions] for d in range(directions)], dim=2) for m in members)


def split(state, directions):
    """Turn our state into torch's."""
    members = tuple(
        torch.stack(m.chunk(directions, dim=2), dim=1).flatten(0, 1).contiguous() for m in state
    )
    return members if len(members) == 2 else members[0]


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_equals_torchs_own_stack(pair, warm, packed):
    mine, theirs = pair
    x = torch.randn(3, 6, 3, dtype=torch.float64, requires_grad=True)
    lengths = torch.tensor([4, 6, 1]) if packed else None
    state = tuple(torch.randn_like(m) for m in mine.zero_state(3)) if warm else None
    outputs, final = mine(x, state, lengths)

    run = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False) if packed else x
    expected, last = theirs(run, None if state is None else split(state, mine.directions))
    if packed:
        expected, _ = pad_packed_sequence(expected, batch_first=True, total_length=6)
    torch.testing.assert_close(outputs, expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(final, joined(last, mine.directions), rtol=0, atol=1e-12)

    direction = torch.randn_like(outputs)
    ours, its = (torch.autograd.grad((direction * o).sum(), x)[0] for o in (outputs, expected))
    torch.testing.assert_close(ours, its, rtol=0, atol=1e-12)


def test_a_padded_sentence_is_as_if_alone(pair):
    recurrent, _ = pair
    x, lengths = torch.randn(3, 6, 3, dtype=torch.float64), torch.tensor([4, 6, 1])
    outputs, final = recurrent(x, lengths=lengths)
    for row, length in enumerate(lengths.tolist()):
        alone, last = recurrent(x[row : row + 1, :length])
        torch.testing.assert_close(outputs[row, :length], alone[0], rtol=0, atol=1e-12)
        assert (outputs[row, length:] == 0).all()
        for member, alone_member in zip(final, last, strict=True):
            torch.testing.assert_close(member[:, row], alone_member[:, 0], rtol=0, atol=1e-12)


def test_without_lengths_padding_does_change_the_state(pair):
    recurrent, _ = pair
    x = torch.randn(1, 6, 3, dtype=torch.float64)
    assert (recurrent(x)[1][0] - recurrent(x[:, :4])[1][0]).abs().max() > 1e-3


@pytest.mark.parametrize("packed", [False, True])
def test_dropout_acts_between_layers_only(packed):
    x, lengths = torch.randn(2, 5, 3), torch.tensor([5, 2]) if packed else None
    one, two = (Recurrent(3, 4, num_layers=n, dropout=0.5).train() for n in (1, 2))
    assert torch.equal(one(x, lengths=lengths)[0], one.eval()(x, lengths=lengths)[0])
    dropped, again = two(x, lengths=lengths), two(x, lengths=lengths)
    assert not torch.equal(dropped[0], again[0])
    assert torch.equal(dropped[1][0][0], again[1][0][0])  # the bottom layer's state
    assert torch.equal(two.eval()(x)[0], two(x)[0])


@pytest.mark.parametrize("cell", CELLS)
def test_zero_state_is_what_no_state_means(cell):
    recurrent = Recurrent(3, 4, num_layers=2, cell=cell, bidirectional=True).double()
    state = recurrent.zero_state(3)
    assert [m.shape for m in state] == [(2, 3, 8)] * (2 if cell == "lstm" else 1)
    assert all(m.dtype == torch.float64 and not m.any() for m in state)
    x = torch.randn(3, 2, 3, dtype=torch.float64)
    torch.testing.assert_close(recurrent(x, state), recurrent(x), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"input_size": 0}, ValueError, "input_size must be at least 1, got 0"),
        ({"hidden_size": 0}, ValueError, "hidden_size must be at least 1, got 0"),
        ({"hidden_size": 2.0}, TypeError, "hidden_size must be an int, got 2.0"),
        ({"num_layers": 0}, ValueError, "num_layers must be at least 1, got 0"),
        ({"num_layers": True}, TypeError, "num_layers must be an int, got True"),
        ({"dropout": 1.2}, ValueError, "dropout must be below 1.*, got 1.2"),
        ({"dropout": 1.0}, ValueError, "dropout must be below 1.*, got 1.0"),
        ({"dropout": -0.1}, ValueError, "dropout must be at least 0.*, got -0.1"),
        ({"dropout": float("nan")}, ValueError, "dropout must be finite, got nan"),
        ({"cell": "gur"}, ValueError, "cell must be one of rnn, gru, lstm; got 'gur'"),
    ],
)
def test_refuses_bad_options(options, error, message):
    with pytest.raises(error, match=message):
        Recurrent(**{"input_size": 3, "hidden_size": 4} | options)


@pytest.mark.parametrize(
    ("lengths", "error", "message"),
    [
        ([4, 3], ValueError, r"lengths\[0\] is 4, but the batch has 1 to 3"),  # torch: no word
        ([4, 2], ValueError, r"lengths\[0\] is 4, but the batch has 1 to 3"),
        ([3, 0], ValueError, r"lengths\[1\] is 0"),
        ([3, -1], ValueError, r"lengths\[1\] is -1"),
        ([3], ValueError, r"lengths must be \(2,\), one a sentence, got \(1,\)"),
        ([3.0, 2.0], TypeError, "lengths must be integers, got torch.float32"),
        ([True, True], TypeError, "lengths must be integers, got torch.bool"),
    ],
)
def test_refuses_lengths_that_do_not_fit(lengths, error, message):
    with pytest.raises(error, match=message):
        Recurrent(3, 4)(torch.zeros(2, 3, 3), lengths=torch.tensor(lengths))
