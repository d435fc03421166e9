"""One answer from the network: over https alone, within a time and a size.

What requests doesn't do is here: a deadline for the whole, and redirects that stay on https.
"""

import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING
from urllib.parse import urljoin

if TYPE_CHECKING:
    import requests

# manythings.org refuses what doesn't look like a browser. Plain bytes, so that they can be counted.
_HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) seq2seq-tutor",
    "Accept-Encoding": "identity",
}
_SILENCE = 20.0  # seconds that a server may say nothing
_MAX_REDIRECTS = 5


def get(url: str, *, limit: int, seconds: float, local: bool = False) -> bytes:
    """Return what an https address answers: at most ``limit`` bytes, within ``seconds``.

    ``local`` allows http on this machine too, for tests.

    OSError says what went wrong: no connection, silence, a status other than 200, a redirect away
    from https, an HTML page where a file should be, or too little, too much or too slow.

    >>> from seq2seq_tutor.data.network import get
    >>> get("http://example.org/file", limit=1000, seconds=5)
    Traceback (most recent call last):
    OSError: refused http://example.org/file: only https is allowed
    """
    stop_at = time.monotonic() + seconds
    answer: Future[bytes] = Future()

    def read() -> None:
        try:
            answer.set_result(_read(url, limit, stop_at, local))
        except BaseException as error:  # noqa: BLE001 - raised again where the answer is awaited
            answer.set_exception(error)

    # A timeout of requests counts anew with every byte; only another thread sees to the whole.
    threading.Thread(target=read, daemon=True).start()
    try:
        return answer.result(timeout=seconds)
    except FutureTimeoutError:
        raise TimeoutError(f"not finished after {seconds:g} seconds") from None


def _read(url: str, limit: int, stop_at: float, local: bool) -> bytes:
    """Follow redirects to an answer and read it."""
    import requests

    with requests.Session() as session:
        for _ in range(_MAX_REDIRECTS + 1):
            if not url.startswith(("https://", "http://127.0.0.1:") if local else "https://"):
                raise OSError(f"refused {url}: only https is allowed")
            with session.get(
                url, headers=_HEADERS, timeout=_SILENCE, stream=True, allow_redirects=False
            ) as response:
                if not response.is_redirect:
                    return _body(response, limit, stop_at)
                url = urljoin(url, response.headers["location"])
    raise OSError(f"more than {_MAX_REDIRECTS} redirects, the last to {url}")


def _body(response: "requests.Response", limit: int, stop_at: float) -> bytes:
    """Read the body of an answer, as long as it can still be the file."""
    announced = int(response.headers.get("content-length", 0))
    body = bytearray()
    for chunk in response.iter_content(8192):
        body += chunk
        if time.monotonic() > stop_at:
            raise TimeoutError(f"not finished in time, after {len(body)} bytes")
        if len(body) > limit or response.status_code != 200:
            break
    beginning = f"it begins with {bytes(body[:60])!r}"
    if response.status_code != 200:
        raise OSError(f"the server answered {response.status_code} {response.reason}; {beginning}")
    if body[:200].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise OSError(f"the server answered with a page and not with the file; {beginning}")
    if len(body) > limit:
        raise OSError(f"the answer is larger than {limit} bytes; {beginning}")
    if len(body) < announced and "content-encoding" not in response.headers:
        raise OSError(f"the answer broke off after {len(body)} of {announced} bytes")
    return bytes(body)
