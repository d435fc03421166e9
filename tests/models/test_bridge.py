import pytest
import torch

from seq2seq_tutor.models import Bridge


@pytest.mark.parametrize("members", [1, 2])
def test_maps_each_layer_and_member_by_its_own_map(members):
    bridge = Bridge(5, 3, num_layers=2, members=members)
    state = tuple(torch.randn(2, 4, 5) for _ in range(members))
    mapped = bridge(state)
    maps = [(m.weight, m.bias) for m in bridge.maps]
    assert len(maps) == 2 * members
    for at, member in enumerate(state):
        for layer in range(2):
            weight, bias = maps[2 * at + layer]
            expected = member[layer] @ weight.T + bias
            expected = torch.tanh(expected) if at == 0 else expected
            torch.testing.assert_close(mapped[at][layer], expected)


def test_h_stays_in_its_range_and_c_need_not():
    h, c = Bridge(5, 3, num_layers=1, members=2)((torch.full((1, 1, 5), 1e3),) * 2)
    assert h.abs().max() <= 1
    assert c.abs().max() > 1


@pytest.mark.parametrize("sizes", [(0, 3), (5, 0)])
def test_refuses_sizes_below_one(sizes):
    with pytest.raises(ValueError, match="at least 1"):
        Bridge(*sizes, num_layers=1, members=1)
