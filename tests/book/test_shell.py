"""The site: it loads nothing from elsewhere, its search knows Chinese, its address stands once."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ADDRESS = re.compile(
    r"github(?:usercontent)?\.com/[^/\s]+/seq2seq-tutor|[\w-]+\.github\.io/seq2seq-tutor"
)


def extension(name: str) -> ModuleType:
    """Load one of the book's Sphinx extensions."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "book" / "_ext" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def offline() -> ModuleType:
    return extension("offline")


@pytest.fixture(scope="module")
def search():
    return extension("cjk_search").SearchBigram({})


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://x.org/a"></script>',
        '<script async src="//x.org/a"></script>',
        '<SCRIPT SRC="HTTPS://x.org/a"></SCRIPT>',
        '<link rel="stylesheet" href="https://x.org/a">',
        '<link href="https://x.org/a" rel="shortcut icon">',
        '<img src="http://x.org/a" alt="">',
        '<img src="a.png" srcset="a.png 1x, https://x.org/a 2x" alt="">',
        '<iframe src="https://x.org/a"></iframe>',
        '<svg><image href="https://x.org/a"/></svg>',
        '<svg><use xlink:href="https://x.org/a"/></svg>',
        '<video poster="https://x.org/a"></video>',
        '<p style="background: url(https://x.org/a)">',
        "<style>@font-face { src: url('https://x.org/a') }</style>",
        '<style>@import "https://x.org/a";</style>',
    ],
)
def test_what_a_page_loads_from_another_host_is_found(offline, page):
    found = offline.html_loads(f"<!doctype html><title>t</title>{page}<p>text</p>")
    assert [address.lower().removeprefix("https:").removeprefix("http:") for address in found] == [
        "//x.org/a"
    ]


@pytest.mark.parametrize(
    "page",
    [
        '<a href="https://x.org/a">a link</a>',
        '<link rel="canonical" href="https://x.org/a">',
        '<link rel="stylesheet" href="_static/a.css"><script src="../vendor/a.js"></script>',
        '<img src="data:image/png;base64,iVBO//Rw0" alt="">',
        '<svg xmlns="http://www.w3.org/2000/svg"><path fill="url(#p)"/></svg>',
        "<pre>&lt;script src=https://x.org/a&gt; url(https://x.org/a)</pre>",
    ],
)
def test_a_link_or_a_file_of_the_site_is_no_find(offline, page):
    assert offline.html_loads(page) == []


def test_a_stylesheet_may_load_from_the_site_alone(offline):
    style = """
        a { background: url(b.png) }
        @import 'c.css';
        @import url('//x.org/d');
        e { src: url( "https://x.org/f" ) }
    """
    assert offline.css_loads(style) == ["//x.org/d", "https://x.org/f"]


def test_the_extension_finds_mathjax_and_warns_of_a_load(offline, tmp_path, monkeypatch):
    class App:
        outdir = tmp_path

        class builder:
            format = "html"

    warnings = []
    monkeypatch.setattr(offline.logger, "warning", lambda text, *of: warnings.append(text % of))
    offline.copy_mathjax(App)
    assert warnings == []
    assert (tmp_path / offline.MATHJAX / "tex-mml-chtml.js").stat().st_size > 1_000_000
    assert list((tmp_path / offline.MATHJAX).rglob("MathJax_Main-Regular.woff"))
    offline.report_loads(App, None)
    assert warnings == []

    (tmp_path / "page.html").write_text('<script src="https://x.org/a"></script>', encoding="utf-8")
    offline.report_loads(App, None)
    assert warnings == ["page.html loads https://x.org/a"]


PAGE = "注意力机制(attention)让 decoder 回看源句，翻译长句子。LSTM2 网络"
QUERIES = {
    "翻译": ["翻译"],
    "句子": ["句子"],
    "注意力机制": ["注意", "意力", "力机", "机制"],
    "decoder回看": ["decoder", "回看"],
    "源": ["源"],
    "LSTM2": ["LSTM2"],
}


def test_pages_are_indexed_by_word_and_by_pair_of_characters(search):
    terms = search.split(PAGE)
    assert search.split("长句子") == ["长句", "句子", "长", "句", "子"]
    for query, parts in QUERIES.items():
        assert set(parts) <= set(terms), query
    assert all(search.word_filter(term) for term in ("翻译", "译", "decoder"))


@pytest.mark.skipif(not shutil.which("node"), reason="node runs the browser's half of the search")
def test_the_browser_splits_a_query_in_the_same_way(search):
    queries = json.dumps(list(QUERIES))
    script = f"{search.js_splitter_code}\nconsole.log(JSON.stringify({queries}.map(splitQuery)))"
    program = [shutil.which("node"), "-e", script]
    answer = subprocess.run(program, capture_output=True, check=True).stdout
    assert json.loads(answer) == list(QUERIES.values())


BUILD = """
import importlib, json, pickle, sys
from pathlib import Path
from sphinx.cmd.build import main

if main(["-q", "-b", "dummy", "-d", "doctrees", ".", "out"]):
    sys.exit("the build failed")
objects = pickle.loads(Path("doctrees/environment.pickle").read_bytes()).domaindata["py"]["objects"]
rooms = [importlib.import_module(f"seq2seq_tutor.{room}") for room in sys.argv[1:]]
public = [f"{room.__name__}.{name}" for room in rooms for name in room.__all__]
print(json.dumps([public, [name for name in public if name not in objects]]))
"""


def test_every_public_name_is_on_a_page_of_the_package(tmp_path):
    """The pages of the package alone, without Jupyter Book, which takes longer."""
    pages, extensions = ROOT / "book" / "api", ROOT / "book" / "_ext"
    rooms = sorted(page.stem for page in pages.glob("*.md") if page.stem != "index")
    assert rooms == sorted(init.parent.name for init in ROOT.glob("seq2seq_tutor/*/__init__.py"))
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    options = config["sphinx"]["config"]["autodoc_default_options"]
    (tmp_path / "conf.py").write_text(
        f"import sys\nsys.path[:0] = [{str(ROOT)!r}, {str(extensions)!r}]\n"
        "extensions = ['sphinx.ext.autodoc', 'myst_parser', 'book_pages']\n"
        f"autodoc_default_options = {options!r}\n",
        encoding="utf-8",
    )
    (tmp_path / "index.rst").write_text(".. toctree::\n   :glob:\n\n   *\n", encoding="utf-8")
    for room in rooms:
        shutil.copy(pages / f"{room}.md", tmp_path)
    program = [sys.executable, "-c", BUILD, *rooms]
    build = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert build.returncode == 0, build.stderr
    public, missing = json.loads(build.stdout.splitlines()[-1])
    assert "seq2seq_tutor.text.PAD" in public
    assert missing == []


def text_files() -> list[Path]:
    """List the files that are or would be committed and hold text."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    files = [ROOT / name for name in names if name and (ROOT / name).is_file()]
    return [file for file in files if b"\0" not in file.read_bytes()[:8000]]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs the repository")
def test_the_address_stands_once_and_is_the_same_in_every_set_up_cell():
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    address = ADDRESS.search(config["repository"]["url"]).group()
    for file in text_files():
        found = ADDRESS.findall(file.read_text(encoding="utf-8"))
        if not found:
            continue
        name = file.relative_to(ROOT).as_posix()
        assert set(found) == {address}, name
        if file.suffix == ".ipynb":  # in the set-up cell alone
            cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
            first = "".join(next(c for c in cells if c["cell_type"] == "code")["source"])
            assert found == ADDRESS.findall(first), name
        else:
            assert name == "_config.yml"
