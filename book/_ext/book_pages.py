"""Small repairs to the pages that Jupyter Book 1.0.4 makes.

It puts the scripts of Thebe (live code, which this book does not use) into every page, and one of
them twice, so that every page logs a SyntaxError and names another host. And autodoc leaves out
the constants of a package that it has imported from its modules, such as ``PAD``. And the page
that leads from the site's address to the first page has no icon, so the browser misses one.
"""

from html import escape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.ext.autodoc import DataDocumenter, ModuleDocumenter


def is_thebe(asset: Any) -> bool:
    """Say whether a script or stylesheet of a page belongs to Thebe."""
    inline = asset.attributes.get("body") or ""
    return (
        "thebe" in str(asset.filename).lower() or "thebe" in inline.lower()
    )


def drop_thebe(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, Any],
    tree: Any,
) -> None:
    """Take Thebe's scripts and stylesheets out of a page."""
    for kind in ("script_files", "css_files"):
        context[kind][:] = [
            asset for asset in context.get(kind, []) if not is_thebe(asset)
        ]


def write_front_door(app: Sphinx, error: Exception | None) -> None:
    """Write the site's index.html, which leads to the book's first page."""
    if error or app.builder.format != "html":
        return
    first, title = (
        f"{app.config.root_doc}.html",
        escape(app.config.html_title),
    )
    icon = f"_static/{Path(app.config.html_favicon).name}"
    text = (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<link rel="icon" href="{icon}">\n<meta http-equiv="refresh" content="0; url={first}">\n'
        f'<p><a href="{first}">{title}</a></p>\n</html>\n'
    )
    Path(app.outdir, "index.html").write_text(text, encoding="utf-8")


class ConstantDocumenter(DataDocumenter):
    """Documents every public name of a package that is no class, function or module."""

    @classmethod
    def can_document_member(
        cls, member: Any, name: str, isattr: bool, parent: Any
    ) -> bool:
        """Accept any member of a module; the documenters of classes and functions go first."""
        return isinstance(parent, ModuleDocumenter)

    def get_doc(self) -> list[list[str]]:
        """Give the comment above the constant, never the docstring of its type."""
        comment = self.get_module_comment(self.objpath[-1])
        return [comment] if comment else []


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the three to Sphinx."""
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("build-finished", write_front_door)
    app.add_autodocumenter(ConstantDocumenter, override=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
