"""A finished figure in HTML or SVG: no script, so it works in the book, in Colab and on paper."""

from dataclasses import dataclass


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
