"""What bugs of padding cost: small models that reverse digits, sound and with each bug, five seeds.

    .venv/bin/python benchmarks/padding_bugs.py

writes seq2seq_tutor/results/padding_bugs.json. Chapter: padding and loss, which has the same code
and trains some of the rows again.
"""

import hashlib
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, pad
from tqdm import tqdm

from provenance import begin, write_result
from seq2seq_tutor.data import Batch, batches, collate, reverse_pairs
from seq2seq_tutor.decoding import greedy_search
from seq2seq_tutor.metrics import perplexity
from seq2seq_tutor.models import Decoder, Encoder, EncoderOutput, LuongDecoder, Seq2Seq
from seq2seq_tutor.text import EOS, PAD, CharTokenizer, Language, Vocab
from seq2seq_tutor.training import clip_gradients, evaluate, masked_cross_entropy

SEEDS = (0, 1, 2, 3, 4)
TRAIN, TEST, EPOCHS, BATCH_SIZE, RATE, EMBED, HIDDEN = 5_000, 500, 5, 64, 0.01, 16, 64
Pairs = list[tuple[list[int], list[int]]]
Loss = Callable[[Tensor, Batch], Tensor]


class ReadsPads(Encoder):
    """An encoder that does not pack: its last state is that after the pads."""

    def forward(self, src: Tensor, lengths: Tensor) -> EncoderOutput:
        """Read a batch of sources, pads and all."""
        outputs, state = self.recurrent(self.embedding(src))
        return EncoderOutput(outputs, state, src != PAD)


class ShowsPads(Encoder):
    """An encoder that packs, and then shows attention its pads as if they were tokens."""

    def forward(self, src: Tensor, lengths: Tensor) -> EncoderOutput:
        """Read a batch of sources and forget where each ends."""
        outputs, state, mask = super().forward(src, lengths)
        return EncoderOutput(outputs, state, torch.ones_like(mask))


class ReadsAndShowsPads(Encoder):
    """An encoder that does not pack, and shows attention what it made of the pads."""

    def forward(self, src: Tensor, lengths: Tensor) -> EncoderOutput:
        """Read a batch of sources, pads and all, and forget where each ends."""
        outputs, state = self.recurrent(self.embedding(src))
        return EncoderOutput(outputs, state, torch.ones_like(src, dtype=torch.bool))


def masked(mask: Callable[[Batch], Tensor]) -> Loss:
    """Give the mean loss over the places where a mask is True."""

    def loss(logits: Tensor, batch: Batch) -> Tensor:
        nll, tokens = masked_cross_entropy(logits, batch.tgt_out, mask(batch))
        return nll / tokens

    return loss


def padded_mean(logits: Tensor, batch: Batch) -> Tensor:
    """Give the sum over sentences of their losses divided by the padded width."""
    losses = cross_entropy(logits.transpose(1, 2), batch.tgt_out, reduction="none")
    return (losses * batch.tgt_mask).mean(dim=1).sum()


SOUND = masked(lambda batch: batch.tgt_mask)
ROWS: dict[str, tuple[type[Encoder], bool, Loss, bool]] = {
    # name: encoder, with attention, loss, trained on batches of like length
    "sound": (Encoder, False, SOUND, False),
    "pads in the loss": (
        Encoder,
        False,
        masked(lambda batch: torch.ones_like(batch.tgt_mask)),
        False,
    ),
    "mean over the padded width": (Encoder, False, padded_mean, False),
    "sound, batches of like length": (Encoder, False, SOUND, True),
    "mean over the padded width, batches of like length": (Encoder, False, padded_mean, True),
    "state after the pads": (ReadsPads, False, SOUND, False),
    "PAD = EOS, masked by id": (
        Encoder,
        False,
        masked(lambda batch: batch.tgt_mask & (batch.tgt_out != EOS)),
        False,
    ),
    "PAD = BOS, masked by the input's ids": (
        Encoder,
        False,
        masked(lambda batch: batch.tgt_mask & (torch.arange(batch.tgt_out.shape[1]) > 0)),
        False,
    ),
    "attention, sound": (Encoder, True, SOUND, True),
    "attention on pads, batches of like length": (ShowsPads, True, SOUND, True),
    "attention on pads, batches at random": (ShowsPads, True, SOUND, False),
    "attention on pads, no packing": (ReadsAndShowsPads, True, SOUND, False),
}


