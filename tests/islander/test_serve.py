"""The page with a live engine behind it: what it answers, and whom."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from islander import Model, StateInvariant, explore
from islander.explorer import UsageError
from islander.explorer.freeze import fields_of
from islander.explorer.semantics import Semantics
from islander.models.paxos import paxos
from islander.reports.neighbourhood import TABLES
from islander.reports.trace_file import Source
from islander.serve import ExplorerServer, make_server, serve

from ..browser import Browser
from ..browser import browser as the_browser
from ..fragile import Fragile


@contextmanager
def serving(result: Any, **options: Any) -> Iterator[ExplorerServer]:
    with make_server(result, **options) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def server() -> Iterator[ExplorerServer]:
    source = Source("paxos", {"bug": "hidden-vote"})
    with serving(explore(paxos(bug="hidden-vote")), source=source, states=0) as found:
        yield found


def ask(
    server: ExplorerServer, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, headers=named)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, dict(answer.getheaders()), body


NOTHING = ",".join("0" * (len(TABLES) + 1))


# -- what it answers -------------------------------------------------------------------------------


def test_the_page_may_talk_to_where_it_came_from_and_to_nothing_else(
    server: ExplorerServer,
) -> None:
    status, headers, page = ask(server, "/")
    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page
    assert "connect-src 'self'" in page
    assert '"live":true' in page


def test_a_state_is_told_with_all_that_its_steps_lead_to(server: ExplorerServer) -> None:
    status, _, body = ask(server, f"/api/state/0?known={NOTHING}")
    told = json.loads(body)
    semantics = Semantics(paxos(bug="hidden-vote"))
    steps = list(semantics.steps(semantics.initial_states()[0]))
    assert status == 200
    events = [told["events"][one] for one in told["states"]["steps"][0][::2]]
    assert [f"{one['who']}: {one['what']}" for one in events] == [
        str(step.outcome.event) for step in steps
    ]
    assert set(told["states"]["steps"][0][1::2]) <= set(told["states"]["number"])


def test_a_page_is_told_only_what_it_does_not_know(server: ExplorerServer) -> None:
    first = json.loads(ask(server, f"/api/state/0?known={NOTHING}")[2])
    known = [*(len(first[name]) for name in TABLES), len(first["states"]["number"])]
    asked = f"/api/state/0?known={','.join(map(str, known))}"
    again = json.loads(ask(server, asked)[2])
    assert again["states"]["number"] == [0]
    assert all(again[name] == [] for name in TABLES)
    assert again["from"] == dict(zip(TABLES, known, strict=False))


def test_many_pages_at_once_are_told_the_same_numbers(server: ExplorerServer) -> None:
    with ThreadPoolExecutor(8) as pool:
        paths = [f"/api/state/{number % 13}?known={NOTHING}" for number in range(26)]
        answers = [json.loads(body) for _, _, body in pool.map(lambda p: ask(server, p), paths)]
    final = json.loads(ask(server, f"/api/state/0?known={NOTHING}")[2])
    for told in answers:
        for name in TABLES:
            assert final[name][: len(told[name])] == told[name]
        for at, number in enumerate(told["states"]["number"]):
            assert final["states"]["locals"][number] == told["states"]["locals"][at]


def test_a_state_that_is_not_known_yet_is_looked_for_a_part_at_a_time(
    server: ExplorerServer,
) -> None:
    known, numbers, questions = NOTHING, set[int](), 0
    while 3000 not in numbers:
        told = json.loads(ask(server, f"/api/state/3000?known={known}")[2])
        new = set(told["states"]["number"]) - numbers
        assert new, "each answer has more"
        numbers |= new
        sizes = [told["from"][name] + len(told[name]) for name in TABLES]
        known = ",".join(map(str, [*sizes, len(numbers)]))
        questions += 1
    assert numbers == set(range(len(numbers)))
    assert len(numbers) < 3100


def test_of_a_small_model_it_says_which_state_is_the_last() -> None:
    result = explore(paxos(proposers=1, acceptors=2))
    with serving(result, states=0) as server:
        told, status = "", 200
        while status == 200:
            status, _, told = ask(server, f"/api/state/5000?known={NOTHING}")
    states = result.states
    assert f"the model has {states} states, and the last is {states - 1}" in told


# -- whom, and how it refuses ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "localhost", "127.0.0.1:1"]
)
def test_whoever_calls_it_by_another_name_is_refused(server: ExplorerServer, host: str) -> None:
    for path in ("/", f"/api/state/0?known={NOTHING}"):
        status, _, body = ask(server, path, Host=host.format(port=server.server_port))
        assert status == 421
        assert "locals" not in body


def test_it_is_called_by_the_names_of_this_machine(server: ExplorerServer) -> None:
    for name in ("localhost", "127.0.0.1"):
        assert ask(server, "/", Host=f"{name}:{server.server_port}")[0] == 200


def test_other_sites_may_lead_to_the_page_and_ask_nothing(server: ExplorerServer) -> None:
    assert ask(server, "/", Sec_Fetch_Site="cross-site")[0] == 200
    assert ask(server, f"/api/state/0?known={NOTHING}", Sec_Fetch_Site="cross-site")[0] == 403
    assert ask(server, f"/api/state/0?known={NOTHING}", Sec_Fetch_Site="same-origin")[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_it_takes_questions_only(server: ExplorerServer, method: str) -> None:
    assert ask(server, "/", method)[0] == 501


@pytest.mark.parametrize("path", ["/etc/passwd", "/../../etc/passwd", "/page.css", "/api"])
def test_there_are_no_files(server: ExplorerServer, path: str) -> None:
    status, _, body = ask(server, path)
    assert status == 404
    assert json.loads(body) == {"error": "the page is at /."}


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (f"100000?known={NOTHING}", "beyond the first 100,000"),
        (f"-1?known={NOTHING}", "by its number"),
        (f"x?known={NOTHING}", "by its number"),
        (f"{'9' * 5000}?known={NOTHING}", "by its number"),
        ("0?known=1,2", "by its number"),
        (f"0?known={','.join('9' * 7)}".replace("9", "99999"), "load it again"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_reason(
    server: ExplorerServer, asked: str, reason: str
) -> None:
    status, _, body = ask(server, f"/api/state/{asked}")
    assert status == 400
    assert reason in json.loads(body)["error"]


def test_a_port_that_is_taken_is_a_mistake_that_is_told(server: ExplorerServer) -> None:
    with pytest.raises(UsageError, match="Give another --port"):
        make_server(explore(paxos(proposers=1)), port=server.server_port)


def test_serving_says_where_and_ends_quietly_when_interrupted(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def interrupted(self: ExplorerServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ExplorerServer, "serve_forever", interrupted)
    told: list[str] = []
    serve(explore(paxos(proposers=1)), ready=told.append)
    assert told[0].startswith("http://127.0.0.1:")
    assert capfd.readouterr() == ("", "")


# -- in a browser ----------------------------------------------------------------------------------


def test_a_live_page_goes_on_where_a_file_would_end(server: ExplorerServer) -> None:
    trace = explore(paxos(bug="hidden-vote")).properties["single chosen value"].trace
    assert trace is not None
    browser, state, taken = the_browser(), trace.states[-1], 12
    browser.open(server.url)
    while steps := list(trace.semantics.steps(state)):
        state, taken = steps[-1].after, taken + 1
        browser.press(str(len(steps)))
        browser.wait(f"document.getElementById('state-title').textContent.endsWith(' {taken}')")
        assert browser.text("#event") == str(steps[-1].outcome.event).replace(": ", " ", 1)
        for local in state.locals:
            promised = fields_of(local.fields).get("promised")
            if promised is not None:
                assert f"promised{promised}" in now(browser, local.actor)
    assert taken > 14
    assert browser.texts("#facts .clash"), "what was violated stays so"
    assert browser.text("#choices") == "Nothing: this state is terminal."

    browser.wait("location.hash.includes('w=')")
    place = browser.driver.current_url
    browser.open(place)  # the whole way is taken again
    browser.wait(f"document.getElementById('state-title').textContent.endsWith(' {taken}')")
    assert browser.complaints() == []


def now(browser: Browser, actor: str) -> str:
    """What the card of an actor says, without what was before."""
    text: str = browser.ask(
        "const card = [...document.querySelectorAll('#actors .actor')].find((one) =>"
        "one.querySelector('h3').textContent === arguments[0]).cloneNode(true);"
        "card.querySelectorAll('del, .arrow').forEach((one) => one.remove());"
        "return card.textContent",
        actor,
    )
    return text


def test_any_state_is_opened_by_its_number(server: ExplorerServer) -> None:
    browser = the_browser()
    browser.open(server.url)
    browser.wait("document.querySelectorAll('#choices button').length > 0")
    script = (
        "const number = document.getElementById('number');"
        "number.value = arguments[0]; number.form.requestSubmit()"
    )
    browser.ask(script, "3")
    assert browser.text("#state-title") == "After step 3"
    browser.ask(script, "4000")  # as yet unknown
    browser.wait("document.getElementById('number').value === '4000'")
    browser.wait("document.getElementById('detour-text').textContent.includes('trace')")
    assert browser.ask("return document.getElementById('notice').hidden")
    assert int(browser.text("#known").replace(",", "")) > 4000
    browser.ask(script, "90000")
    browser.wait(
        "/no state 90000: the model has/.test(document.getElementById('notice').textContent)"
    )


def test_a_walk_that_violates_nothing_has_no_fact_that_clashes(server: ExplorerServer) -> None:
    browser = the_browser()
    browser.open(server.url)
    browser.press("\ue011")
    browser.wait("!document.querySelector('#choices .ends')")
    for taken in range(1, 40):
        last = len(browser.texts("#choices button"))
        if not last:
            break
        browser.press(str(last))
        browser.wait(f"document.getElementById('state-title').textContent.endsWith(' {taken}')")
    assert browser.text("#choices") == "Nothing: this state is terminal."
    assert "a1 voted for y at ballot 2" in "".join(browser.texts("#facts li"))
    assert browser.texts("#facts .clash, #steps .off .tag.bad") == []


def test_a_handler_that_fails_while_one_explores_is_told_in_the_page() -> None:
    few = StateInvariant("few ticks", lambda state: state.actors["a"].ticks < 2)
    browser = the_browser()
    with serving(explore(Model("fragile", {"a": Fragile()}, properties=[few])), states=0) as server:
        browser.open(server.url)
        browser.wait("document.querySelectorAll('#choices button').length == 1")
        browser.press("1")
        browser.wait("!document.getElementById('failure').hidden")
        assert "four is too many" in browser.text("#failure")
        assert "Traceback" not in browser.text("body")
    assert browser.complaints() == []


def test_who_is_connected_when_it_ends_is_not_served_any_more() -> None:
    with serving(explore(paxos(bug="hidden-vote")), states=0) as server:
        early = socket.create_connection(server.server_address[:2], timeout=20)
        deadline = time.monotonic() + 20
        while not server._connections and time.monotonic() < deadline:
            time.sleep(0.001)
        assert server._connections
    with early:
        assert early.recv(1) == b""


def test_a_server_that_is_gone_is_told_in_the_page() -> None:
    browser = the_browser()
    with serving(explore(paxos(bug="hidden-vote")), states=0) as server:
        browser.open(server.url)
        browser.wait("document.querySelector('#choices button')")
        browser.wait("!document.querySelector('#choices .ends')")
    browser.press("1")
    browser.wait("!document.getElementById('notice').hidden")
    assert "engine behind this page" in browser.text("#notice")
