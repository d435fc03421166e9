"""Loaders that run once: one value for all threads, and warnings as they were."""

import subprocess
import sys
from pathlib import Path
from threading import Barrier, Thread

from seq2seq_tutor.text.loading import once

HERE = str(Path(__file__).parent)
THREADS = 4


def from_threads(load):
    """Call a loader from several threads that start at the same time."""
    found, start = [], Barrier(THREADS)

    def ask():
        start.wait(timeout=30)
        found.append(load())

    threads = [Thread(target=ask, daemon=True) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return found


def test_threads_that_ask_together_get_one_value():
    calls = []

    @once
    def load():
        """Load."""
        calls.append(None)
        sum(range(1_000_000))  # long enough for the other threads to come meanwhile
        return object()

    found = from_threads(load)
    assert len(found) == THREADS
    assert len(set(map(id, found))) == len(calls) == 1
    assert load() is found[0]
    assert load.__doc__ == "Load."


def test_what_fails_is_tried_again():
    answers = iter([ValueError("no file"), "loaded"])

    @once
    def load():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    try:
        load()
    except ValueError:
        assert load() == "loaded"
    assert next(answers, None) is None


def test_the_loaders_of_this_package_load_once_and_leave_the_warnings_alone():
    code = (
        "import warnings; from test_loading import from_threads\n"
        "from seq2seq_tutor.text import jieba_dictionary, jieba_hmm, scripts, tokenizers\n"
        "before = list(warnings.filters)\n"
        "for load in (tokenizers._jieba, jieba_dictionary, jieba_hmm, scripts._opencc):\n"
        "    found = from_threads(load)\n"
        "    print(len(found), len(set(map(id, found))))\n"
        "print(list(warnings.filters) == before)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"import sys; sys.path.insert(0, {HERE!r})\n{code}"],
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )
    assert (done.stdout, done.stderr) == (f"{THREADS} 1\n" * 4 + "True\n", "")
