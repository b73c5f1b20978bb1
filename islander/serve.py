"""The explorer page with a live engine behind it: any state can be opened, any enabled step taken.

A small HTTP server of the standard library, for the person at this machine: it gives out one page,
and, state by state, what the page does not know yet. It reads no files and takes no input but the
numbers of states; one that is not known yet it looks for, breadth first, a part at each question,
so that no question keeps others waiting for long. It answers only those who call it by a name of
this machine: no page from elsewhere, whatever its name is made to mean, can ask it anything.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .explorer import IslanderError, Result, Simulation, UsageError
from .explorer.asking import is_of_a_model, told
from .reports.encoding import Json
from .reports.neighbourhood import TABLES, Neighbourhood
from .reports.page import page_html
from .reports.page_data import STATES, page_data
from .reports.trace_file import Source

NAMES = ("localhost", "127.0.0.1", "[::1]")
"""What this machine calls itself."""

PAGE, STATE = "/", "/api/state/"

MOST = 100_000
"""How many states a page goes to by their numbers; steps lead beyond."""

AT_ONCE, MOMENT = 1000, 0.1
"""States looked for at one question, at the most, and seconds."""

PART = 100
"""States found between two looks at the clock."""

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}


class LiveExplorer:
    """What the page asks for, from a model's semantics; one question at a time."""

    def __init__(
        self, result: Result | Simulation, source: Source | None = None, states: int = STATES
    ) -> None:
        self._lock = threading.Lock()
        self._around = Neighbourhood(result.model)
        data = page_data(result, source, states=states, neighbourhood=self._around)
        self._data = data | {"live": True}

    def page(self) -> str:
        """The page, with all the states that are known by now."""
        with self._lock:
            return page_html(self._data | {"neighbourhood": self._around.document()})

    def state(self, number: int, known: dict[str, int]) -> Json:
        """A state with all that its steps lead to; and what a page has missed that knows the first
        so many rows of each table, and states. Of a state that is not known yet: some of those on
        the way to its number; asked again, the engine goes on.

        Raises UsageError if there is no such state, or the page cannot know what it says.
        """
        with self._lock:
            sizes = self._around.sizes()
            if any(known[name] > sizes[name] for name in sizes):
                raise UsageError("this page is of an earlier run of the server; load it again.")
            if number >= sizes["states"]:
                self._look_for(number)
            found = number < len(self._around)
            if found:
                self._around.open(number)
            return self._around.document(known, again=[number] if found else [])

    def _look_for(self, number: int) -> None:
        """Get to know states, the nearest first, up to this number or for a moment."""
        before = len(self._around)
        if number >= MOST:
            raise UsageError(
                f"state {number} is beyond the first {MOST:,}, and no number leads further. "
                f"{before:,} are known; taking steps makes more."
            )
        until = time.monotonic() + MOMENT
        wanted = min(number + 1, before + AT_ONCE)
        while (known := len(self._around)) < wanted and time.monotonic() < until:
            self._around.grow(min(PART, wanted - known))
            if len(self._around) == known:
                break
        if len(self._around) == before:
            raise UsageError(
                f"there is no state {number}: the model has {before:,} states, and the last is "
                f"{before - 1}."
            )


class ExplorerServer(ThreadingHTTPServer):
    """Serves one explorer; `url` is where."""

    daemon_threads = True

    def __init__(self, explorer: LiveExplorer, host: str, port: int) -> None:
        self.explorer = explorer
        self._connections: set[socket] = set()
        try:
            super().__init__((host, port), _Handler)
        except (OSError, OverflowError) as error:
            raise UsageError(
                f"cannot serve at {host}:{port}: {error}. Give another --port; 0 takes a free one."
            ) from error
        self.hosts = frozenset(f"{name}:{self.server_port}" for name in (*NAMES, host))

    def get_request(self) -> tuple[socket, Any]:
        """The next connection; a browser opens some before it has anything to ask."""
        connection, address = super().get_request()
        self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Stop serving, also those who are connected already."""
        super().server_close()
        for connection in list(self._connections):
            with suppress(OSError):  # it was closed by the other side
                connection.shutdown(SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a reader that leaves is none; what we get wrong the page is told."""

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_port}/"


def make_server(
    result: Result | Simulation,
    source: Source | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    states: int = STATES,
) -> ExplorerServer:
    """A server, bound and not yet serving, of the page about `result`, which has `states` states at
    first besides those on traces. `port` 0 takes a free one.

    Raises UsageError if it cannot be bound.
    """
    return ExplorerServer(LiveExplorer(result, source, states), host, port)


def serve(
    result: Result | Simulation,
    source: Source | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    states: int = STATES,
    ready: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve the page about `result` until Ctrl-C; `ready` is told where, once it can be opened."""
    with make_server(result, source, host=host, port=port, states=states) as server:
        ready(server.url)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


class _Handler(BaseHTTPRequestHandler):
    server: ExplorerServer
    server_version = "islander"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:
        if self.headers.get("Host") not in self.server.hosts:
            return self._refuse(HTTPStatus.MISDIRECTED_REQUEST, "this server is for this machine.")
        url = urlsplit(self.path)
        if url.path != PAGE and self.headers.get("Sec-Fetch-Site") not in (None, "same-origin"):
            return self._refuse(HTTPStatus.FORBIDDEN, "only the page itself may ask.")
        if url.path == PAGE:
            return self._send(HTTPStatus.OK, "text/html", self.server.explorer.page())
        if not url.path.startswith(STATE):
            return self._refuse(HTTPStatus.NOT_FOUND, f"the page is at {PAGE}.")
        try:
            number, known = _asked(url.path.removeprefix(STATE), url.query)
            answer = self.server.explorer.state(number, known)
        except IslanderError as error:
            return self._refuse(HTTPStatus.BAD_REQUEST, str(error))
        except BaseException as error:  # the page is to say so, rather than wait
            if is_of_a_model(error):
                why = f"the code of the model raised {told(error)}."
                return self._refuse(HTTPStatus.BAD_REQUEST, why)
            return self._refuse(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                f"{type(error).__name__}: {error}. This is a defect of Islander; please report it.",
            )
        return self._send(HTTPStatus.OK, "application/json", json.dumps(answer))

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        self._send(status, "application/json", json.dumps({"error": reason}))

    def _send(self, status: HTTPStatus, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Nothing: the terminal is for what the user asked."""


def _asked(number: str, query: str) -> tuple[int, dict[str, int]]:
    """Which state, and how much the page knows already. Raises UsageError if that is not said."""
    names = (*TABLES, "states")
    known = parse_qs(query).get("known", [",".join("0" * len(names))])[0].split(",")
    numbers = [number, *known]
    if len(known) != len(names) or not all(re.fullmatch(r"[0-9]{1,9}", one) for one in numbers):
        raise UsageError("a state is asked for by its number, and how much of each table is known.")
    return int(number), dict(zip(names, map(int, known), strict=True))


__all__ = ["ExplorerServer", "LiveExplorer", "make_server", "serve"]
