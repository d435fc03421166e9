"""The translator: text in, text out, by way of everything else in this package.

Chapter: translation. This module alone joins the networks and vocabularies with the search.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor

from .._checks import check_int, check_number, check_str
from ..data.batching import collate
from ..models import DecoderState, Seq2Seq
from ..text import EOS, SPECIAL_TOKENS, Language
from ..training.checkpoint import check_languages, has_checkpoint, load_checkpoint
from ..training.storage import CheckpointError
from .beam import beam_search
from .hypothesis import Hypothesis

_PRETRAINED = Path(__file__).parent.parent / "pretrained"
_ROWS = 64  # sentences that are searched together


@dataclass(frozen=True)
class Translation:
    """One sentence's translation, with what the search and the attention say about it.

    ``text`` is the translation. ``source_tokens`` (S) end in ``<eos>``, which the encoder reads,
    and ``target_tokens`` (T) too where the model wrote it: where ``finished``. ``log_prob`` is the
    sum of the target tokens' log-probabilities, in nats. ``weights`` (T, S) are the attention
    weights, without padding, or None. ``alternatives`` are the next best translations, if more
    than one was asked for.

    >>> from seq2seq_tutor.decoding import Translation
    >>> Translation("tea", ("茶", "<eos>"), ("tea", "<eos>"), -0.5, finished=True).text
    'tea'
    """

    text: str
    source_tokens: tuple[str, ...]
    target_tokens: tuple[str, ...]
    log_prob: float
    finished: bool
    weights: Tensor | None = field(default=None, compare=False, repr=False)
    alternatives: tuple["Translation", ...] = ()


class Translator:
    """A model and its two languages: ``translator.translate(["我喜欢音乐。"])[0].text``.

    Leaves the model in eval mode. ValueError if a vocabulary is not the model's.

    >>> from seq2seq_tutor.decoding import Translator
    >>> from seq2seq_tutor.models import Decoder, Encoder, Seq2Seq
    >>> from seq2seq_tutor.text import CharTokenizer, Language, Vocab
    >>> digits = Language(CharTokenizer(), Vocab.build([list("0123456789")]))
    >>> model = Seq2Seq(Encoder(14, 3, 4), Decoder(14, 3, 4))
    >>> translations = Translator(model, digits, digits).translate(["314", ""], max_len=5)
    >>> translations[0].source_tokens, translations[1].text
    (('3', '1', '4', '<eos>'), '')
    """

    def __init__(self, model: Seq2Seq, source: Language, target: Language) -> None:
        """Join the three."""
        if not isinstance(model, Seq2Seq):
            raise TypeError(f"a translator needs a Seq2Seq, got {type(model).__name__}")
        for name, language in (("source", source), ("target", target)):
            if not isinstance(language, Language):
                raise TypeError(f"{name} must be a Language, got {type(language).__name__}")
        check_languages(model, source, target)
        self.model, self.source, self.target = model.eval(), source, target

    @classmethod
    def load(
        cls, name_or_folder: str | os.PathLike[str], *, device: torch.device | str = "cpu"
    ) -> "Translator":
        """Load a translator from a checkpoint's folder, or by the name of one that ships here.

        CheckpointError that says why if there is none, or it can't be used.
        """
        folder = Path(name_or_folder)
        shipped = _shipped()
        if not has_checkpoint(folder) and os.fspath(name_or_folder) in shipped:
            folder = shipped[os.fspath(name_or_folder)]
        try:
            checkpoint = load_checkpoint(folder, device=device)
        except CheckpointError as error:
            names = f"shipped with the package: {', '.join(shipped) or 'none'}"
            raise CheckpointError(f"{error} ({names})") from error
        if not isinstance(checkpoint.model, Seq2Seq):
            raise CheckpointError(f"{folder} holds a language model, which translates nothing")
        if checkpoint.source is None or checkpoint.target is None:
            raise CheckpointError(
                f"{folder} was saved without its languages; save it again with "
                "save_checkpoint(model, folder, source=..., target=...)"
            )
        return cls(checkpoint.model, checkpoint.source, checkpoint.target)

    def translate(
        self,
        sentences: Sequence[str],
        *,
        beam_size: int = 5,
        n_best: int = 1,
        length_penalty: float = 1.0,
        max_len: int | None = None,
    ) -> list[Translation]:
        """Translate sentences by beam search: one ``Translation`` for each, in their order.

        ``beam_size``, ``n_best`` and ``length_penalty`` as in ``beam_search``; with the default
        penalty the score is the mean log-probability a token. ``max_len`` counts target tokens,
        EOS included; by default it is three times the source's, rounded up to tens, plus 30. A
        sentence's translation does not depend on the others. An empty sentence has an empty
        translation, and the model is not asked.

        TypeError if ``sentences`` is one str or holds something else than str; ValueError from
        ``beam_search``.
        """
        if isinstance(sentences, (str, bytes)):
            raise TypeError(f"sentences must be a list of str, got one: {sentences!r:.60}")
        sentences = list(sentences)
        for number, sentence in enumerate(sentences):
            check_str(f"sentences[{number}]", sentence)
        check_int("beam_size", beam_size, minimum=1)
        check_int("n_best", n_best, minimum=1, maximum=beam_size)
        check_number("length_penalty", length_penalty)
        if max_len is not None:
            check_int("max_len", max_len, minimum=1)
        self.model.eval()
        tokens = [self._tokenize(number, sentence) for number, sentence in enumerate(sentences)]
        results = [Translation("", (), (), 0.0, finished=True)] * len(sentences)
        # Of like length together, and with a limit that no companion has a say in.
        limits = {row: max_len or _limit(words) for row, words in enumerate(tokens) if words}
        rows = sorted(limits, key=lambda row: (limits[row], len(tokens[row])))
        while rows:
            limit = limits[rows[0]]
            chunk = [row for row in rows[:_ROWS] if limits[row] == limit]
            rows = rows[len(chunk) :]
            found = beam_search(
                self.model.step,
                self._start([tokens[row] for row in chunk]),
                beam_size=beam_size,
                max_len=limit,
                length_penalty=length_penalty,
                n_best=n_best,
            )
            for row, hypotheses in zip(chunk, found, strict=True):
                best, *others = (self._translation(tokens[row], h) for h in hypotheses)
                results[row] = replace(best, alternatives=tuple(others))
        return results

    def _tokenize(self, number: int, sentence: str) -> list[str]:
        """Split a sentence, or say which one can't be read."""
        try:
            return self.source.tokenizer.tokenize(sentence)
        except ValueError as error:
            raise ValueError(f"sentences[{number}]: {error}") from None

    @torch.no_grad()
    def _start(self, token_lists: list[list[str]]) -> DecoderState:
        """Read the sentences."""
        batch = collate([(self.source.vocab.encode(tokens), []) for tokens in token_lists])
        device = next(self.model.parameters()).device
        return self.model.start(batch.src.to(device), batch.src_lengths)

    def _translation(self, tokens: list[str], hypothesis: Hypothesis) -> Translation:
        """Turn what the search found into text."""
        words, end = self.target.vocab.tokens, SPECIAL_TOKENS[EOS]
        weights = hypothesis.weights
        return Translation(
            self.target.decode(hypothesis.tokens),
            (*tokens, end),
            tuple(words[id_] for id_ in hypothesis.tokens),
            hypothesis.log_prob,
            hypothesis.finished,
            None if weights is None else weights[:, : len(tokens) + 1].cpu(),
        )


def _limit(tokens: list[str]) -> int:
    """Give how long a translation may become: a generous bound, the same for like lengths."""
    return 3 * 10 * -(-len(tokens) // 10) + 30


def _shipped() -> dict[str, Path]:
    """Give the checkpoints that ship with the package, by name."""
    folders = sorted(_PRETRAINED.iterdir()) if _PRETRAINED.is_dir() else []
    return {folder.name: folder for folder in folders if has_checkpoint(folder)}
