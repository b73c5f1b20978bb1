"""What the pytest plugin does for a test that asks: explore a model, and fail unless it holds.

`pytest_islander` registers it with pytest, and imports it when it is first used. A test asks by the
fixture `explore`, or by the marker `islander` on a function that returns a model, which becomes one
test for each property; these share one exploration. What a failure says is in `pytest_failure`.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from types import TracebackType
from typing import Any

import pytest
from rich.text import Text

from pytest_islander import GIVEN

from . import asserting
from .asserting import (
    Expected,
    check_expected,
    check_options,
    checkable,
    checking_by,
    made_from,
    split,
)
from .call_site import Found, call_of, source_of_call, source_of_test
from .checked import Adding, Checked
from .explorer import CheckFailed, IslanderError, Model, ModelError, Result, UsageError
from .explorer.explore import check_checkable
from .pytest_failure import (
    HOW,
    Crash,
    Keeping,
    Shown,
    error_lines,
    steps_lines,
    unasserted_lines,
)

LONGEST_ID = 100


class Explore:
    """The fixture `explore`, in a test."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item
        self._calls = 0

    def __call__(
        self,
        model: Model,
        engine: str | None = None,
        *,
        violates: str | None = None,
        steps: int | None = None,
        **options: Any,
    ) -> Result:
        """Explore `model`, and fail unless every property holds.

        engine, options  as of `islander.explore`; what is not given is taken from the ini file
        violates  the name of a property: fail unless it, and no other, is found to be violated
        steps     fail unless that takes so many steps

        Returns the result. Raises CheckFailed, an AssertionError, that says what was found, and
        KeyboardInterrupt if Ctrl-C ended the exploration.
        """
        check_checkable("explore", model)
        check_expected(model, Expected(violates, steps))
        if engine is not None:
            options["engine"] = engine
        result = _explored(self._item.config, model, options)
        self._calls += 1
        again = f"-{self._calls}" if self._calls > 1 else ""
        source = partial(source_of_call, call_of(inspect.currentframe()), self._item.config)
        checked = Checked(result, _adding(self._item, source, again))
        try:
            checked.check_all(violates, steps)
        except CheckFailed:
            del result  # pytest keeps this frame, and should not keep all states with it
            raise
        return result


@dataclass
class _Shared:
    """One exploration, for all items that ask about the same model."""

    model: Model
    expected: Expected
    options: Mapping[str, Any]
    adding: Adding
    outcome: Checked | IslanderError | None = field(default=None, init=False)

    def checked(self, config: pytest.Config) -> Checked:
        if self.outcome is None:
            try:
                # What `Checked` keeps of the result is small; the result holds all states.
                self.outcome = Checked(_explored(config, self.model, self.options), self.adding)
            except IslanderError as error:
                self.outcome = error
        if isinstance(self.outcome, IslanderError):
            raise self.outcome
        return self.outcome


class PropertyItem(pytest.Item):
    """The test that one property is as expected."""

    def __init__(
        self, *, function: pytest.Function, about: str, shared: _Shared, **given: Any
    ) -> None:
        super().__init__(**given)
        self._about, self._shared = about, shared
        self._where = function.reportinfo()
        self.own_markers.extend(function.own_markers)
        self.keywords.update(function.keywords)

    def runtest(self) -> None:
        checked, expected = self._shared.checked(self.config), self._shared.expected
        if expected.violates is None:
            checked.check(self._about)
        else:
            checked.check_all(expected.violates, expected.steps)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        path, line, _ = self._where
        return path, line, self.name


def property_items(function: pytest.Function) -> list[PropertyItem]:
    """The tests that a function marked `islander` stands for.

    Raises CollectError if it returns no model, or the marker's arguments make no sense.
    """
    given = getattr(function, "callspec", None)
    parameters: dict[str, Any] = dict(given.params) if given else {}
    where = f"{function.nodeid} is marked islander"
    try:
        expected, options = _marked(function)
        model = _model(function, parameters)
        check_expected(model, expected)
    except IslanderError as error:
        raise pytest.Collector.CollectError(f"{where}: {error}") from error
    except SystemExit as error:  # which would end pytest
        text = f"{where}: it raised SystemExit({error.code!r}) where a model was to be returned."
        raise pytest.Collector.CollectError(text) from error
    names = [expected.violates] if expected.violates else [one.name for one in model.properties]
    source = partial(source_of_test, function, parameters)
    shared = _Shared(model, expected, options, _adding(function, source))
    assert function.parent is not None
    items = [
        PropertyItem.from_parent(
            function.parent,
            name=item,
            function=function,
            about=name,
            shared=shared,
            **_id(function.parent, item),
        )
        for name in names
        for item in [_item_name(function.name, name)]
    ]
    if getattr(function.config.option, "loadgroup", False):  # as xdist has it in its workers
        for item in items:
            if not item.get_closest_marker("xdist_group"):
                # A name that says nothing: xdist looks for "]" and "@" in it.
                item.add_marker(pytest.mark.xdist_group(f"islander-{_digest(_path(function))}"))
    return items


@contextmanager
def asserting_as(item: pytest.Function) -> Iterator[None]:
    """While this is open, a test that `islander.checks` made is explored with the settings of
    pytest, and its traces are kept."""
    given = getattr(item, "callspec", None)
    parameters: dict[str, Any] = dict(given.params) if given else {}

    def source() -> Found:
        for name, value in item.funcargs.items():
            if name in inspect.signature(item.obj).parameters and (
                name not in parameters or parameters[name] is not value
            ):
                return None, f"the fixture {name!r} cannot be named on the command line"
        return source_of_test(item, parameters)

    def check(model: Model, options: Mapping[str, Any]) -> None:
        expected, others = split(model, options)
        result = _explored(item.config, model, others)
        checked = Checked(result, _adding(item, source))
        del result  # pytest keeps this frame, and should not keep all states with it
        checked.check_all(expected.violates, expected.steps)

    with checking_by(check):
        yield


