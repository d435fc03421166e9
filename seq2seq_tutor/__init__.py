"""Recurrent sequence-to-sequence learning, small enough to read and tested enough to trust.

The rooms, in the order in which a sentence passes through them:

1. ``seq2seq_tutor.text`` turns a string into tokens and tokens into ids.
2. ``seq2seq_tutor.data`` makes sentence pairs and puts them into padded batches.
3. ``seq2seq_tutor.models`` turns a batch into logits.
4. ``seq2seq_tutor.training`` turns logits into a loss and a loss into a better model.
5. ``seq2seq_tutor.decoding`` searches for the best output, one step at a time.
6. ``seq2seq_tutor.metrics`` scores what came out.
7. ``seq2seq_tutor.figures`` draws what it is given.

Beside them, ``exercises`` judges answers, ``results`` holds what long runs found, and ``cli`` is
the command line.

Importing this package imports none of them; each room is imported where it is used.
"""

__version__ = "0.1.0"
