"""The one writer of the chapters, and what keeps them honest.

run      execute notebooks (all chapters, if none is named) and store them in canonical form
check    refuse stored notebooks (all chapters, if none is named) that would rot
text     show a notebook as Markdown
address  write the repository's address from _config.yml into the set-up cell of every chapter
list     print the path of every chapter
"""

import argparse
import os
import re
import sys
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError

import notebook_form as form
from notebook_rules import problems
from notebook_text import as_markdown

KERNEL_ENVIRONMENT = {"TQDM_DISABLE": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
CELL_SECONDS = 600
INSTALL_LINE = re.compile(r'%pip install -q "seq2seq-tutor @ git\+[^"]*"')


class NotStoredError(Exception):
    """A notebook was not stored; the message says why and what to do."""


def run(path: Path) -> None:
    """Execute a notebook in its folder, in a fresh kernel, and store it, or nothing on failure."""
    notebook = form.read(path)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
        timeout=CELL_SECONDS,
    )
    try:
        client.execute(env={**os.environ, **KERNEL_ENVIRONMENT})
    except (CellControlSignal, DeadKernelError) as error:
        raise NotStoredError(f"{path} is not stored, it failed:\n{error}") from error
    for number, cell in form.code_cells(notebook):
        if form.says_data_is_missing(cell):
            raise NotStoredError(
                f"{path} is not stored: cell {number} has no data; put it where the message of the "
                "cell says, or name its folder in SEQ2SEQ_TUTOR_DATA"
            )
    form.write(path, notebook)


def write_address(root: Path = form.ROOT) -> None:
    """Put the address and ref of ``_config.yml`` into the set-up cell of every chapter."""
    expected = INSTALL_LINE.search(form.setup_lines(root))
    for path in form.chapters(root):
        notebook = form.read(path)
        cells = form.code_cells(notebook)
        if not expected or not cells or not INSTALL_LINE.search(cells[0][1].source):
            raise NotStoredError(f"{path}: no set-up line to rewrite; see CONTRIBUTING.md")
        cells[0][1].source = INSTALL_LINE.sub(lambda _: expected[0], cells[0][1].source)
        form.write(path, notebook)


def _run_all(paths: list[Path]) -> int:
    failed = 0
    for path in paths:
        try:
            run(path)
        except NotStoredError as error:
            print(error, file=sys.stderr)
            failed = 1
        else:
            print(f"{path} stored")
    return failed


def _check_all(paths: list[Path]) -> int:
    found = [(path, *problem) for path in paths for problem in problems(path)]
    for path, number, message in found:
        where = f"{path}: cell {number}" if number else str(path)
        print(f"{where}: {message}", file=sys.stderr)
    return 1 if found else 0


def _write_address() -> int:
    try:
        write_address()
    except NotStoredError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _here(path: Path) -> Path:
    """Return a path as it is called from the current directory."""
    return Path(os.path.relpath(path))


def main(arguments: list[str] | None = None) -> int:
    """Run one of the commands and return its exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("run", "check"):
        commands.add_parser(name).add_argument("paths", nargs="*", type=Path, metavar="PATH")
    commands.add_parser("text").add_argument("path", type=Path, metavar="PATH")
    commands.add_parser("address")
    commands.add_parser("list")
    options = parser.parse_args(arguments)
    if options.command == "text":
        sys.stdout.write(as_markdown(form.read(options.path)))
        return 0
    paths = getattr(options, "paths", None) or [_here(path) for path in form.chapters()]
    if not paths:
        parser.error("_toc.yml names no notebook that exists")
    if options.command == "run":
        return _run_all(paths)
    if options.command == "check":
        return _check_all(paths)
    if options.command == "address":
        return _write_address()
    print(*paths, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
