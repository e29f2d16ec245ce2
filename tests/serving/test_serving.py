"""The server behind a page: who gets the page, who gets nothing, and that nobody waits for a slow client."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from cinctl.errors import SystemRefusedError
from cinctl.serving import Limits, Page, Server

PATIENCE = 60.0
BODY = b"<!doctype html><title>a page</title>"
POLICY = "default-src 'none'; frame-ancestors 'none'"
PAGE = Page(BODY, POLICY, "mark-1")


class Reply(NamedTuple):
    """What came back: the status, the headers by their names in lower case, the body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Site:
    """A server that runs, and the ways to ask it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        split = urlsplit(server.address)
        self.path, self.host = split.path, split.netloc
        self.token = self.path.strip("/")

    def link(self) -> socket.socket:
        """Return a connection to it."""
        return socket.create_connection(("127.0.0.1", self.server.port), PATIENCE)

    def raw(self, sent: bytes) -> bytes:
        """Return all that is answered to the bytes *sent*."""
        with self.link() as link:
            link.sendall(sent)
            return _rest(link)

    def ask(self, path: str | None = None, *headers: str, method: str = "GET", host: str | None = None) -> Reply:
        """Return the answer to a request for *path*, with *headers* beside the right Host."""
        lines = [f"{method} {self.path if path is None else path} HTTP/1.1", f"Host: {host or self.host}", *headers]
        return _reply(self.raw("\r\n".join([*lines, "", ""]).encode("latin-1")))


def _rest(link: socket.socket) -> bytes:
    found = bytearray()
    while piece := link.recv(65536):
        found += piece
    return bytes(found)


def _reply(raw: bytes) -> Reply:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return Reply(int(first.split()[1]), {name.lower(): value for name, value in headers.items()}, body)


@contextmanager
def running(page: Callable[[], Page | float], limits: Limits | None = None) -> Iterator[Site]:
    """Run a server that serves *page* in a thread of its own."""
    server = Server(page, limits=limits)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield Site(server)
    finally:
        server.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.fixture(name="site")
def _site() -> Iterator[Site]:
    """A server of one page that never changes."""
    with running(lambda: PAGE) as site:
        yield site


def test_who_knows_the_address_gets_the_page(site: Site) -> None:
    """The page as it is, under the right type and its own policy."""
    reply = site.ask()

    assert (200, BODY) == (reply.status, reply.body)
    assert ("text/html; charset=utf-8", str(len(BODY))) == (
        reply.headers["content-type"],
        reply.headers["content-length"],
    )
    assert POLICY == reply.headers["content-security-policy"]


def test_localhost_is_the_same(site: Site) -> None:
    """The page is had under the name localhost too."""
    assert 200 == site.ask(host=f"LOCALHOST:{site.server.port}").status


def test_a_query_changes_nothing(site: Site) -> None:
    """What stands after a question mark is for the page itself."""
    assert BODY == site.ask(f"{site.path}?unit=A").body


def test_the_head_alone_has_no_body(site: Site) -> None:
    """HEAD is answered as GET is, without the body."""
    reply = site.ask(method="HEAD")

    assert (200, b"", str(len(BODY))) == (reply.status, reply.body, reply.headers["content-length"])


def test_the_mark_tells_whether_it_changed(site: Site) -> None:
    """A page asks `head`, beside it, whether there is a newer one."""
    reply = site.ask(f"{site.path}head")

    assert (200, b"mark-1\n", "no-store") == (reply.status, reply.body, reply.headers["cache-control"])


def test_an_address_without_its_last_slash_leads_on(site: Site) -> None:
    """The slash that was lost in copying the address comes back, so that the page finds what stands beside it."""
    reply = site.ask(f"/{site.token}")

    assert (308, site.path) == (reply.status, reply.headers["location"])


@pytest.mark.parametrize("path", [None, "head", "nothing"])
def test_what_is_answered_is_kept_nowhere_and_shown_nowhere_else(site: Site, path: str | None) -> None:
    """No cache keeps it, no other page frames or reads it, nobody learns its address from it, nobody guesses types."""
    headers = site.ask(path and site.path + path).headers

    assert {
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }.items() <= headers.items()
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers


def _other(token: str) -> str:
    return ("A" if token[0] != "A" else "B") + token[1:]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/head",
        "/favicon.ico",
        "//",
        "/{wrong}/",
        "/{prefix}/",
        "/{token}x/",
        "/x/{token}/",
        "/%2e%2e/{token}/",
        "/{wrong}/../{token}/",
        "/{wrong}/../../../etc/passwd",
        "/?{token}",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("host", [None, "evil.example"])
def test_without_the_token_there_is_nothing(site: Site, path: str, method: str, host: str | None) -> None:
    """Whatever is asked without the token, and however, the answer is the same and tells nothing."""
    asked = path.format(token=site.token, prefix=site.token[:-1], wrong=_other(site.token))
    reply = site.ask(asked, method=method, host=host)

    assert Reply(404, {"content-length": "0", "connection": "close"}, b"") == reply


def test_every_server_has_a_token_of_its_own() -> None:
    """The token is long, random, and never the same again."""
    with running(lambda: PAGE) as one, running(lambda: PAGE) as other:
        assert one.token != other.token
        assert re.fullmatch(r"[-_A-Za-z0-9]{43}", one.token)
        assert 404 == one.ask(other.path).status


@pytest.mark.parametrize("path", ["x", "head/", "head/../", "../", "%68ead", "/", "."])
def test_there_is_nothing_else(site: Site, path: str) -> None:
    """Beside the page and its mark there is nothing, however the path is spelt."""
    assert 404 == site.ask(site.path + path).status


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost", "127.0.0.1.evil.example", ""]
)
def test_another_name_is_another_place(site: Site, host: str) -> None:
    """A page that made a name of its own lead here gets nothing, even if it knew the token."""
    reply = _reply(site.raw(f"GET {site.path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()))

    assert 421 == reply.status
    assert BODY not in reply.body


@pytest.mark.parametrize("lines", ["", "Host: {host}\r\nHost: {host}\r\n", "Host: evil.example\r\nHost: {host}\r\n"])
def test_there_is_one_host(site: Site, lines: str) -> None:
    """A request says once for which host it is."""
    raw = site.raw(f"GET {site.path} HTTP/1.1\r\n{lines.format(host=site.host)}\r\n".encode())

    assert 421 == _reply(raw).status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW"])
def test_nothing_can_be_done_but_looking(site: Site, method: str) -> None:
    """Only GET and HEAD are answered."""
    reply = site.ask(method=method)

    assert (405, "GET, HEAD", b"") == (reply.status, reply.headers["allow"], reply.body)


@pytest.mark.parametrize(
    "header",
    [
        "Origin: http://evil.example",
        "Origin: null",
        "Origin: http://{host}",
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site",
        "sec-fetch-site: cross-site",
        "Sec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site",
    ],
)
def test_other_pages_get_nothing(site: Site, header: str) -> None:
    """What another page had a browser ask for is refused, and a person is told what to do."""
    reply = site.ask(None, header.format(host=site.host))

    assert 403 == reply.status
    assert b"address bar" in reply.body


@pytest.mark.parametrize("site_of", ["none", "same-origin"])
def test_a_person_and_the_page_itself_get_it(site: Site, site_of: str) -> None:
    """A browser says so when a person typed the address, or when the page itself asks."""
    assert 200 == site.ask(None, f"Sec-Fetch-Site: {site_of}").status


@pytest.mark.parametrize("header", ["Content-Length: 5", "Transfer-Encoding: chunked", "Content-Length: x"])
def test_a_request_brings_nothing_along(site: Site, header: str) -> None:
    """A request with a body is none of ours."""
    assert 400 == site.ask(None, header).status


@pytest.mark.parametrize(
    "raw",
    [
        "GET {path}\r\n\r\n",
        "GET {path} HTTP/2.0\r\nHost: {host}\r\n\r\n",
        "get {path} HTTP/1.1\r\nHost: {host}\r\n\r\n",
        "GET  {path} HTTP/1.1\r\nHost: {host}\r\n\r\n",
        "GET http://{host}{path} HTTP/1.1\r\nHost: {host}\r\n\r\n",
        "GET {path} HTTP/1.1\r\nHost : {host}\r\n\r\n",
        "GET {path} HTTP/1.1\r\nHost: {host}\r\n folded\r\n\r\n",
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nno colon\r\n\r\n",
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nX: a\nb\r\n\r\n",
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nX: \0\r\n\r\n",
        "\r\n\r\n",
        "\x16\x03\x01\x02\0\r\n\r\n",
    ],
)
def test_what_no_browser_sends_is_refused_whole(site: Site, raw: str) -> None:
    """A request is well formed, or gets an answer that tells nothing."""
    reply = _reply(site.raw(raw.format(path=site.path, host=site.host).encode()))

    assert Reply(400, {"content-length": "0", "connection": "close"}, b"") == reply


@pytest.mark.parametrize("padding", [b"X: y\r\n" * 10_000, b"X: " + b"y" * 60_000])
def test_a_request_is_short(site: Site, padding: bytes) -> None:
    """Who sends more than a browser would is told so at once, and nothing of it is kept."""
    raw = site.raw(f"GET {site.path} HTTP/1.1\r\nHost: {site.host}\r\n".encode() + padding)

    assert 431 == _reply(raw).status


def test_a_request_may_come_in_pieces(site: Site) -> None:
    """A request that comes byte by byte is answered as any other."""
    with site.link() as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in f"GET {site.path} HTTP/1.1\r\nHost: {site.host}\r\n\r\n".encode():
            link.sendall(bytes([byte]))
        assert 200 == _reply(_rest(link)).status


def test_nobody_waits_for_a_slow_client(site: Site) -> None:
    """While one client takes its time over a request, another is answered."""
    with site.link() as slow:
        slow.sendall(b"GET /")
        assert 200 == site.ask().status
        slow.sendall(f"{site.path[1:]} HTTP/1.1\r\nHost: {site.host}\r\n\r\n".encode())
        assert 200 == _reply(_rest(slow)).status


def test_a_client_that_never_comes_to_the_point_is_dropped() -> None:
    """However often a client sends another byte, its time for a whole request is limited."""
    with running(lambda: PAGE, Limits(reading=0.2)) as site, site.link() as slow:
        slow.sendall(b"GET /")
        assert b"" == _rest(slow)


def test_a_page_that_takes_long_takes_nobody_their_time() -> None:
    """Who asked while a page was being made for another is answered, however long that took."""

    def slow() -> Page:
        sleep(0.6)
        return PAGE

    with running(slow, Limits(reading=0.3)) as site, site.link() as other, site.link() as first:
        request = f"GET {site.path} HTTP/1.1\r\nHost: {site.host}\r\n\r\n".encode()
        sleep(0.1)
        first.sendall(request)
        sleep(0.2)
        other.sendall(request)

        assert [200, 200] == [_reply(_rest(link)).status for link in (first, other)]


def test_nobody_waits_for_a_client_that_does_not_read() -> None:
    """While one client takes nothing of a long page, others get all of it."""
    page = PAGE._replace(body=b"x" * 20_000_000)
    with running(lambda: page) as site, site.link() as deaf:
        deaf.sendall(f"GET {site.path} HTTP/1.1\r\nHost: {site.host}\r\n\r\n".encode())
        assert page.body == site.ask().body
        assert page.body == site.ask().body


def test_a_client_that_does_not_read_is_dropped() -> None:
    """A page that nobody takes is not kept for long."""
    page = PAGE._replace(body=b"x" * 20_000_000)
    with running(lambda: page, Limits(writing=0.2)) as site, site.link() as deaf:
        deaf.sendall(f"GET {site.path} HTTP/1.1\r\nHost: {site.host}\r\n\r\n".encode())
        with pytest.raises(ConnectionError):
            _send_on(deaf)


def _send_on(link: socket.socket) -> None:
    ends = monotonic() + PATIENCE
    while monotonic() < ends:
        link.sendall(b"x")
        sleep(0.02)


def test_who_holds_many_connections_keeps_nobody_out() -> None:
    """Of too many connections the oldest that asked for nothing gives way."""
    with running(lambda: PAGE, Limits(connections=4, reading=PATIENCE)) as site:
        held = [site.link() for _ in range(12)]
        try:
            assert 200 == site.ask().status
            assert b"" == held[0].recv(1)
        finally:
            for link in held:
                link.close()


def test_a_client_that_goes_away_takes_nobody_along(site: Site) -> None:
    """A connection that is closed or reset in the middle of anything ends nothing but itself."""
    for sent in (b"", b"GET /", f"GET {site.path} HTTP/1.1\r\nHost: {site.host}\r\n\r\n".encode()):
        link = site.link()
        link.sendall(sent)
        # With nothing to linger for, closing resets it.
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        link.close()

    assert 200 == site.ask().status


def test_a_page_that_is_not_to_be_asked_for_yet_is_waited_for() -> None:
    """Who asks too soon after it was made waits a little, and gets the page as it is then."""
    soon: list[Page | float] = [0.05, 0.05]
    with running(lambda: soon.pop() if soon else PAGE) as site:
        assert BODY == site.ask().body


def test_many_at_once_are_all_answered() -> None:
    """Fifty clients that ask at the same time get the same page."""
    with running(lambda: PAGE) as site:
        found: list[bytes] = []
        threads = [threading.Thread(target=lambda: found.append(site.ask().body)) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)

    assert [BODY] * 50 == found


def test_a_page_of_trouble_is_told_from_a_good_one() -> None:
    """Where there is no page, what stands for it has its status, and when to ask again."""
    page = PAGE._replace(status=503)
    with running(lambda: page) as site:
        replies = [site.ask(), site.ask(f"{site.path}head")]

    assert [(503, "5"), (503, "5")] == [(reply.status, reply.headers["retry-after"]) for reply in replies]


def test_it_listens_on_loopback_alone(site: Site) -> None:
    """Nobody on another machine can connect."""
    assert "127.0.0.1" == site.server._listening.getsockname()[0]


def test_a_port_that_is_taken(site: Site) -> None:
    """A port that somebody listens at is not to be had, and the message says what to do."""
    with pytest.raises(SystemRefusedError, match=rf"port {site.server.port} of 127\.0\.0\.1: .*--port"):
        Server(lambda: PAGE, port=site.server.port)