def tell(
    item: pytest.Item, excinfo: pytest.ExceptionInfo[BaseException], report: pytest.TestReport
) -> None:
    """Make `report` show what was found. Raises KeyboardInterrupt if Ctrl-C led to the failure."""
    error = excinfo.value
    results = list(_in_hand(excinfo.tb)) if isinstance(error, AssertionError) else []
    if any(result.interrupted for result in results):
        raise KeyboardInterrupt
    shown: Shown | None = None
    if isinstance(error, CheckFailed):
        lines = [one if isinstance(one, Text) else Text(str(one)) for one in error.lines]
        shown = Shown("CheckFailed", lines, Crash(*_place(item, excinfo), error.headline))
    elif isinstance(error, IslanderError) and isinstance(item, PropertyItem):
        crash = Crash(*_place(item, excinfo), str(error))
        shown = Shown(type(error).__name__, error_lines(error), crash)
    elif isinstance(error, AssertionError):
        for result in results:
            _add(report, unasserted_lines(result))
    elif isinstance(error, ModelError):
        _add(report, steps_lines(error))
    if shown is not None:
        report.longrepr = shown  # type: ignore[assignment]  # pytest asks for no more than it has


# -- exploring ------------------------------------------------------------------------------------


def _explored(config: pytest.Config, model: Model, options: Mapping[str, Any]) -> Result:
    check_options("explore()", options)
    return asserting.explored(model, config.stash[GIVEN] | dict(options))


# -- items ----------------------------------------------------------------------------------------


def _marked(function: pytest.Function) -> tuple[Expected, dict[str, Any]]:
    """What the marks say, those nearest to the function last."""
    given: dict[str, Any] = {}
    for mark in reversed(list(function.iter_markers("islander"))):
        if mark.args:
            raise UsageError(f"its arguments have names, as in max_states=1000; got {mark.args!r}.")
        given |= mark.kwargs
    check_options("it", given)
    if made_from(function.obj) is not function.obj:
        raise UsageError("islander.checks makes a test of it already; take one of the two away.")
    expected = Expected(given.pop("violates", None), given.pop("steps", None))
    if expected.violates is None:
        # Each property is a test of its own, so that one is violated must not hide the others.
        given.setdefault("keep_going", True)
    return expected, given


def _model(function: pytest.Function, parameters: Mapping[str, Any]) -> Model:
    for name, one in inspect.signature(function.obj).parameters.items():
        if name not in parameters and one.default is one.empty:
            raise UsageError(
                f"its parameter {name!r} has no value. The function is called while tests are "
                f"collected, when there are no fixtures; use pytest.mark.parametrize."
            )
    return checkable(function.obj(**parameters), "it")


def _item_name(function: str, about: str) -> str:
    """A name as pytest's parametrize would make: ASCII, and the same in every process."""
    shown = about.encode("unicode_escape").decode("ascii")
    if len(shown) > LONGEST_ID:
        shown = f"{shown[:LONGEST_ID]}...{_digest(about)}"
    return f"{function[:-1]}-{shown}]" if function.endswith("]") else f"{function}[{shown}]"


def _id(parent: pytest.Collector, name: str) -> dict[str, str]:
    """The id of an item of this name, to be given to pytest if that keeps ids in parts: it compares
    them with those of ids that it reads, as for --lf, and of a name it would not make the same."""
    return {"nodeid": f"{parent.nodeid}::{name}"} if hasattr(parent, "id") else {}


def _path(node: pytest.Item) -> str:
    """Where a test is; unlike its id, the same with and without xdist, which adds groups to ids."""
    within = [one.name for one in node.listchain() if isinstance(one, (pytest.Class, pytest.Item))]
    file = os.path.relpath(node.path, node.config.rootpath).replace(os.sep, "/")
    return "::".join([file, *within])


def _adding(node: pytest.Item, source: Callable[[], Found], again: str = "") -> Adding:
    config = node.config
    directory = config.rootpath / (
        config.getoption("islander_traces", None) or str(config.getini("islander_traces"))
    )
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", f"{node.path.stem}-{node.name}").strip("-")[:80]
    stem = f"{plain}-{_digest(_path(node))}{again}"
    return Adding(Keeping(directory, stem, config.invocation_params.dir, source).keep, HOW)


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


# -- failures -------------------------------------------------------------------------------------


def _place(item: pytest.Item, excinfo: pytest.ExceptionInfo[BaseException]) -> tuple[str, int]:
    """Where the test failed: in the test's own file, if it ran there."""
    own = [one for one in excinfo.traceback if str(one.path) == str(item.path)]
    path, line, _ = item.reportinfo()
    return (str(own[-1].path), own[-1].lineno + 1) if own else (str(path), (line or 0) + 1)


def _add(report: pytest.TestReport, lines: Sequence[Text]) -> None:
    """Add lines to what pytest shows of its own."""
    add = getattr(report.longrepr, "addsection", None)
    if add and lines:
        add("islander", "\n".join(line.plain for line in lines))


def _in_hand(trace: TracebackType | None) -> Iterator[Result]:
    """The results that the failed assertion had before it, under a name or not: pytest keeps the
    parts of the expression in variables too."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is not None:
        values = trace.tb_frame.f_locals.values()
        yield from {id(one): one for one in values if isinstance(one, Result)}.values()
