"""The exercises of the encoder-decoder: the solution passes, typical mistakes are told apart."""

import dataclasses

import torch

from seq2seq_tutor.models import Decoder, DecoderState, Encoder, GRUCell, Seq2Seq, StepOutput


def cell_of(layer):
    cell = GRUCell(layer.input_size, layer.hidden_size)
    weights = layer.state_dict()
    cell.load_state_dict({name.removesuffix("_l0"): weights[name] for name in weights})
    return cell


def handed_on(state, h):
    return dataclasses.replace(state, recurrent=(h.unsqueeze(0),))


def step_of(
    *,
    join=lambda embedded, context: [embedded, context],
    context=lambda state: state.feed,
    logits=lambda decoder, h: decoder.output(h),
    new_state=handed_on,
):
    """Write the step of exercise 3, right but for one part."""

    def step(decoder, prev, state):
        cell = cell_of(decoder.recurrent.layers[0])
        x = torch.cat(join(decoder.embedding(prev), context(state)), dim=1)
        (h,) = cell(x, (state.recurrent[0][0],))
        return StepOutput(logits(decoder, h), new_state(state, h), None)

    return step


def step_in_place(decoder, prev, state):
    output = step_of()(decoder, prev, state)
    state.recurrent[0].copy_(output.state.recurrent[0])
    return StepOutput(output.logits, state, None)


def bare_step(decoder, prev, state):
    return step_of()(decoder, prev, state).logits


def stub(*given): ...


def turned(*, source=lambda ids: ids[::-1], target=lambda ids: ids):
    """Write the function of exercise 5, right but for one part."""
    return lambda pairs: [(source(src), target(tgt)) for src, tgt in pairs]


def turned_in_place(pairs):
    for src, _ in pairs:
        src.reverse()
    return pairs


def model_of(*, directions=2, width=1.0, deep=1, **options):
    """Write the builder of exercise 4, right but for one part."""

    def build(src_vocab_size, tgt_vocab_size, embed_size, hidden_size):
        encoder = Encoder(
            src_vocab_size, embed_size, int(hidden_size * width), bidirectional=directions == 2
        )
        size = encoder.output_size
        given = {"context": "every_step", "memory_size": size, **options}
        return Seq2Seq(encoder, Decoder(tgt_vocab_size, embed_size, hidden_size * deep, **given))

    return build


