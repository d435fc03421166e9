"""Keep the site whole: every script, style, font and picture comes from the site itself.

MathJax is copied from the PyPI package sphinx-mathjax-offline. After a build, each page and
stylesheet is searched for anything that a browser would load from another host, and each find is
a warning (an error under ``-W``). Plain links to other sites are no concern of this file.
"""

import re
import shutil
from html.parser import HTMLParser
from importlib.metadata import distribution
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

logger = logging.getLogger(__name__)

# Outside _static: Jupyter Book adds every script below _static to every page.
MATHJAX = Path("vendor/mathjax")
MATHJAX_FILES = (  # what the pages load: the program, its fonts, and TeX's rarer commands
    "tex-mml-chtml.js",
    "output/chtml/fonts/woff-v2/*.woff",
    "input/tex/extensions/*.js",
)

HOST = r"(?:https?:)?//"
CSS_LOAD = re.compile(
    rf"""(?:url\(\s*["']?|@import\s+["'])({HOST}[^"')\s]+)""", re.IGNORECASE
)
LOADED = {  # the attributes from which a browser loads; link has its own rule below
    "audio": ("src",),
    "embed": ("src",),
    "feimage": ("href", "xlink:href"),
    "iframe": ("src",),
    "image": ("href", "xlink:href"),
    "img": ("src", "srcset"),
    "input": ("src",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "video": ("src", "poster"),
}
LOADED_LINKS = {
    "dns-prefetch",
    "icon",
    "manifest",
    "modulepreload",
    "preconnect",
    "prefetch",
    "preload",
    "stylesheet",
}


class _Loads(HTMLParser):
    """Collects the addresses on other hosts that a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        values = {name: value or "" for name, value in attrs}
        self._in_style = tag == "style"
        names = LOADED.get(tag, ())
        if tag == "link" and LOADED_LINKS & set(
            values.get("rel", "").lower().split()
        ):
            names = ("href",)
        for name in names:
            # a srcset is a list: "a.png 1x, b.png 2x"
            parts = (
                values.get(name, "").split(",")
                if name == "srcset"
                else [values.get(name, "")]
            )
            self.found += [
                p.split()[0]
                for p in parts
                if re.match(rf"\s*{HOST}", p, re.IGNORECASE)
            ]
        self.found += css_loads(values.get("style", ""))

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.found += css_loads(data)


def css_loads(text: str) -> list[str]:
    """Return the addresses on other hosts that a stylesheet loads."""
    return CSS_LOAD.findall(text)


def html_loads(text: str) -> list[str]:
    """Return the addresses on other hosts that a page loads.

    What a script fetches when it runs is not seen here: that needs a browser.
    """
    parser = _Loads()
    parser.feed(text)
    parser.close()
    return parser.found


def point_to_mathjax(app: Sphinx, config: Config) -> None:
    """Make the pages load MathJax from the site (Sphinx counts paths from _static)."""
    config.mathjax_path = f"../{MATHJAX.as_posix()}/tex-mml-chtml.js"


def copy_mathjax(app: Sphinx) -> None:
    """Copy MathJax into the site."""
    if app.builder.format != "html":
        return
    source = Path(
        str(
            distribution("sphinx-mathjax-offline").locate_file(
                "sphinx-mathjax-offline"
            )
        )
    )
    source = source / "static" / "mathjax"
    for pattern in MATHJAX_FILES:
        files = sorted(source.glob(pattern))
        if not files:
            logger.warning("MathJax: no file %s in %s", pattern, source)
        for file in files:
            target = Path(app.outdir) / MATHJAX / file.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)


def report_loads(app: Sphinx, error: Exception | None) -> None:
    """Warn of everything in the built site that is loaded from another host."""
    if error or app.builder.format != "html":
        return
    for suffix, loads in ((".html", html_loads), (".css", css_loads)):
        for file in sorted(Path(app.outdir).rglob(f"*{suffix}")):
            for address in loads(file.read_text(encoding="utf-8")):
                logger.warning(
                    "%s loads %s", file.relative_to(app.outdir), address
                )


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the three to Sphinx."""
    app.connect("config-inited", point_to_mathjax)
    app.connect("builder-inited", copy_mathjax)
    app.connect("build-finished", report_loads)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
