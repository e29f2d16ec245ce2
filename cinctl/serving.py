"""One page, served on loopback to whoever knows its address, and to nobody else.

Everybody on a shared machine can connect to 127.0.0.1, and so can any page in a browser on it. So the address holds a
random token, and who does not know it learns nothing but that something answers there. One thread does it all: no
client waits for another, however slow that one is.
"""

from __future__ import annotations

import re
import secrets
import selectors
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from hmac import compare_digest
from time import monotonic
from typing import NamedTuple

from cinctl.errors import SystemRefusedError

__all__ = ["Limits", "Page", "Server"]

LOOPBACK = "127.0.0.1"
_REASONS = {
    200: "OK", 308: "Permanent Redirect", 400: "Bad Request", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 421: "Misdirected Request", 431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}  # fmt: skip
_REQUEST = re.compile(rb"([A-Z]{1,20}) (/[!-~]*) HTTP/1\.[01]")
_HEADER = re.compile(rb"([-!#$%&'*+.^_`|~0-9A-Za-z]+):[ \t]*([\t -~\x80-\xff]*)")
_END = b"\r\n\r\n"
_GUARDS = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
_AGAIN = "5"
"""In how many seconds a browser asks again by itself where there is no page just now."""
_NOTHING = "default-src 'none'; frame-ancestors 'none'"
# Windows lets no signal end a wait for sockets.
_LONGEST_WAIT = 0.5 if sys.platform == "win32" else None


class Page(NamedTuple):
    """What is served: a page, the content policy that it keeps to, and a *mark* that changes whenever it does."""

    body: bytes
    policy: str
    mark: str
    status: int = 200


class Limits(NamedTuple):
    """How much a client may ask for: bytes of a request, how many connections at once, seconds for each part of one."""

    request: int = 8192
    connections: int = 64
    reading: float = 5.0
    writing: float = 30.0
    closing: float = 1.0


class _Client:
    """One connection: what came of the request, and what of the reply is still to go."""

    def __init__(self, link: socket.socket, until: float) -> None:
        self.link, self.until = link, until
        self.come = bytearray()
        self.going: list[memoryview] = []
        self.wants: _Request | None = None
        self.waits_for_page = False
        self.done = False


class _Request(NamedTuple):
    method: str
    path: str
    headers: Sequence[tuple[str, str]]

    def all(self, name: str) -> list[str]:
        """Return every value that is given for the header *name*."""
        return [value for key, value in self.headers if key == name]


