import dataclasses

import pytest
import torch

from seq2seq_tutor.models import LanguageModel
from seq2seq_tutor.models.state import one_step

from ..networks import CELLS, DECODERS, network, random_batch

ROWS = torch.tensor([2, 0, 2, 1, 1])
BATCH = random_batch(3)


def tensors(state):
    """Give all tensors of a state with their rows first."""
    memory = state.memory
    return [
        *(member.transpose(0, 1) for member in state.recurrent),
        *([] if memory is None else [memory.outputs, memory.keys, memory.mask]),
        *([] if state.feed is None else [state.feed]),
    ]


@pytest.fixture(params=[(kind, cell) for kind in DECODERS for cell in CELLS], ids=str)
def warm(request):
    """Give a network and its state after one step."""
    kind, cell = request.param
    model = network(kind, cell=cell, num_layers=2)
    state = model.step(BATCH.tgt_in[:, 0], model.start(BATCH.src, BATCH.src_lengths)).state
    return model, state


def test_select_takes_rows_of_everything_with_repeats(warm):
    _, state = warm
    before = [tensor.clone() for tensor in tensors(state)]
    chosen = state.select(ROWS)
    assert (len(state), len(chosen)) == (3, 5)
    assert len(tensors(chosen)) == len(before)
    for old, new in zip(before, tensors(chosen), strict=True):
        assert torch.equal(new, old[ROWS])
    assert all(torch.equal(old, now) for old, now in zip(before, tensors(state), strict=True))


def test_a_selected_state_goes_on_as_its_rows_do(warm):
    model, state = warm
    prev = torch.tensor([5, 6, 7])
    together, chosen = model.step(prev, state), model.step(prev[ROWS], state.select(ROWS))
    torch.testing.assert_close(chosen.logits, together.logits[ROWS], rtol=0, atol=1e-12)


def test_is_frozen_and_says_its_device(warm):
    _, state = warm
    assert state.device == torch.device("cpu")
    with pytest.raises(dataclasses.FrozenInstanceError):
        state.feed = None


def test_one_step_refuses_a_prev_that_is_not_one_id_a_row():
    model = LanguageModel(9, 3, 4)
    with pytest.raises(ValueError, match=r"prev must be \(2,\), one id a row, got \(1,\)"):
        one_step(model, torch.tensor([1]), model.start(rows=2))
