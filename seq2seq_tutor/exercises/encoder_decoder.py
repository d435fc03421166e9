"""The exercises of the chapter on the encoder-decoder."""

import copy
from typing import Any

import torch
from torch import Tensor

from .._checks import is_int
from ..data import collate
from ..decoding import greedy_search
from ..models import Decoder, DecoderOutput, DecoderState, Seq2Seq, StepOutput
from ..text import EOS
from .checking import NotYet, ask, parts, shown

_MAX_LEN = 7
_TOLERANCE = 0.01  # of a logit: float32 is off by 1e-6, a wrong step by 0.1 and more
_REASONS = {
    "context": "Were 96 numbers too few for seven digits, the same 96 would fail on them however "
    "the model is trained. Run the experiment: do they?",
    "lengths": "",
    "training": "Were the training too short, the same number of steps with longer strings would "
    "leave seven digits about as they are. Run the experiment: does it?",
}


def exercise_1(answer: Any) -> None:
    """What greedy search gives where EOS has no probability; what an empty source becomes."""
    number, finished, source = parts(
        answer, "the number of tokens", "finished", "the ids of the empty source"
    )
    state = DecoderState((torch.zeros(1, 1, 1),))
    (found,) = greedy_search(_without_eos, state, max_len=_MAX_LEN)
    if not is_int(number):
        raise NotYet(f"The number of tokens must be an int, and yours is {shown(number)}.")
    if number > len(found.tokens):
        raise NotYet(f"A hypothesis of {number} tokens is longer than max_len={_MAX_LEN} allows.")
    if number < len(found.tokens):
        raise NotYet(
            f"With {number} tokens the search would have stopped before max_len={_MAX_LEN}. What "
            "could have stopped it, if EOS never comes?"
        )
    if not isinstance(finished, bool):
        raise NotYet(f"finished must be True or False, and yours is {shown(finished)}.")
    if finished != found.finished:
        raise NotYet(
            f"A hypothesis with finished={finished} has EOS as its last token. Can this one?"
        )
    if isinstance(source, Tensor):
        source = source.tolist()
    if not isinstance(source, list) or not all(map(is_int, source)):
        raise NotYet(f"The empty source must be a list of ids, and yours is {shown(source)}.")
    if not source:
        raise NotYet("From a source without a single id the encoder would have nothing to read.")
    if source != collate([([], [])]).src[0].tolist():
        raise NotYet(
            f"{shown(source)} is not what collate makes of a sentence without tokens. Look at src "
            "of the two pairs again: what stands there that is in neither string?"
        )


def exercise_2(answer: Any) -> None:
    """Which reason the experiment with longer strings supports."""
    if not isinstance(answer, str) or answer not in _REASONS:
        raise NotYet(
            f"The main reason must be 'context', 'lengths' or 'training', and yours is "
            f"{shown(answer)}."
        )
    if _REASONS[answer]:
        raise NotYet(_REASONS[answer])


@torch.no_grad()
def exercise_3(answer: Any) -> None:
    """One step of form 2: along a target, from a state in mid-sentence, in several sizes."""
    for vocab, embed, hidden, context in ((9, 3, 4, 4), (7, 5, 6, 11), (11, 4, 4, 4)):
        for rows in (2, 1, 5):
            decoder = _Closed(vocab, embed, hidden, context="every_step", memory_size=context)
            for parameter in decoder.parameters():
                parameter.mul_(3)  # so that a wrong step shows plainly in its logits
            state = DecoderState((_random(1, rows, hidden),), feed=_random(rows, context))
            fed = torch.randint(4, vocab, (rows, 3))
            at_once = Decoder.forward(decoder, fed, state).logits
            for t, (prev, wanted) in enumerate(zip(fed.unbind(1), at_once.unbind(1), strict=True)):
                sizes = f"B={rows}, V={vocab}, E={embed}, H={hidden}, a context of {context}"
                case = f"step {t + 1} ({sizes})"
                output = _step_taken(answer, decoder, prev, state, case)
                _check_logits(output.logits, wanted, case)
                _check_state(output.state, state, case)
                state = output.state


@torch.no_grad()
def exercise_4(answer: Any) -> None:
    """A bidirectional encoder and a form 2 decoder, joined, in several sizes."""
    for sizes in ((9, 11, 3, 4), (13, 8, 5, 6), (10, 10, 6, 3)):
        case = (
            f"vocabularies of {sizes[0]} and {sizes[1]}, embed_size {sizes[2]} and hidden_size "
            f"{sizes[3]}"
        )
        model = ask(answer, *sizes, case=case)
        if not isinstance(model, Seq2Seq) or not isinstance(model.decoder, Decoder):
            raise NotYet(
                "Your function must give a Seq2Seq of an Encoder and a Decoder; it gave "
                f"{shown(model)}."
            )
        _check_sizes(model, *sizes, case)
        batch = collate([([4, 5, 6], [7, 5]), ([8], [4, 6, 7])])
        ask(model, batch, case=f"a batch of two pairs and a model with {case}")


def exercise_5(answer: Any) -> None:
    """Pairs of ids with their sources turned round, and nothing else."""
    for given in (
        [([5, 6, 7], [8, 9, 4])],
        [([4], [5, 6]), ([], [7])],
        [([9, 8, 8], [4]), ([4, 5, 6, 7], [7, 6])],
    ):
        pairs = copy.deepcopy(given)
        case = f"the pairs {given}"
        found = ask(answer, pairs, case=case)
        if pairs != given:
            raise NotYet(f"For {case}, the list that your function was given is now {pairs}.")
        if not isinstance(found, list) or len(found) != len(given):
            raise NotYet(f"For {case}, a list of {len(given)} was to come; it is {shown(found)}.")
        for number, (pair, (source, target)) in enumerate(zip(found, given, strict=True)):
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                raise NotYet(f"For {case}, pair {number} came out as {shown(pair)}.")
            for name, ids, wanted in (
                ("source", pair[0], source[::-1]),
                ("target", pair[1], target),
            ):
                if not isinstance(ids, (list, tuple)):
                    raise NotYet(
                        f"For {case}, the {name} of pair {number} is {shown(ids)}; a batch is "
                        "made of lists of ids."
                    )
                if list(ids) != wanted:
                    raise NotYet(
                        f"For {case}, the {name} of pair {number} came out as {list(ids)}."
                    )


