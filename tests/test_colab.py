"""An install in Google Colab changes nothing that is there and adds only a few small packages.

pip would replace Colab's torch, and with it gigabytes, if this package asked for a newer one. What
pip would do is worked out here without a network: from the requirements in pyproject.toml, the list
of what Colab has, and the metadata of the installed copies of what Colab lacks.
"""

import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PYTHON = "3.13.15"
MACHINE = {
    "extra": "",
    "implementation_name": "cpython",
    "implementation_version": PYTHON,
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "",
    "platform_system": "Linux",
    "platform_version": "",
    "python_full_version": PYTHON,
    "python_version": "3.13",
    "sys_platform": "linux",
}
ADDED = {"colorama", "hsk-sentences-audio", "opencc", "portalocker", "sacrebleu"}
LIMIT = 16_000_000  # bytes, most of them the sentences of hsk-sentences-audio and OpenCC's tables


@pytest.fixture(scope="module")
def colab():
    """Return the version of everything that Colab has, by name."""
    lines = (ROOT / "tests" / "colab_versions.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pins}


def installed_copy(name):
    """Return what the installed copy of a package asks for, Python first."""
    package = metadata.metadata(name)
    return package["Requires-Python"] or "", metadata.requires(name) or []


def plan(requirements, colab, about=installed_copy):
    """Work out what an install does: the packages it adds, and what it can't leave as it is."""
    added, clashes = set(), []
    todo = [("seq2seq-tutor", text) for text in requirements]
    while todo:
        asker, text = todo.pop()
        wanted = Requirement(text)
        name = canonicalize_name(wanted.name)
        if wanted.marker is not None and not wanted.marker.evaluate(MACHINE):
            continue
        if wanted.url or wanted.extras:
            clashes.append(f"{asker} wants {text}, which this test can't judge")
        elif name in colab:
            if not wanted.specifier.contains(colab[name], prereleases=True):
                clashes.append(f"{asker} wants {text}, Colab has {colab[name]}")
        elif name not in added:
            added.add(name)
            python, more = about(name)
            if not SpecifierSet(python).contains(PYTHON):
                clashes.append(f"{name} wants Python {python}, Colab has {PYTHON}")
            todo += [(name, text) for text in more]
    return added, clashes


def test_an_install_changes_nothing_and_adds_little(colab):
    assert len(colab) > 600
    assert plan(PROJECT["dependencies"], colab) == (ADDED, [])
    assert SpecifierSet(PROJECT["requires-python"]).contains(PYTHON)


def test_what_is_added_is_small():
    sizes = {
        name: sum(path.locate().stat().st_size for path in metadata.files(name)) for name in ADDED
    }
    assert all(sizes.values())
    assert sum(sizes.values()) < LIMIT, sizes


@pytest.mark.parametrize(
    ("requirement", "said"),
    [
        ("torch>=2.12", r"seq2seq-tutor wants torch>=2.12, Colab has 2.11.0+cu128"),
        ("torch==2.13.0", "Colab has 2.11.0+cu128"),
        ("numpy<2", "Colab has 2.1.3"),
        ("sacrebleu[ja]", "can't judge"),
        ("a-b @ https://example.org/a.whl", "can't judge"),
    ],
)
def test_what_would_change_colab_is_seen(colab, requirement, said):
    [clash] = plan([*PROJECT["dependencies"], requirement], colab)[1]
    assert said in clash


@pytest.mark.parametrize(
    ("needs", "python", "expected"),
    [
        (["torch>=2.2"], ">=3.10", []),
        (["torch>=2.12"], ">=3.10", ["new wants torch>=2.12, Colab has 2.11.0+cu128"]),
        (["torch>=2.12; sys_platform == 'win32'", "torch>=9; extra == 'all'"], "", []),
        ([], "<3.13", ["new wants Python <3.13, Colab has 3.13.15"]),
    ],
)
def test_what_a_new_package_brings_along_counts(colab, needs, python, expected):
    assert plan(["New"], colab, about=lambda _: (python, needs)) == ({"new"}, expected)
