"""Models: a batch becomes logits, and a decoder takes one step at a time.

Chapters: sequence models, language models, recurrent networks, encoder-decoder, attention.
``Seq2Seq(encoder, decoder)`` joins an ``Encoder`` with a ``Decoder``, ``LuongDecoder`` or
``BahdanauDecoder``.
"""

from .attention import AdditiveAttention, DotAttention, GeneralAttention, Memory
from .autoregression import LinearAutoregression, lagged
from .bridge import Bridge
from .cells import GRUCell, LSTMCell, RNNCell
from .decoder import BahdanauDecoder, Decoder, LuongDecoder
from .embedding import TokenEmbedding
from .encoder import Encoder, EncoderOutput
from .language_model import LanguageModel
from .ngram import NGramModel, count_ngrams, fit_weights
from .recurrent import Recurrent
from .seq2seq import Seq2Seq
from .state import DecoderOutput, DecoderState, StepOutput

__all__ = [
    "AdditiveAttention",
    "BahdanauDecoder",
    "Bridge",
    "Decoder",
    "DecoderOutput",
    "DecoderState",
    "DotAttention",
    "Encoder",
    "EncoderOutput",
    "GRUCell",
    "GeneralAttention",
    "LSTMCell",
    "LanguageModel",
    "LinearAutoregression",
    "LuongDecoder",
    "Memory",
    "NGramModel",
    "RNNCell",
    "Recurrent",
    "Seq2Seq",
    "StepOutput",
    "TokenEmbedding",
    "count_ngrams",
    "fit_weights",
    "lagged",
]
