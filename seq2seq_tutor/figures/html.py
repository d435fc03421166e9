"""A finished figure in HTML or SVG: no script, so it works in the book, in Colab and on paper."""

from dataclasses import dataclass
from html import escape

_CONTROL_PICTURES = {code: 0x2400 + code for code in range(0x20)}  # an escape character shows as ␛


@dataclass(frozen=True)
class HtmlFigure:
    """A figure that notebooks show as HTML, with a description in text.

    >>> from seq2seq_tutor.figures import HtmlFigure
    >>> HtmlFigure("<p>hello</p>", "a greeting")
    <a greeting>
    """

    html: str
    description: str

    def _repr_html_(self) -> str:
        """Give the figure to the notebook."""
        return self.html

    def __repr__(self) -> str:
        """Describe the figure in text."""
        return f"<{self.description}>"


def visible(token: str) -> str:
    """Escape what HTML would read as its own, and show what has no glyph by a picture of it.

    >>> from seq2seq_tutor.figures.html import visible
    >>> visible("<b>"), visible(" ")
    ('&lt;b&gt;', '␣')
    """
    return "␣" if token == " " else escape(token.translate(_CONTROL_PICTURES))
