"""The pytest plugin as pytest loads it: in every run, wherever Islander is installed.

So it imports nothing but pytest, and stands outside the package `islander`, which takes a tenth of
a second to import. What is done for a test that asks for it is in `islander.pytest_plugin`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from islander.pytest_plugin import Explore

NUMBERS: dict[str, Callable[[str], float]] = {
    "threads": int,
    "max_states": int,
    "max_depth": int,
    "max_seconds": float,
}
WORDS = ("engine", "max_bytes")
GIVEN = pytest.StashKey[dict[str, Any]]()
"""The options of `explore` that the ini file and the command line set."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("islander", "checking consensus protocols")
    group.addoption(
        "--islander-max-seconds",
        metavar="SECONDS",
        help="Explore each model for at most so long; instead of islander_max_seconds.",
    )
    group.addoption(
        "--islander-traces",
        metavar="DIR",
        help="Write counterexamples there; instead of islander_traces.",
    )
    for name in (*NUMBERS, *WORDS):
        parser.addini(f"islander_{name}", f"{name} of every exploration, unless the test sets it.")
    parser.addini("islander_traces", "Directory for counterexamples.", default=".islander/traces")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "islander(violates=None, steps=None, **options of explore): the function returns a Model; "
        "each of its properties is a test. With `violates` that property must be violated, after "
        "`steps` steps.",
    )
    config.stash[GIVEN] = dict(_given(config))


def _given(config: pytest.Config) -> Generator[tuple[str, Any]]:
    for name in (*NUMBERS, *WORDS):
        place, text = f"islander_{name}", str(config.getini(f"islander_{name}")).strip()
        option = config.getoption(f"islander_{name}", None)
        if option is not None:
            place, text = f"--islander-{name.replace('_', '-')}", option
        if not text:
            continue
        try:
            yield name, NUMBERS.get(name, str)(text)
        except ValueError:
            kind = "a whole number" if NUMBERS[name] is int else "a number"
            raise pytest.UsageError(f"{place} must be {kind}; got {text!r}.") from None


@pytest.fixture
def explore(request: pytest.FixtureRequest) -> Explore:
    """Explore a model as `islander.explore` does; the test fails unless every property holds."""
    from islander.pytest_plugin import Explore

    return Explore(request.node)


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> Generator[None, Any, Any]:
    made = yield
    if not isinstance(made, list):
        return made
    items: list[Any] = []
    for item in made:
        if isinstance(item, pytest.Function) and item.get_closest_marker("islander"):
            from islander.pytest_plugin import property_items

            items += property_items(item)
        else:
            items.append(item)
    return items


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    if isinstance(item, pytest.Function) and hasattr(item.obj, "islander_checks"):
        from islander.pytest_plugin import asserting_as

        with asserting_as(item):
            return (yield)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.excinfo is not None and report.failed and "islander.explorer" in sys.modules:
        from islander.pytest_plugin import tell

        tell(item, call.excinfo, report)
    return report


SENT = "$islander"
"""Where a report that pytest-xdist sends to another process keeps how it is shown. pytest would
send the text alone, and then repeat all of it in the summary that it prints at the end in CI."""


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable(report: Any) -> Generator[None, Any, Any]:
    data = yield
    ours = sys.modules.get("islander.pytest_failure")
    if data is not None and ours is not None and isinstance(report.longrepr, ours.Shown):
        data[SENT] = report.longrepr.plain()
    return data


@pytest.hookimpl(wrapper=True)
def pytest_report_from_serializable(data: dict[str, Any]) -> Generator[None, Any, Any]:
    shown = data.pop(SENT, None)
    report = yield
    if shown is not None and report is not None:
        from islander.pytest_failure import Shown

        report.longrepr = Shown.of_plain(shown)
    return report
