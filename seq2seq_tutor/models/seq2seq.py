"""The whole model: an encoder, a decoder, and the bridge between them.

Chapters: encoder-decoder, teacher forcing.
"""

import torch
from torch import Tensor, nn

from .._checks import check_generator, check_number
from ..data.batching import Batch
from .bridge import Bridge
from .decoder import BahdanauDecoder, Decoder, LuongDecoder
from .encoder import Encoder
from .state import DecoderState, StepOutput


class Seq2Seq(nn.Module):
    """Join an encoder and a decoder: ``model(batch) -> logits (B, T, V)``.

    The encoder's last state becomes the decoder's first: unchanged where the sizes agree, through a
    ``Bridge`` where they don't. ``start`` and ``step`` are what a search needs.

    ValueError if the two don't fit: other cells, numbers of layers, or another ``memory_size`` than
    the encoder's ``output_size``.

    Source: Sutskever et al. (2014); Cho et al. (2014).

    >>> from seq2seq_tutor.data import collate
    >>> from seq2seq_tutor.models import Decoder, Encoder, Seq2Seq
    >>> model = Seq2Seq(Encoder(10, 3, 4), Decoder(12, 3, 4))
    >>> model(collate([([5, 6], [7, 8, 9])])).shape
    torch.Size([1, 4, 12])
    """

    def __init__(self, encoder: Encoder, decoder: Decoder | LuongDecoder | BahdanauDecoder) -> None:
        """Check that the two fit and bridge them."""
        super().__init__()
        reads, writes = encoder.recurrent, decoder.recurrent
        for name in ("cell", "num_layers"):
            if getattr(reads, name) != getattr(writes, name):
                raise ValueError(
                    f"encoder and decoder need the same {name}, got {getattr(reads, name)!r} and "
                    f"{getattr(writes, name)!r}"
                )
        if decoder.memory_size not in (None, encoder.output_size):
            raise ValueError(
                f"the decoder's memory_size is {decoder.memory_size}, but the encoder's outputs "
                f"have {encoder.output_size} numbers; give the decoder "
                f"memory_size={encoder.output_size}"
            )
        self.encoder, self.decoder = encoder, decoder
        self.bridge = (
            nn.Identity()
            if encoder.output_size == writes.hidden_size
            else Bridge(
                encoder.output_size,
                writes.hidden_size,
                num_layers=writes.num_layers,
                members=writes.members,
            )
        )

    def start(self, src: Tensor, lengths: Tensor) -> DecoderState:
        """Read the sources (B, S) and make the decoder's first state."""
        encoded = self.encoder(src, lengths)
        return self.decoder.start(encoded, self.bridge(encoded.state))

    def step(self, prev: Tensor, state: DecoderState) -> StepOutput:
        """Decode one token, (B,)."""
        return self.decoder.step(prev, state)

    def forward(
        self,
        batch: Batch,
        *,
        teacher_forcing: float | Tensor = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Give the logits (B, T, V) for ``batch.tgt_out``.

        ``teacher_forcing`` is the probability that a step is fed the reference token, drawn for
        each token, or a bool tensor (B, T) with True where it is. At 1 the whole target is decoded
        at once; otherwise step by step, feeding the model's own argmax, cut off from the gradient,
        also after EOS. BOS is always fed. The coins come from ``generator``, on the CPU.

        ValueError if the probability is outside [0, 1] or the tensor is not bool (B, T).

        Source: Williams and Zipser (1989); per token as in Bengio et al. (2015).
        """
        use_reference = _coins(teacher_forcing, batch.tgt_in.shape, generator)
        state = self.start(batch.src, batch.src_lengths)
        if use_reference is None:
            logits: Tensor = self.decoder(batch.tgt_in, state).logits
            return logits
        use_reference = use_reference.to(batch.tgt_in.device)
        steps: list[StepOutput] = []
        for t, reference in enumerate(batch.tgt_in.unbind(dim=1)):
            prev = reference
            if t > 0:
                own = steps[-1].logits.detach().argmax(dim=-1)
                prev = torch.where(use_reference[:, t], reference, own)
            steps.append(self.step(prev, state))
            state = steps[-1].state
        return torch.stack([step.logits for step in steps], dim=1)


def _coins(
    teacher_forcing: float | Tensor, shape: torch.Size, generator: torch.Generator | None
) -> Tensor | None:
    """Decide where the reference is fed: bool (B, T), or None for everywhere."""
    if isinstance(teacher_forcing, Tensor):
        if teacher_forcing.dtype != torch.bool or teacher_forcing.shape != shape:
            raise ValueError(
                f"a teacher_forcing tensor must be bool {tuple(shape)}, got "
                f"{teacher_forcing.dtype} {tuple(teacher_forcing.shape)}"
            )
        return teacher_forcing
    if isinstance(teacher_forcing, bool):
        teacher_forcing = float(teacher_forcing)
    check_number("teacher_forcing", teacher_forcing, at_least=0, at_most=1)
    if teacher_forcing == 1:
        return None
    if generator is not None:
        check_generator(generator)
    return torch.rand(shape, generator=generator) < teacher_forcing