SOLUTIONS = {
    "encoder_decoder.1": (7, False, [2]),
    "encoder_decoder.2": "lengths",
    "encoder_decoder.3": step_of(),
    "encoder_decoder.4": model_of(),
    "encoder_decoder.5": turned(),
}
STUBS = {
    "encoder_decoder.1": (..., ..., ...),
    "encoder_decoder.2": ...,
    "encoder_decoder.3": stub,
    "encoder_decoder.4": stub,
    "encoder_decoder.5": stub,
}
GIVEN_AWAY = {  # no message may hold this
    "encoder_decoder.1": "[2]",
    "encoder_decoder.2": "lengths that",
    "encoder_decoder.3": "state.feed]",
    "encoder_decoder.4": "output_size",
    "encoder_decoder.5": "::-1",
}
MISTAKES = {
    "encoder_decoder.1": [
        ((8, False, [2]), "8 tokens is longer than max_len=7"),
        ((6, False, [2]), "With 6 tokens the search would have stopped"),
        ((7.0, False, [2]), "must be an int, and yours is 7.0 (float)"),
        ((7, True, [2]), "finished=True has EOS as its last token"),
        ((7, "no", [2]), "must be True or False, and yours is 'no' (str)"),
        ((7, False, []), "nothing to read"),
        ((7, False, [0]), "[0] (list) is not what collate makes"),
        ((7, False, [1, 2]), "[1, 2] (list) is not what collate makes"),
        ((7, False, "EOS"), "must be a list of ids, and yours is 'EOS' (str)"),
        ((7, False, ...), "no answer yet for the ids of the empty source"),
        ((7, False), "must be a tuple of the number of tokens, finished and"),
        (7, "must be a tuple"),
    ],
    "encoder_decoder.2": [
        ("context", "Were 96 numbers too few"),
        ("training", "Were the training too short"),
        ("太短", "yours is '太短' (str)"),
        (7, "yours is 7 (int)"),
    ],
    "encoder_decoder.3": [
        (step_of(join=lambda embedded, context: [context, embedded]), "off by up to"),
        (step_of(context=lambda state: state.recurrent[0][0]), "off by up to"),
        (step_of(context=lambda state: torch.zeros_like(state.feed)), "off by up to"),
        (step_of(join=lambda embedded, context: [embedded]), "your function raised"),
        (
            step_of(new_state=lambda state, h: DecoderState((h.unsqueeze(0),), feed=h)),
            "the context drifts",
        ),
        (step_of(new_state=lambda state, h: DecoderState((h.unsqueeze(0),))), "has no feed"),
        (
            step_of(new_state=lambda state, h: dataclasses.replace(state, recurrent=(h,))),
            "tensors of the shapes [(2, 4)]; the old one's are [(1, 2, 4)]",
        ),
        (
            step_of(new_state=lambda state, h: dataclasses.replace(state, recurrent=h)),
            "recurrent is no tuple",
        ),
        (step_of(new_state=lambda state, h: state), "still that of the old state"),
        (
            step_of(new_state=lambda state, h: handed_on(state, h * 2)),
            "At step 1 they were right",
        ),
        (step_of(new_state=lambda state, h: h), "must be a DecoderState; it is tensor"),
        (
            step_of(logits=lambda decoder, h: decoder.output(h).unsqueeze(1)),
            "logits of shape (2, 1, 9); (B, V) is (2, 9) here",
        ),
        (step_of(logits=lambda decoder, h: [1.0]), "the logits must be a tensor"),
        (
            step_of(logits=lambda decoder, h: decoder.output(h).softmax(-1)),
            "the logits add up to 1 in every row",
        ),
        (
            step_of(logits=lambda decoder, h: decoder.output(h).log_softmax(-1)),
            "the exponentials of the logits add up to 1",
        ),
        (step_of(logits=lambda decoder, h: decoder.output(h) * torch.nan), "off by up to nan"),
        (step_in_place, "has other numbers in it than before"),
        (bare_step, "must give a StepOutput; it gave tensor"),
        (lambda decoder, prev, state: decoder.step(prev, state), "calls the decoder's own"),
        (lambda prev, state: prev, "raised TypeError"),
        (3, "must be a function, and yours is 3 (int)"),
    ],
    "encoder_decoder.4": [
        (model_of(memory_size=None), "raised ValueError: the decoder's memory_size is 4"),
        (model_of(context="initial"), "first state of your decoder has no feed"),
        (model_of(width=0.5), "encoder's state in each direction is 2"),
        (model_of(deep=2), "the size of the decoder's state is 8"),
        (model_of(directions=1), "directions in which the encoder reads is 1"),
        (lambda s, t, e, h: model_of()(t, s, e, h), "the encoder's vocabulary is 11"),
        (lambda s, t, e, h: model_of()(s, t, h, e), "encoder's embeddings is 4"),
        (lambda s, t, e, h: model_of()(14, 14, 32, 96), "the encoder's vocabulary is 14"),
        (lambda s, t, e, h: Encoder(s, e, h), "must give a Seq2Seq of"),
        (lambda s: s, "raised TypeError"),
        (model_of()(9, 11, 3, 4), "raised TypeError"),
    ],
    "encoder_decoder.5": [
        (turned(target=lambda ids: ids[::-1]), "target of pair 0 came out as [4, 9, 8]"),
        (turned(source=lambda ids: ids), "source of pair 0 came out as [5, 6, 7]"),
        (turned(source=sorted), "source of pair 0 came out as [5, 6, 7]"),
        (turned(source=reversed), "a batch is made of lists"),
        (turned(source=lambda ids: [*ids[::-1], 2]), "came out as [7, 6, 5, 2]"),
        (lambda pairs: turned()(pairs)[::-1], "source of pair 0 came out as []"),
        (lambda pairs: [tgt for _, tgt in pairs], "pair 0 came out as [8, 9, 4] (list)"),
        (lambda pairs: turned()(pairs)[:1], "a list of 2 was to come"),
        (turned_in_place, "that your function was given is now"),
        (lambda pairs: ((src[::-1], tgt) for src, tgt in pairs), "a list of 1 was to come"),
    ],
}