class _Closed(Decoder):
    """A decoder that does not do the reader's work."""

    def forward(self, tgt_in: Tensor, state: DecoderState) -> DecoderOutput:
        """Refuse."""
        raise NotYet("Your step calls the decoder's own; write out what happens there.")


def _without_eos(prev: Tensor, state: DecoderState) -> StepOutput:
    """Take a step of a model that finds all tokens but EOS equally likely."""
    logits = torch.zeros(len(prev), 14)
    logits[:, EOS] = -torch.inf
    return StepOutput(logits, state, None)


def _random(*shape: int) -> Tensor:
    """Draw numbers between -1 and 1, as a state has them."""
    return torch.rand(shape) * 2 - 1


def _step_taken(
    answer: Any, decoder: Decoder, prev: Tensor, state: DecoderState, case: str
) -> StepOutput:
    """Let the reader take a step, and refuse one that changes what it was given."""
    given = [prev, *state.recurrent, state.feed, *decoder.parameters()]
    before = [tensor.clone() for tensor in given if tensor is not None]
    output = ask(answer, decoder, prev, state, case=case)
    if not all(map(torch.equal, [tensor for tensor in given if tensor is not None], before)):
        raise NotYet(
            f"After {case}, a tensor that your step was given (prev, or one of the state or of "
            "the decoder) has other numbers in it than before."
        )
    if not isinstance(output, StepOutput):
        raise NotYet(f"Your step must give a StepOutput; it gave {shown(output)}.")
    return output


def _check_logits(logits: Any, wanted: Tensor, case: str) -> None:
    """Compare the logits of a step with the right ones."""
    if not isinstance(logits, Tensor):
        raise NotYet(f"For {case}, the logits must be a tensor; they are {shown(logits)}.")
    if logits.shape != wanted.shape:
        raise NotYet(
            f"For {case}, your step gave logits of shape {tuple(logits.shape)}; (B, V) is "
            f"{tuple(wanted.shape)} here."
        )
    for what, numbers in (("logits", logits), ("exponentials of the logits", logits.exp())):
        if bool(((numbers.sum(-1) - 1).abs() < _TOLERANCE).all()):
            raise NotYet(
                f"For {case}, the {what} add up to 1 in every row; those of the model do not."
            )
    gap = float((logits - wanted).abs().max())
    if not gap < _TOLERANCE:
        first = case.startswith("step 1 ")
        raise NotYet(
            f"For {case}, the logits have the right shape and are off by up to {gap:.2f}. "
            + (
                "This state is one of mid-sentence: its context and its last state are not the same"
                " numbers. Is each used where it belongs, and in which order does the cell read?"
                if first
                else "At step 1 they were right, so look at the state that your step hands on."
            )
        )


def _check_state(new: Any, old: DecoderState, case: str) -> None:
    """Compare what a step hands on with what it was given."""
    if not isinstance(new, DecoderState):
        raise NotYet(f"For {case}, the new state must be a DecoderState; it is {shown(new)}.")
    if not isinstance(new.recurrent, tuple):
        raise NotYet(f"For {case}, the new state's recurrent is no tuple: {shown(new.recurrent)}.")
    (h,) = old.recurrent
    shapes = [tuple(member.shape) for member in new.recurrent]
    if shapes != [tuple(h.shape)]:
        raise NotYet(
            f"For {case}, the new state's recurrent holds tensors of the shapes {shapes}; the old "
            f"one's are {[tuple(h.shape)]}."
        )
    if torch.equal(new.recurrent[0], h):
        raise NotYet(f"For {case}, the new state's recurrent is still that of the old state.")
    if new.feed is None:
        raise NotYet(f"For {case}, the new state has no feed, and the next step needs one.")
    if old.feed is None or not torch.equal(new.feed, old.feed):
        raise NotYet(
            f"For {case}, the logits are right, but the new state's feed holds other numbers than "
            "the old state's: the context drifts."
        )


def _check_sizes(
    model: Seq2Seq, src_vocab: int, tgt_vocab: int, embed: int, hidden: int, case: str
) -> None:
    """Compare a model with what was asked for."""
    reads, writes = model.encoder.recurrent, model.decoder.recurrent
    tables = (model.encoder.embedding.table.weight, model.decoder.embedding.table.weight)
    for what, found, wanted in (
        ("the encoder's vocabulary", model.encoder.vocab_size, src_vocab),
        ("the decoder's vocabulary", model.decoder.vocab_size, tgt_vocab),
        ("the size of the encoder's embeddings", tables[0].shape[1], embed),
        ("the size of the decoder's embeddings", tables[1].shape[1], embed),
        ("the number of directions in which the encoder reads", reads.directions, 2),
        ("the size of the encoder's state in each direction", reads.hidden_size, hidden),
        ("the size of the decoder's state", writes.hidden_size, hidden),
    ):
        if found != wanted:
            raise NotYet(f"For {case}, {what} is {found} in your model.")
    if model.decoder.context != "every_step":
        raise NotYet(
            f"For {case}, the first state of your decoder has no feed, and its steps see nothing "
            "of the source but that state."
        )
