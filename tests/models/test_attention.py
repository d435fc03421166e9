import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from seq2seq_tutor.models import AdditiveAttention, DotAttention, GeneralAttention, Memory
from seq2seq_tutor.models.attention import attend

LENGTHS = torch.tensor([3, 5, 1])
MASK = torch.arange(5) < LENGTHS.unsqueeze(1)


@pytest.fixture(params=["dot", "general", "additive"])
def attention(request):
    kinds = {
        "dot": DotAttention,
        "general": lambda: GeneralAttention(4, 4),
        "additive": lambda: AdditiveAttention(4, 4, 7),
    }
    return kinds[request.param]().double()


def random_tensors():
    """Give queries (3, 2, 4) and outputs (3, 5, 4)."""
    query = torch.randn(3, 2, 4, dtype=torch.float64, requires_grad=True)
    outputs = torch.randn(3, 5, 4, dtype=torch.float64, requires_grad=True)
    return query, outputs


def close(first, second, atol=1e-12):
    torch.testing.assert_close(first, second, rtol=0, atol=atol)


def test_rows_sum_to_one_and_masked_weights_are_exactly_zero(attention):
    query, outputs = random_tensors()
    context, weights = attention(query, attention.memory(outputs, MASK))
    close(weights.sum(-1), torch.ones(3, 2, dtype=torch.float64))
    assert (weights[~MASK.unsqueeze(1).expand(-1, 2, -1)] == 0).all()
    assert (weights[MASK.unsqueeze(1).expand(-1, 2, -1)] > 0).all()
    close(context, weights @ outputs)


@pytest.mark.parametrize("junk", [float("nan"), float("inf"), 1e9])
def test_what_stands_at_masked_places_changes_neither_values_nor_gradients(attention, junk):
    query, outputs = random_tensors()
    dirty = outputs.detach().masked_fill(~MASK.unsqueeze(-1), junk).requires_grad_()
    results = []
    for values in (outputs, dirty):
        context, weights = attention(query, attention.memory(values, MASK))
        grads = torch.autograd.grad(
            context.square().sum(), [query, values, *attention.parameters()]
        )
        results.append((context, weights, *grads))
    close(results[1], results[0], atol=0)
    assert (results[1][3][~MASK] == 0).all()


def test_a_sentence_does_not_depend_on_its_companions_or_its_padding(attention):
    query, outputs = random_tensors()
    context, weights = attention(query, attention.memory(outputs, MASK))
    for row, length in enumerate(LENGTHS.tolist()):
        rows = slice(row, row + 1)
        memory = attention.memory(outputs[rows, :length], MASK[rows, :length])
        alone, alone_weights = attention(query[rows], memory)
        close(alone, context[rows])
        close(alone_weights, weights[rows, :, :length])


def test_permuted_keys_permute_the_weights_and_leave_the_context(attention):
    query, outputs = random_tensors()
    order = torch.tensor([3, 0, 4, 1, 2])
    context, weights = attention(query, attention.memory(outputs, MASK))
    moved, moved_weights = attention(query, attention.memory(outputs[:, order], MASK[:, order]))
    close(moved, context)
    close(moved_weights, weights[:, :, order])


def test_each_query_is_answered_alone(attention):
    query, outputs = random_tensors()
    memory = attention.memory(outputs, MASK)
    together = attention(query, memory)
    for t in range(query.shape[1]):
        context, weights = attention(query[:, t : t + 1], memory)
        close((context[:, 0], weights[:, 0]), (together[0][:, t], together[1][:, t]))


def test_a_row_without_real_tokens_gives_zeros_and_poisons_no_gradient(attention):
    query, outputs = random_tensors()
    empty = MASK.clone()
    empty[1] = False
    results = []
    for mask in (empty, MASK):
        context, weights = attention(query, attention.memory(outputs, mask))
        grads = torch.autograd.grad(context[[0, 2]].square().sum(), [query, outputs])
        results.append((context, weights, *grads))
    context, weights = results[0][:2]
    assert (context[1] == 0).all()
    assert (weights[1] == 0).all()
    for bad, good in zip(*results, strict=True):
        close(bad[[0, 2]], good[[0, 2]])
    with torch.autograd.set_detect_anomaly(True):
        full = torch.autograd.grad(
            attention(query, attention.memory(outputs, empty))[0].sum(), [query, outputs]
        )
    assert all(g.isfinite().all() and (g[1] == 0).all() for g in full)


def test_memory_does_not_change_its_arguments(attention):
    query, outputs = random_tensors()
    before, mask = outputs.detach().clone(), MASK.clone()
    attention(query, attention.memory(outputs, mask))
    assert torch.equal(outputs, before)
    assert torch.equal(mask, MASK)


