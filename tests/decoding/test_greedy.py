import math

import pytest
import torch

from seq2seq_tutor.decoding import greedy_search
from seq2seq_tutor.models import LanguageModel

from ..networks import CELLS, DECODERS, network, one, random_batch, teacher_forced, widen
from .tables import EOS, LATTICE_A, A, Network, code, random_table, tied_table


def parts(net):
    return net.step, net.start()


def test_lattice_a():
    [best] = greedy_search(*parts(Network(LATTICE_A)), max_len=3)
    assert best.tokens == (A, A, EOS)
    assert best.log_prob == pytest.approx(-2.659260, abs=1e-6)
    assert best.finished


@pytest.mark.parametrize("table", [random_table, tied_table])
@pytest.mark.parametrize("seed", range(10))
def test_takes_the_best_token_at_each_step_ties_to_the_lower_id(table, seed):
    net = Network(table(seed))
    [found] = greedy_search(*parts(net), max_len=6)
    for t, token in enumerate(found.tokens):
        scores = net.log_probs(0, found.tokens[:t])
        assert token == scores.index(max(scores))
    assert found.log_prob == pytest.approx(net.score(0, found.tokens), abs=1e-6)
    assert found.finished == (found.tokens[-1] == EOS)
    assert EOS not in found.tokens[:-1]


def test_a_batch_is_its_sentences_alone_in_any_order():
    tables = [random_table(seed) for seed in range(6)]
    alone = [greedy_search(*parts(Network(table)), max_len=5)[0] for table in tables]
    assert len({len(h.tokens) for h in alone}) > 2
    assert greedy_search(*parts(Network(*tables)), max_len=5) == alone
    assert greedy_search(*parts(Network(*tables[::-1])), max_len=5) == alone[::-1]


def test_finished_rows_are_never_stepped_again():
    net = Network(*(random_table(seed) for seed in range(6)))
    greedy_search(*parts(net), max_len=5)
    assert all(EOS not in prefix for rows in net.asked for _, prefix in rows)
    assert len(net.asked[-1]) < len(net.asked[0]) == 6


def test_weights_tell_each_steps_own_prefix():
    tables = [random_table(seed) for seed in range(6)]
    for sentence, found in enumerate(greedy_search(*parts(Network(*tables)), max_len=5)):
        expected = [[sentence, code(found.tokens[:t])] for t in range(len(found.tokens))]
        assert found.weights.tolist() == expected


def test_max_len_of_one_gives_one_token():
    found = greedy_search(*parts(Network(*(random_table(seed) for seed in range(20)))), max_len=1)
    assert {len(h.tokens) for h in found} == {1}
    assert {h.finished for h in found} == {True, False}
    assert all(h.finished == (h.tokens == (EOS,)) for h in found)


def test_a_model_that_never_ends_stops_at_max_len_unfinished():
    net = Network(lambda prefix: [0.0, 0.0, -math.inf, 0.0, 1.0])
    [found] = greedy_search(*parts(net), max_len=7)
    assert found.tokens == (4,) * 7
    assert not found.finished


def test_pad_and_bos_are_never_chosen_though_they_are_likely():
    net = Network(lambda prefix: [50.0, 50.0, -1.0, 0.0, -1.0])
    [found] = greedy_search(*parts(net), max_len=2)
    assert found.tokens == (3, 3)
    assert found.log_prob == pytest.approx(2 * (-50 - math.log(2)), abs=1e-4)


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("value", [math.nan, -math.inf])
def test_logits_that_cannot_be_decoded_are_refused_with_their_step(number, value):
    def table(prefix):
        return [0.0, 0.0] + ([value] * 4 if len(prefix) == number - 1 else [-5.0, 0.0, 0.0, 0.0])

    with pytest.raises(ValueError, match=f"step {number}: "):
        greedy_search(*parts(Network(table)), max_len=5)


@pytest.mark.parametrize(
    ("max_len", "error"), [(0, ValueError), (-1, ValueError), (2.0, TypeError), (True, TypeError)]
)
def test_refuses_bad_max_len(max_len, error):
    with pytest.raises(error, match="max_len must be"):
        greedy_search(*parts(Network(LATTICE_A)), max_len=max_len)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_takes_logits_of_any_precision(dtype):
    tables = [random_table(seed) for seed in range(4)]
    nets = Network(*tables, dtype=dtype), Network(*tables)
    found, expected = (greedy_search(*parts(net), max_len=5) for net in nets)
    assert [h.tokens for h in found] == [h.tokens for h in expected]
    for sentence, h in enumerate(found):
        assert h.log_prob == pytest.approx(nets[0].score(sentence, h.tokens), abs=1e-6)


def test_a_warm_state_and_prev_continue_a_prefix():
    torch.manual_seed(0)
    model = LanguageModel(12, 6, 8, cell="lstm").double().eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    [whole] = greedy_search(model.step, model.start(rows=1), max_len=6)
    prefix = torch.tensor([[1, *whole.tokens[:3]]])
    warm = model(prefix[:, :-1]).state
    [rest] = greedy_search(model.step, warm, max_len=3, prev=prefix[:, -1])
    assert rest.tokens == whole.tokens[3:]
    assert len(rest.tokens) > 0


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("kind", DECODERS)
def test_a_networks_log_prob_is_its_teacher_forced_score(kind, cell):
    model, batch = network(kind, cell=cell, num_layers=2, seed=1), random_batch(5)
    state = model.start(batch.src, batch.src_lengths)
    for row, found in enumerate(greedy_search(model.step, state, max_len=6)):
        rescored, _ = teacher_forced(model, batch, row, found.tokens)
        assert found.log_prob == pytest.approx(rescored, abs=1e-5)


@pytest.mark.parametrize("kind", DECODERS)
def test_a_network_decodes_a_sentence_the_same_in_any_batch(kind):
    model, batch = network(kind, cell="lstm", seed=2), random_batch(5)
    wide = widen(batch, src=3, src_filler=7)
    together = greedy_search(model.step, model.start(wide.src, wide.src_lengths), max_len=6)
    for row, found in enumerate(together):
        single = one(batch, row)
        state = model.start(single.src, single.src_lengths)
        [alone] = greedy_search(model.step, state, max_len=6)
        assert alone.tokens == found.tokens
        assert alone.log_prob == pytest.approx(found.log_prob, abs=1e-10)
        if found.weights is not None:
            length = int(batch.src_lengths[row])
            torch.testing.assert_close(found.weights[:, :length], alone.weights)
            assert not found.weights[:, length:].any()


def test_holds_on_to_no_graph():
    model, batch = network("bahdanau"), random_batch(2)
    state = model.start(batch.src, batch.src_lengths)
    assert not greedy_search(model.step, state, max_len=4)[0].weights.requires_grad
    assert torch.is_grad_enabled()