def sets() -> tuple[Pairs, Pairs]:
    """Give the strings of the page: to train and to test."""
    digits = Language(CharTokenizer(), Vocab.build([list("0123456789")]))
    generator = torch.Generator().manual_seed(1)
    pairs = reverse_pairs(TRAIN + TEST, generator=generator, min_len=2, max_len=6)
    ids = [(digits.encode(src), digits.encode(tgt)) for src, tgt in pairs]
    return ids[:TRAIN], ids[TRAIN:]


def train_one(row: str, train: Pairs, seed: int) -> Seq2Seq:
    """Train one model."""
    kind, attends, loss_of, by_length = ROWS[row]
    torch.manual_seed(seed)
    encoder = kind(14, EMBED, HIDDEN)
    decoder = (LuongDecoder if attends else Decoder)(14, EMBED, HIDDEN)
    model = Seq2Seq(encoder, decoder)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    steps = EPOCHS * -(-len(train) // BATCH_SIZE)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, steps)
    for _ in range(EPOCHS):
        order = torch.randperm(len(train), generator=generator).tolist()
        shuffled = [train[i] for i in order]
        for batch in batches(shuffled, BATCH_SIZE, generator=generator if by_length else None):
            loss = loss_of(model(batch), batch)
            optimizer.zero_grad()
            loss.backward()
            clip_gradients(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    return model.eval()


@torch.no_grad()
def score(model: Seq2Seq, groups: list[Pairs], extra: int = 0) -> dict[str, float]:
    """Give the shares of answers that are right and that end; each group is one batch."""
    right = ended = 0
    for group in groups:
        batch = collate(group)
        src = pad(batch.src, (0, extra), value=PAD)  # more columns of PAD
        found = greedy_search(model.step, model.start(src, batch.src_lengths), max_len=15)
        right += sum(
            list(hypothesis.tokens) == [*target, EOS]
            for hypothesis, (_, target) in zip(found, group, strict=True)
        )
        ended += sum(hypothesis.finished for hypothesis in found)
    count = sum(len(group) for group in groups)
    return {"right": right / count, "ended": ended / count}


@torch.no_grad()
def tokens_right(model: Seq2Seq, pairs: Pairs) -> dict[str, float]:
    """Give the share of tokens right, each after the right ones before it: first and later."""
    batch = collate(pairs)
    hits = model(batch).argmax(dim=-1) == batch.tgt_out
    later = hits[:, 1:][batch.tgt_mask[:, 1:]]
    return {"first": hits[:, 0].float().mean().item(), "later": later.float().mean().item()}


def main() -> None:
    """Train and score every row, and write what came out."""
    started = begin(__doc__)
    train, test = sets()
    lengths = sorted({len(source) for source, _ in test})
    alone = [[pair for pair in test if len(pair[0]) == n] for n in lengths]  # so without a pad
    rows: list[dict[str, Any]] = []
    for name, seed in tqdm([(name, seed) for name in ROWS for seed in SEEDS]):
        model = train_one(name, train, seed)
        rows.append(
            {
                "name": name,
                "seed": seed,
                "alone": score(model, alone),
                "together": score(model, [test]),
                "5 more pads": score(model, [test], 5),
                "50 more pads": score(model, [test], 50),
                "tokens right": tokens_right(model, test),
                "perplexity": perplexity(*evaluate(model, test)),
            }
        )
    write_result(
        "padding_bugs",
        {
            "data": {
                "name": "reversed strings of 2 to 6 digits",
                "sizes": [len(train), len(test)],
                "test_sha256": hashlib.sha256(repr(test).encode()).hexdigest(),
            },
            "settings": {
                "epochs": EPOCHS,
                "batch_size": BATCH_SIZE,
                "lr": RATE,
                "embed_size": EMBED,
                "hidden_size": HIDDEN,
            },
            "rows": rows,
        },
        seconds=time.monotonic() - started,
        licence="made by the command",
    )


if __name__ == "__main__":
    main()