def test_every_parameter_gets_a_gradient(attention):
    query, outputs = random_tensors()
    attention(query, attention.memory(outputs, MASK))[0].square().sum().backward()
    assert all(p.grad.any() for p in attention.parameters())


def test_gradcheck(attention):
    def run(query, outputs):
        return attention(query, attention.memory(outputs, MASK[:2, :4]))

    query, outputs = (t[:2, :4].detach().requires_grad_() for t in random_tensors())
    assert torch.autograd.gradcheck(run, (query, outputs))


def test_dot_is_torchs_attention_without_its_scale():
    query, outputs = random_tensors()
    context, _ = DotAttention()(query, DotAttention().memory(outputs, MASK))
    expected = scaled_dot_product_attention(
        query, outputs, outputs, attn_mask=MASK.unsqueeze(1), scale=1.0
    )
    close(context, expected)


def test_general_is_dot_on_mapped_keys():
    query, outputs = random_tensors()
    general = GeneralAttention(4, 4).double()
    expected = scaled_dot_product_attention(
        query, outputs @ general.key.weight.T, outputs, attn_mask=MASK.unsqueeze(1), scale=1.0
    )
    close(general(query, general.memory(outputs, MASK))[0], expected)


def test_additive_is_d2ls(d2l):
    query, outputs = random_tensors()
    ours, theirs = AdditiveAttention(4, 4, 7).double(), d2l.AdditiveAttention(4, 4, 7, 0.0)
    theirs.double().load_state_dict(
        {
            "W_q.weight": ours.query.weight,
            "W_k.weight": ours.key.weight,
            "w_v.weight": ours.v.weight,
        }
    )
    context, weights = ours(query, ours.memory(outputs, MASK))
    close(context, theirs(query, outputs, outputs, LENGTHS))
    close(weights, theirs.attention_weights)


def test_attend_is_d2ls_masked_softmax(d2l):
    _, outputs = random_tensors()
    scores = torch.randn(3, 2, 5, dtype=torch.float64)
    context, weights = attend(scores, Memory(outputs, outputs, MASK))
    expected = d2l.masked_softmax(scores.clone(), LENGTHS)
    close(weights, expected)
    close(context, expected @ outputs)


def test_equal_scores_give_the_mean_and_a_huge_one_its_value():
    _, outputs = random_tensors()
    memory = Memory(outputs.masked_fill(~MASK.unsqueeze(-1), 0.0), outputs, MASK)
    scores = torch.zeros(3, 1, 5, dtype=torch.float64)
    context, _ = attend(scores, memory)
    means = [outputs[row, :n].mean(0) for row, n in enumerate(LENGTHS.tolist())]
    close(context[:, 0], torch.stack(means))
    scores[:, :, 0] = 1e4
    close(attend(scores, memory)[0][:, 0], outputs[:, 0])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_masks_too(dtype):
    memory = Memory(torch.ones(3, 5, 4, dtype=dtype), torch.ones(3, 5, 4, dtype=dtype), MASK)
    _, weights = attend(torch.zeros(3, 1, 5, dtype=dtype), memory)
    assert (weights[:, 0][~MASK] == 0).all()
    assert torch.equal(weights[2, 0], torch.eye(5)[0].to(dtype))


def test_select_takes_rows_with_repeats():
    memory = Memory(torch.randn(3, 5, 4), torch.randn(3, 5, 2), MASK)
    rows = torch.tensor([2, 0, 2, 1])
    chosen = memory.select(rows)
    for name in ("outputs", "keys", "mask"):
        assert torch.equal(getattr(chosen, name), getattr(memory, name)[rows])


def test_dot_refuses_queries_of_another_width():
    memory = DotAttention().memory(torch.zeros(3, 5, 6), MASK)
    with pytest.raises(ValueError, match=r"queries \(4\) as wide as the encoder's outputs \(6\)"):
        DotAttention()(torch.zeros(3, 1, 4), memory)


@pytest.mark.parametrize("shape", [(3, 4), (2, 5), (3, 5, 1)])
def test_memory_refuses_a_mask_of_another_shape(attention, shape):
    with pytest.raises(ValueError, match=r"mask \(B, S\), got \(3, 5, 4\)"):
        attention.memory(random_tensors()[1], torch.ones(shape, dtype=torch.bool))


@pytest.mark.parametrize("sizes", [(0, 4, 7), (4, 0, 7), (4, 4, 0)])
def test_refuses_sizes_below_one(sizes):
    with pytest.raises(ValueError, match="at least 1, got 0"):
        AdditiveAttention(*sizes)
    if 0 in sizes[:2]:
        with pytest.raises(ValueError, match="at least 1, got 0"):
            GeneralAttention(*sizes[:2])