class Server:
    """Serves what *page* returns: a page, or in how many seconds to ask it again.

    *page* is asked for each request of one who knows the token, one at a time. The server listens from the start.

    Raises:
        SystemRefusedError: the port cannot be had.
    """

    def __init__(self, page: Callable[[], Page | float], *, port: int = 0, limits: Limits | None = None) -> None:
        self._page, self._limits = page, limits or Limits()
        self._token = secrets.token_urlsafe(32)
        self._listening = _listen(port)
        self.port: int = self._listening.getsockname()[1]
        self._hosts = {f"{LOOPBACK}:{self.port}", f"localhost:{self.port}"}
        if self.port == 80:
            self._hosts |= {LOOPBACK, "localhost"}
        self._clients: dict[int, _Client] = {}
        self._ask_at = 0.0
        self._ears, self._mouth = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._selector.register(self._ears, selectors.EVENT_READ)
        self._stopped = False

    @property
    def address(self) -> str:
        """Where the page is. Whoever knows it can read the page."""
        return f"http://{LOOPBACK}:{self.port}/{self._token}/"

    def stop(self) -> None:
        """Let `run` return. Any thread may say so."""
        with suppress(OSError):
            self._mouth.send(b"x")

    def run(self) -> None:
        """Answer until `stop` or a signal; then every connection is closed."""
        try:
            while not self._stopped:
                self._turn()
        finally:
            self.close()

    def close(self) -> None:
        """Close every connection, and listen no more."""
        self._selector.close()
        for link in (self._listening, self._ears, self._mouth, *(client.link for client in self._clients.values())):
            link.close()
        self._clients.clear()

    def _turn(self) -> None:
        for key, _ in self._selector.select(self._until_next()):
            if key.fileobj is self._listening:
                self._accept()
            elif key.fileobj is self._ears:
                self._stopped = True
            elif isinstance(key.data, _Client):
                self._go_on(key.data)
        now = monotonic()
        if now >= self._ask_at:
            for client in [client for client in self._clients.values() if client.waits_for_page]:
                self._serve(client)
        for client in [client for client in self._clients.values() if now >= client.until]:
            self._drop(client)

    def _until_next(self) -> float | None:
        """Return for how many seconds there may be nothing to do; None where only a client can say."""
        times = [client.until for client in self._clients.values() if not client.waits_for_page]
        if any(client.waits_for_page for client in self._clients.values()):
            times.append(self._ask_at)
        waits = [max(0.0, at - monotonic()) for at in times] + ([] if _LONGEST_WAIT is None else [_LONGEST_WAIT])
        return min(waits, default=None)

    # Connections

    def _accept(self) -> None:
        try:
            link, _ = self._listening.accept()
        except (BlockingIOError, ConnectionError, InterruptedError):
            return  # it went away again
        except OSError:
            # There are no descriptors left: then there will be one.
            self._give_up_one()
            return
        if len(self._clients) >= self._limits.connections:
            self._give_up_one()
        link.setblocking(False)
        client = self._clients[link.fileno()] = _Client(link, monotonic() + self._limits.reading)
        self._selector.register(link, selectors.EVENT_READ, client)

    def _give_up_one(self) -> None:
        """Drop the oldest connection that has not asked for anything yet: whoever holds many keeps nobody out."""
        if self._clients:
            self._drop(min(self._clients.values(), key=lambda client: (client.wants is not None, client.until)))

    def _drop(self, client: _Client) -> None:
        if self._clients.pop(client.link.fileno(), None) is not None:
            with suppress(KeyError):
                self._selector.unregister(client.link)
            client.link.close()

    def _go_on(self, client: _Client) -> None:
        try:
            if client.going:
                self._write(client)
            elif not client.waits_for_page:
                self._read(client)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._drop(client)

    def _read(self, client: _Client) -> None:
        come = client.link.recv(65536)
        if not come:
            self._drop(client)
        elif not client.done:
            client.come += come
            self._take(client)

    def _take(self, client: _Client) -> None:
        """Answer a request that is there as a whole, or is too long."""
        end = client.come.find(_END)
        if (end < 0 and len(client.come) > self._limits.request) or end > self._limits.request:
            self._reply(client, _bare(431))
        elif end >= 0:
            client.wants = _parsed(bytes(client.come[:end]))
            self._serve(client)

    def _serve(self, client: _Client) -> None:
        reply = self._reply_to(client.wants)
        client.waits_for_page = reply is None
        if reply is None:
            client.until = float("inf")
            with suppress(KeyError):
                self._selector.unregister(client.link)
        else:
            self._reply(client, reply)

    def _reply(self, client: _Client, reply: _Reply) -> None:
        with_body = client.wants is None or client.wants.method != "HEAD"
        client.going = [memoryview(piece) for piece in reply.pieces(with_body) if piece]
        client.done, client.until = True, monotonic() + self._limits.writing
        client.come.clear()
        with suppress(KeyError):
            self._selector.unregister(client.link)
        self._selector.register(client.link, selectors.EVENT_WRITE, client)
        self._go_on(client)

    def _write(self, client: _Client) -> None:
        while client.going:
            sent = client.link.send(client.going[0])
            client.going[0] = client.going[0][sent:]
            if not client.going[0]:
                del client.going[0]
        # To close at once would take away what the client has not read yet, if it goes on sending.
        client.link.shutdown(socket.SHUT_WR)
        client.until = monotonic() + self._limits.closing
        self._selector.modify(client.link, selectors.EVENT_READ, client)

    # Requests

    def _reply_to(self, request: _Request | None) -> _Reply | None:
        """Return what to answer; None where the page is to be asked for later."""
        if request is None:
            return _bare(400)
        token, slash, rest = request.path[1:].partition("/")
        if not compare_digest(token.encode("latin-1"), self._token.encode()):
            return _bare(404)
        if (refused := self._refused(request)) is not None:
            return refused
        if not slash:
            return _Reply(308, b"", "text/plain", (("Location", f"/{self._token}/"),))
        if rest not in ("", "head"):
            return _told(404, "There is nothing at this address.")
        page = self._asked_for_page()
        if not isinstance(page, Page):
            self._ask_at = monotonic() + page
            return None
        more = (("Retry-After", _AGAIN), ("Refresh", _AGAIN)) if page.status != 200 else ()
        if rest == "head":
            return _Reply(page.status, f"{page.mark}\n".encode(), "text/plain", more)
        return _Reply(page.status, page.body, "text/html", more, page.policy)

    def _asked_for_page(self) -> Page | float:
        """Return what is served. The time that it takes to make is taken from no client."""
        begun = monotonic()
        page = self._page()
        for client in self._clients.values():
            client.until += monotonic() - begun
        return page

    def _refused(self, request: _Request) -> _Reply | None:
        """Return what to answer somebody who knows the token and asks in a way that the page itself never does."""
        hosts = request.all("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return _told(421, "This is not the address under which the page is served.")
        # A browser says so when another page is behind the request.
        if request.all("origin") or not {"none", "same-origin"}.issuperset(request.all("sec-fetch-site")):
            return _told(403, "Another page asked for this one. Put its address into the address bar by hand.")
        if request.all("transfer-encoding") or set(request.all("content-length")) - {"0"}:
            return _bare(400)
        if request.method not in ("GET", "HEAD"):
            return _Reply(405, b"", "text/plain", (("Allow", "GET, HEAD"),))
        return None


class _Reply(NamedTuple):
    status: int
    body: bytes
    type: str = ""
    more: Sequence[tuple[str, str]] = ()
    policy: str = _NOTHING

    def pieces(self, with_body: bool) -> Iterator[bytes]:
        """Yield the head, and unless only that is wanted the body. What has no type tells nothing at all."""
        headers = [("Content-Length", str(len(self.body))), ("Connection", "close"), *self.more]
        if self.type:
            headers += [("Content-Type", f"{self.type}; charset=utf-8"), *_GUARDS]
            headers += [("Content-Security-Policy", self.policy)]
        lines = [f"HTTP/1.1 {self.status} {_REASONS[self.status]}", *(f"{name}: {value}" for name, value in headers)]
        yield "\r\n".join([*lines, "", ""]).encode("latin-1")
        if with_body:
            yield self.body


def _bare(status: int) -> _Reply:
    return _Reply(status, b"")


def _told(status: int, text: str) -> _Reply:
    return _Reply(status, f"{text}\n".encode(), "text/plain")


def _parsed(head: bytes) -> _Request | None:
    """Return the request whose lines *head* holds; None where it is none that a browser would send."""
    first, *rest = head.split(b"\r\n")
    line = _REQUEST.fullmatch(first)
    if line is None:
        return None
    headers = []
    for given in rest:
        found = _HEADER.fullmatch(given)
        if found is None:
            return None
        headers.append((found[1].decode("ascii").lower(), found[2].strip(b" \t").decode("latin-1")))
    return _Request(line[1].decode("ascii"), line[2].decode("ascii").partition("?")[0], headers)


def _listen(port: int) -> socket.socket:
    link = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            # Else somebody else could listen at the same port.
            link.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        link.bind((LOOPBACK, port))
        link.listen(64)
        link.setblocking(False)
    except OSError as fault:
        link.close()
        reason = fault.strerror or type(fault).__name__
        raise SystemRefusedError(
            f"port {port} of {LOOPBACK}: {reason}; name another with --port, or none for any that is free"
        ) from None
    return link
