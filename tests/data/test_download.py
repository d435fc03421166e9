"""Downloads against a real server on this machine: whole and checked, or an error that says why."""

import errno
import hashlib
import http.server
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from seq2seq_tutor.data import DATASETS, DownloadError, FileStatus, fetch, network, verify
from seq2seq_tutor.data import download as download_module
from seq2seq_tutor.data.catalogue import DataFile, DataSet, Source
from seq2seq_tutor.data.download import cache_folder, contents, download

CONTENT = b"a line of the file\n" * 5000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PAGE = b"<!DOCTYPE html>\n<html><body>Please log in</body></html>"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by path; counts what it was asked for; slow answers end when ``server.go`` is set."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.asked.append((self.path, self.headers["User-Agent"]))
        getattr(self, "answer_" + self.path.strip("/").split("/")[0])()

    def answer(self, body, status=200, length=None, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def answer_file(self):
        self.answer(CONTENT)

    def answer_missing(self):
        self.answer(b"no such thing", status=404)

    def answer_page(self):
        self.answer(PAGE)

    def answer_truncated(self):
        self.answer(CONTENT[:70_000], length=len(CONTENT))

    def answer_wrong(self):
        self.answer(CONTENT[:-1] + b"!")

    def answer_oversize(self):
        self.answer(CONTENT * 2)

    def answer_endless(self):
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(bytes(8192))
        except OSError:
            self.server.hung_up.set()

    def answer_redirect(self):
        self.answer(b"", status=302, Location="/file")

    def answer_loop(self):
        self.answer(b"", status=302, Location="/loop")

    def answer_away(self):
        self.answer(b"", status=302, Location="http://example.org/file")

    def answer_hanging(self):
        self.server.go.wait(20)

    def answer_trickle(self):
        self.trickle(CONTENT)

    def answer_headers(self):
        self.trickle(b"HTTP/1.0 200 OK\r\nX-Slow: " + b"x" * 1000)

    def trickle(self, content):
        """Send a byte every 20 ms: no single wait is long, the whole would take half an hour."""
        if content is CONTENT:
            self.send_response(200)
            self.end_headers()
        try:
            for i in range(len(content)):
                if self.server.go.wait(0.02):
                    return
                self.wfile.write(content[i : i + 1])
        except OSError:
            pass

    def answer_slow(self):
        """Half the file, then nothing until ``go``, then the other half."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:40_000])
        self.server.go.wait(20)
        with suppress(OSError):
            self.wfile.write(CONTENT[40_000:])


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.asked, server.go, server.hung_up = [], threading.Event(), threading.Event()
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.go.set()
        server.shutdown()
        thread.join()


def data_file(*urls):
    return DataFile("file.txt", len(CONTENT), SHA256, tuple(Source(url, SHA256) for url in urls))


def what_is_in(folder):
    """List what is in a folder but for the lock, which stays."""
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def bring(server, path, folder, **options):
    return download(data_file(server.url + path), folder, local=True, **options)


# what comes


def test_a_file_arrives_whole_and_nothing_else(server, tmp_path, capfd):
    assert bring(server, "/file", tmp_path / "set") == CONTENT
    assert what_is_in(tmp_path / "set") == ["file.txt"]
    assert (tmp_path / "set" / "file.txt").read_bytes() == CONTENT
    assert capfd.readouterr() == ("", "")
    [(_, agent)] = server.asked
    assert agent.startswith("Mozilla/5.0")


def test_the_cache_is_its_owners_and_a_shared_folder_is_not(server, tmp_path):
    umask = os.umask(0o022)
    try:
        bring(server, "/file", tmp_path / "cache" / "set")
        bring(server, "/file", tmp_path / "shared" / "set", mode=0o777)
    finally:
        os.umask(umask)
    modes = {
        str(path.relative_to(tmp_path)): path.stat().st_mode & 0o777
        for path in tmp_path.rglob("*")
        if path.name != ".lock"
    }
    assert modes == {
        "cache": 0o700,
        "cache/set": 0o700,
        "cache/set/file.txt": 0o644,
        "shared": 0o755,
        "shared/set": 0o755,
        "shared/set/file.txt": 0o644,
    }


def test_pooch_is_quiet_here_and_as_loud_as_before_elsewhere(server, tmp_path):
    import pooch

    before = pooch.get_logger().level
    bring(server, "/file", tmp_path)
    assert pooch.get_logger().level == before


def test_a_redirect_is_followed(server, tmp_path):
    assert bring(server, "/redirect", tmp_path) == CONTENT


def test_a_whole_file_is_not_asked_for_again(server, tmp_path):
    for _ in range(2):
        assert bring(server, "/file", tmp_path) == CONTENT
    assert len(server.asked) == 1


@pytest.mark.parametrize("damage", [b"", CONTENT[:100], CONTENT + b"x"])
def test_a_damaged_file_is_replaced(server, tmp_path, damage):
    (tmp_path / "file.txt").write_bytes(damage)
    assert bring(server, "/file", tmp_path) == CONTENT
    assert (tmp_path / "file.txt").read_bytes() == CONTENT


def test_the_next_source_is_tried(server, tmp_path):
    file = data_file(server.url + "/missing", server.url + "/wrong", server.url + "/file")
    assert download(file, tmp_path, local=True) == CONTENT
    assert [path for path, _ in server.asked] == ["/missing", "/wrong", "/file"]


def test_a_file_that_is_rebuilt_is_known_by_what_it_holds(server, tmp_path, monkeypatch):
    def public_split(content):
        if content != CONTENT:
            raise ValueError("lacks pairs")

    monkeypatch.setattr(download_module, "public_split", public_split)
    rebuilt, pinned = Source(server.url + "/wrong", None), Source(server.url + "/file", SHA256)
    file = DataFile("file.txt", 10**6, None, (rebuilt, pinned))
    assert download(file, tmp_path, local=True) == CONTENT
    (tmp_path / "file.txt").unlink()
    changed = Source(server.url + "/file", SHA256[::-1])
    file = DataFile("file.txt", 10**6, None, (rebuilt, changed))
    with pytest.raises(DownloadError, match=f"/wrong: lacks pairs\n.*{SHA256[::-1]}"):
        download(file, tmp_path, local=True)
    assert what_is_in(tmp_path) == []


# what doesn't

FAILURES = {
    "/missing": "404 Not Found; it begins with b'no such thing'",
    "/page": "a page and not .* begins with b'<!DOCTYPE html>",
    "/truncated": r"70000 bytes read, 25000 more expected|broke off after 70000 of 95000 bytes",
    "/wrong": f"its sha256 is [0-9a-f]{{64}}, expected {SHA256}",
    "/oversize": "larger than 95000 bytes",
    "/endless": "larger than 95000 bytes",
    "/loop": "more than 5 redirects",
    "/away": "refused http://example.org/file: only https is allowed",
}


@pytest.mark.parametrize(("path", "said"), FAILURES.items())
def test_a_failure_is_explained_and_leaves_nothing(server, tmp_path, path, said):
    with pytest.raises(DownloadError, match=said) as error:
        bring(server, path, tmp_path / "set")
    message = str(error.value)
    assert server.url + path in message
    assert f"{tmp_path / 'set' / 'file.txt'} (sha256 {SHA256})" in message
    assert "SEQ2SEQ_TUTOR_DATA to a folder that holds set/file.txt" in message
    assert "`seq2seq-tutor data get set --to FOLDER`" in message
    assert what_is_in(tmp_path / "set") == []


def test_an_endless_answer_is_cut_off(server, tmp_path):
    with pytest.raises(DownloadError):
        bring(server, "/endless", tmp_path)
    assert server.hung_up.wait(10)


def test_a_failure_leaves_the_old_file(server, tmp_path):
    (tmp_path / "file.txt").write_bytes(b"old")
    with pytest.raises(DownloadError):
        bring(server, "/wrong", tmp_path)
    assert (tmp_path / "file.txt").read_bytes() == b"old"


@pytest.mark.parametrize("path", ["/hanging", "/trickle", "/headers"])
def test_a_slow_server_is_given_up(server, tmp_path, path):
    start = time.monotonic()
    with pytest.raises(DownloadError, match="not finished"):
        bring(server, path, tmp_path, seconds=0.5)
    assert time.monotonic() - start < 5
    assert what_is_in(tmp_path) == []


def test_a_silent_server_is_given_up(server, monkeypatch):
    monkeypatch.setattr(network, "_SILENCE", 0.2)
    with pytest.raises(OSError, match=r"Read timed out|timed out"):
        network.get(server.url + "/hanging", limit=10, seconds=10, local=True)


def test_nobody_listens(tmp_path):
    with pytest.raises(DownloadError, match="Connection refused|actively refused|Max retries"):
        download(data_file("http://127.0.0.1:9/file"), tmp_path, local=True)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "file:///etc/hostname", "ftp://a.org/b"])
def test_only_https_is_asked(url):
    with pytest.raises(OSError, match="only https is allowed"):
        network.get(url, limit=10, seconds=5)


# folders: tests may run as root, whom no permission stops, so what stands in the way is real


def test_a_file_where_the_folder_should_be(server, tmp_path):
    (tmp_path / "cache").write_bytes(b"")
    with pytest.raises(DownloadError, match=r"--to FOLDER") as error:
        bring(server, "/file", tmp_path / "cache" / "set")
    assert "exists" in str(error.value) or "Not a directory" in str(error.value)
    assert server.asked == []


def test_no_write_permission(server, tmp_path, monkeypatch):
    def refuse(**options):
        raise PermissionError(errno.EACCES, "Permission denied", str(options["dir"]))

    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    with pytest.raises(DownloadError, match="Permission denied"):
        bring(server, "/file", tmp_path)
    assert what_is_in(tmp_path) == []


def test_a_full_disk(server, tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "file.txt").write_bytes(b"old")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DownloadError, match="No space left"):
        bring(server, "/file", tmp_path)
    assert what_is_in(tmp_path) == ["file.txt"]
    assert (tmp_path / "file.txt").read_bytes() == b"old"


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX")
def test_a_disk_that_takes_a_part(server, tmp_path):
    done = run_download(
        server, "/file", tmp_path, "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))"
    )
    out = done.communicate(timeout=60)[0]
    assert "File too large" in out
    assert what_is_in(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="HOME is POSIX")
def test_without_a_home_the_error_says_what_to_set(monkeypatch):
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: "~/.cache/seq2seq-tutor")
    with pytest.raises(DownloadError, match="set SEQ2SEQ_TUTOR_DATA .* --to FOLDER"):
        cache_folder()


# processes


def run_download(server, path, folder, before=""):
    """Start a process that downloads; it says when it begins, and how that ended."""
    program = f"""
        import os, resource, sys
        from pathlib import Path
        {before}
        from seq2seq_tutor.data.catalogue import DataFile, Source
        from seq2seq_tutor.data.download import download
        source = Source({server.url + path!r}, {SHA256!r})
        file = DataFile("file.txt", {len(CONTENT)}, {SHA256!r}, (source,))
        print("begins", flush=True)
        try:
            print(len(download(file, Path({str(folder)!r}), local=True)))
        except OSError as error:
            print(error)
        """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True
    )


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@contextmanager
def stopped_at_the_end(process):
    with process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_what_a_killed_process_leaves_is_removed(server, tmp_path):
    with stopped_at_the_end(run_download(server, "/slow", tmp_path)) as process:
        wait_for(lambda: list(tmp_path.glob(".partial/*")))
        process.send_signal(signal.SIGKILL)
        process.wait(60)
    assert what_is_in(tmp_path) == [".partial"]
    assert bring(server, "/file", tmp_path) == CONTENT
    assert what_is_in(tmp_path) == ["file.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="the test's program is POSIX")
def test_two_processes_at_once_both_succeed(server, tmp_path):
    with (
        stopped_at_the_end(run_download(server, "/slow", tmp_path)) as first,
        stopped_at_the_end(run_download(server, "/slow", tmp_path)) as second,
    ):
        assert [process.stdout.readline() for process in (first, second)] == ["begins\n"] * 2
        wait_for(lambda: list(tmp_path.glob(".partial/*")))
        time.sleep(0.5)  # time for the other to do harm, if it did any
        assert len(list(tmp_path.glob(".partial/*"))) == 1
        server.go.set()
        assert [process.communicate(timeout=60)[0] for process in (first, second)] == [
            f"{len(CONTENT)}\n"
        ] * 2
    assert len(server.asked) == 1
    assert what_is_in(tmp_path) == ["file.txt"]


# the places of a data set


@pytest.fixture
def places(server, tmp_path, monkeypatch):
    """Give a data set of one file, an own folder, a cache, and a server that has the file."""
    data_set = DataSet("made", "", "", "", (data_file(server.url + "/file"),))
    monkeypatch.setitem(DATASETS, "made", data_set)
    monkeypatch.setenv("SEQ2SEQ_TUTOR_DATA", str(tmp_path / "own"))
    monkeypatch.setattr(
        "platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "home" / "cache")
    )

    def local_download(file, folder, *, mode=0o700):
        return download(file, folder, mode=mode, local=True)

    monkeypatch.setattr(download_module, "download", local_download)
    return tmp_path


def put(folder, content):
    (folder / "made").mkdir(parents=True)
    (folder / "made" / "file.txt").write_bytes(content)
    return folder / "made" / "file.txt"


def test_the_own_folder_comes_first(places, server):
    own = put(places / "own", CONTENT)
    assert contents("made") == {"file.txt": CONTENT}
    assert fetch("made") == [own]
    assert verify("made") == [FileStatus("file.txt", own, None)]
    assert server.asked == []
    assert not (places / "home").exists()


def test_then_the_cache(places, server):
    kept = put(places / "home" / "cache", CONTENT)
    assert contents("made") == {"file.txt": CONTENT}
    assert fetch("made") == [kept]
    assert verify("made") == [FileStatus("file.txt", kept, None)]
    assert server.asked == []


def test_then_the_network_once(places, server, monkeypatch):
    monkeypatch.delenv("SEQ2SEQ_TUTOR_DATA")
    assert verify("made") == [FileStatus("file.txt", None, "not on this machine")]
    for _ in range(2):
        assert contents("made") == {"file.txt": CONTENT}
    assert len(server.asked) == 1
    kept = places / "home" / "cache" / "made" / "file.txt"
    assert verify("made") == [FileStatus("file.txt", kept, None)]
    assert (places / "home" / "cache").stat().st_mode & 0o777 == 0o700


def test_a_wrong_file_in_the_own_folder_is_an_error_and_stays(places, server):
    own = put(places / "own", b"edited")
    put(places / "home" / "cache", CONTENT)
    found = hashlib.sha256(b"edited").hexdigest()
    said = f"{re.escape(str(own))} .* its sha256 is {found}, expected {SHA256} .* replace or remove"
    for use in (contents, fetch):
        with pytest.raises(ValueError, match=said):
            use("made")
    [(name, path, problem)] = verify("made")
    assert (name, path) == ("file.txt", own)
    assert SHA256 in problem
    assert own.read_bytes() == b"edited"
    assert server.asked == []


def test_a_wrong_file_in_the_cache_is_downloaded_again(places, server):
    kept = put(places / "home" / "cache", b"half")
    assert "expected" in verify("made")[0].problem
    assert contents("made") == {"file.txt": CONTENT}
    assert kept.read_bytes() == CONTENT
    assert len(server.asked) == 1


@pytest.mark.parametrize("where", ["own", "home/cache", None])
def test_fetch_into_a_folder_copies_or_downloads(places, server, where):
    if where is not None:
        put(places / where, CONTENT)
    target = places / "usb" / "made" / "file.txt"
    for _ in range(2):
        assert fetch("made", str(places / "usb")) == [target]
    assert target.read_bytes() == CONTENT
    assert what_is_in(target.parent) == ["file.txt"]
    assert len(server.asked) == (where is None)


def test_fetch_never_replaces_a_file_in_a_chosen_folder(places):
    target = put(places / "usb", b"mine")
    with pytest.raises(ValueError, match="is not the file it should be"):
        fetch("made", places / "usb")
    assert target.read_bytes() == b"mine"


def test_fetch_into_a_folder_needs_no_home(places, monkeypatch):
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: "~/.cache/seq2seq-tutor")
    assert fetch("made", places / "usb") == [places / "usb" / "made" / "file.txt"]
    with pytest.raises(DownloadError, match="no home folder"):
        fetch("made")


def test_fetch_into_a_file_is_an_error(places):
    put(places / "own", CONTENT)
    (places / "usb").write_bytes(b"")
    with pytest.raises(DownloadError, match="could not be copied to"):
        fetch("made", places / "usb")


@pytest.mark.parametrize("use", [fetch, verify])
def test_an_unknown_name_is_answered_with_the_names(use):
    with pytest.raises(ValueError, match=r"one of hsk, tatoeba-zh-en, .*; got 'nothing'"):
        use("nothing")
