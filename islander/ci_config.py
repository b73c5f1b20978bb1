"""The checks of a project: what `[tool.islander]` in its `pyproject.toml` lists.

Each `[[tool.islander.check]]` names a model, its parameters, bounds, and the outcome that is
expected. Nothing is overlooked: keys that do not exist, values of the wrong type and contradictions
are all found, and told together. Whether the models exist is found out later, by making them.
"""

from __future__ import annotations

import os
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from .explorer import ENGINES, UsageError, Verdict
from .explorer.explore import MOST, MOST_THREADS
from .models import CATALOGUE
from .reports import Source

FILE = "pyproject.toml"

COUNTS = ("states", "transitions", "depth")
"""The numbers of a result that a check can expect."""


@dataclass(frozen=True)
class Expectation:
    """What a check should come to.

    `violates` are the properties that are violated, exactly those, where they were named; `steps`
    is the length of the shortest counterexample, `counts` are numbers of the result by name.
    """

    verdict: Verdict = Verdict.HOLDS
    violates: tuple[str, ...] = ()
    steps: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        if self.steps is None:
            return self.verdict.value
        return f"{self.verdict.value} in {self.steps} step{'' if self.steps == 1 else 's'}"


@dataclass(frozen=True)
class Check:
    """One check.

    `model` is as it was written, `target` how that is named from the working directory. `bounds`
    are the arguments of `explore`, `options` what gives the same to `islander check`. `place` says
    where in the file it stands.
    """

    name: str
    model: str
    target: str
    parameters: Mapping[str, str]
    bug: str | None
    expected: Expectation
    bounds: Mapping[str, Any]
    options: tuple[str, ...]
    require_coverage: bool
    place: str

    @property
    def file(self) -> Path | None:
        """The file that its model is of; None if that ships."""
        path = self.target.rpartition(":")[0] or self.target
        return None if self.target in CATALOGUE else Path(path).resolve()

    @property
    def source(self) -> Source:
        """How a command line names the model, here."""
        return Source(self.target, self._given)

    @property
    def kept_source(self) -> Source:
        """The same wherever it is run, for files that are committed."""
        return Source(self.model, self._given)

    @property
    def _given(self) -> dict[str, str]:
        return dict(self.parameters) | ({"bug": self.bug} if self.bug else {})


@dataclass(frozen=True)
class Configuration:
    """The file, and its checks in the order in which they stand there."""

    path: Path
    checks: tuple[Check, ...]


def read_configuration(path: Path | None = None, directory: Path | None = None) -> Configuration:
    """The checks in `path`; without it, in the nearest pyproject.toml with `[tool.islander]`, from
    `directory` (the working directory) upward. Raises UsageError that tells all mistakes."""
    if path is None:
        path = _nearest((directory or Path.cwd()).resolve())
    table = _table(path)
    if table is None:
        raise UsageError(f"{path} has no [tool.islander], so there is nothing to check. {_EXAMPLE}")
    reader = _Reader(path)
    checks = reader.checks(table)
    if reader.problems:
        raise UsageError("\n".join(reader.problems))
    return Configuration(path, checks)


def selected(configuration: Configuration, names: Sequence[str]) -> tuple[Check, ...]:
    """The checks with one of these names, or that one of these patterns (`paxos*`) matches; all of
    them if there are no names. Raises UsageError for a name of no check."""
    checks = configuration.checks
    known = [check.name for check in checks]
    for name in names:
        if name not in known and not any(fnmatchcase(one, name) for one in known):
            raise UsageError(
                f"{configuration.path} has no check {name!r}{meant(name, known)} "
                f"There are: {', '.join(map(repr, known))}."
            )
    wanted = {
        one for one in known for name in names if one == name or fnmatchcase(one, name)
    } or set(known)
    return tuple(check for check in checks if check.name in wanted)


def meant(name: str, known: Sequence[str]) -> str:
    """ "; did you mean …?", or a full stop."""
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else "."


# -- finding and reading the file -----------------------------------------------------------------

_EXAMPLE = (
    'The least there can be:\n\n  [[tool.islander.check]]\n  model = "paxos"\n\n'
    'A model of your own is named "FILE.py:FACTORY".'
)


def _nearest(directory: Path) -> Path:
    seen = []
    for folder in (directory, *directory.parents):
        path = folder / FILE
        if not path.is_file():
            continue
        seen.append(path)
        if _table(path) is not None:
            # As short as one would type it, if it is here.
            return Path(FILE) if folder == Path.cwd().resolve() else path
    found = f"in {', '.join(map(str, seen))}" if seen else f"and no {FILE} at all"
    raise UsageError(f"there is no [tool.islander] {found}, from {directory} upward. {_EXAMPLE}")


def _table(path: Path) -> dict[str, Any] | None:
    """`[tool.islander]` in the file; None if it has none."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text, as TOML has to be.") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not TOML: {error}.") from error
    except RecursionError as error:
        raise UsageError(
            f"{path} is not TOML that can be read: it is nested too deeply."
        ) from error
    tool = document.get("tool", {})
    table = tool.get("islander") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{path}: tool.islander should be a table, [tool.islander].")
    return table


# -- what the keys mean ---------------------------------------------------------------------------

_Test = Callable[[Any], bool]


def _is_int(least: int, most: int = MOST) -> _Test:
    def test(value: Any) -> bool:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole and least <= value <= most

    return test


def _is_seconds(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= MOST


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_texts(value: Any) -> bool:
    return _is_text(value) or (
        isinstance(value, list) and bool(value) and all(map(_is_text, value))
    )


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_size(value: Any) -> bool:
    try:
        return _is_text(value) and (_bytes(value) is None or True)
    except UsageError:
        return False


def _bytes(size: str) -> int | None:
    from .options import Bounds  # which imports typer; workers have no need of it

    found: int | None = Bounds(max_bytes=size).arguments()["max_bytes"]
    return found


_NUMBER, _YES_NO = "a whole number of at least {}, and at most 2**62", "true or false"

_BOUNDS: dict[str, tuple[_Test, str]] = {
    "max-states": (_is_int(1), _NUMBER.format(1)),
    "max-depth": (_is_int(0), _NUMBER.format(0)),
    "max-seconds": (_is_seconds, "a number of seconds"),
    "max-bytes": (_is_size, 'a size such as "500M" or "8G", or "none"'),
    "threads": (_is_int(1, MOST_THREADS), f"a whole number from 1 to {MOST_THREADS}"),
    "engine": (lambda value: value in ENGINES, " or ".join(f'"{name}"' for name in ENGINES)),
    "keep-going": (_is_bool, _YES_NO),
    "require-coverage": (_is_bool, _YES_NO),
}

_CHECK: dict[str, tuple[_Test, str]] = {
    "name": (_is_text, "a text"),
    "model": (_is_text, 'a model that ships, or "FILE.py:FACTORY"'),
    "parameters": (lambda value: isinstance(value, dict), "a table, as { acceptors = 3 }"),
    "bug": (_is_text, "the name of a seeded bug"),
    "expect": (lambda value: value in ("holds", "violated"), '"holds" or "violated"'),
    "violates": (_is_texts, "the name of a property, or a list of them"),
    "steps": (_is_int(0), _NUMBER.format(0)),
    **{name: (_is_int(0), _NUMBER.format(0)) for name in COUNTS},
}


class _Reader:
    """Reads tables, and notes what is wrong with them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[str] = []

    def checks(self, table: dict[str, Any]) -> tuple[Check, ...]:
        place = f"{self.path}, [tool.islander]"
        written = table.get("check", [])
        shared = {key: value for key, value in table.items() if key != "check"}
        self._judge(place, shared, _BOUNDS, extra=("check",))
        if not isinstance(written, list) or not all(isinstance(one, dict) for one in written):
            self.problems.append(
                f"{place}: check should be a list of tables; begin each with "
                f"[[tool.islander.check]]."
            )
            return ()
        if not written:
            self.problems.append(f"{place} lists no checks. {_EXAMPLE}")
        # Those that were refused would only be refused again, with every check.
        shared = {
            key: value for key, value in shared.items() if key in _BOUNDS and _BOUNDS[key][0](value)
        }
        numbered = enumerate(written, 1)
        checks = [one for number, own in numbered if (one := self._check(number, own, shared))]
        for name, times in Counter(check.name for check in checks).items():
            if times > 1:
                places = " and ".join(check.place for check in checks if check.name == name)
                self.problems.append(
                    f"{self.path}: {times} checks are called {name!r}; give each a name of its "
                    f"own ({places})."
                )
        return tuple(checks)

    def _check(self, number: int, own: dict[str, Any], shared: dict[str, Any]) -> Check | None:
        called = f" ({own['name']!r})" if _is_text(own.get("name")) else ""
        place = f"[[tool.islander.check]] {number}{called}"
        where = f"{self.path}, {place}"
        before = len(self.problems)
        self._judge(where, own, _CHECK | _BOUNDS)
        if "model" not in own:
            self.problems.append(f'{where}: it has no model; say which, as in model = "paxos".')
        parameters = self._parameters(where, own.get("parameters", {}))
        expected = self._expectation(where, own)
        if len(self.problems) > before:
            return None
        settings = {**shared, **{key: own[key] for key in _BOUNDS if key in own}}
        size = settings.get("max-bytes", "none")
        if settings.get("engine") == "reference" and size.lower() != "none":
            self.problems.append(
                f"{where}: the reference engine does not count bytes; give it max-states, and "
                f'max-bytes = "none".'
            )
            return None
        bug = own.get("bug")
        given = [f"{name}={text}" for name, text in parameters.items()]
        given += [f"bug={bug}"] if bug else []
        return Check(
            name=own.get("name") or " ".join([own["model"], *given]),
            model=own["model"],
            target=self._target(own["model"]),
            parameters=parameters,
            bug=bug,
            expected=expected,
            bounds=_arguments(settings),
            options=tuple(_options(settings)),
            require_coverage=settings.get("require-coverage", False),
            place=place,
        )

    def _judge(
        self,
        where: str,
        table: dict[str, Any],
        keys: dict[str, tuple[_Test, str]],
        extra: Sequence[str] = (),
    ) -> None:
        known = [*keys, *extra]
        for key, value in table.items():
            if key not in known:
                self.problems.append(
                    f"{where}: there is no key {key!r}{meant(key, known)} "
                    f"There are: {', '.join(known)}."
                )
            elif key in keys and not keys[key][0](value):
                self.problems.append(f"{where}: {key} should be {keys[key][1]}; it is {value!r}.")

    def _parameters(self, where: str, table: Any) -> dict[str, str]:
        """Parameters as one would type them after -p."""
        found = {}
        for name, value in table.items() if isinstance(table, dict) else ():
            text = _typed(value)
            if name == "bug":
                self.problems.append(f'{where}: give a bug by bug = "…", not as a parameter.')
            elif text is None:
                self.problems.append(
                    f"{where}: parameters.{name} should be a number, a text, true, false or a list "
                    f"of texts without commas; it is {value!r}."
                )
            else:
                found[name] = text
        return found

    def _expectation(self, where: str, own: dict[str, Any]) -> Expectation:
        violates = own.get("violates", [])
        violates = [violates] if isinstance(violates, str) else violates
        only_violated = [key for key in ("violates", "steps") if key in own]
        if own.get("expect") == "holds" and only_violated:
            self.problems.append(
                f'{where}: expect = "holds" contradicts {" and ".join(only_violated)}; leave out '
                f"one of them."
            )
        violated = bool(only_violated) or own.get("expect") == "violated"
        return Expectation(
            Verdict.VIOLATED if violated else Verdict.HOLDS,
            tuple(violates) if isinstance(violates, list) else (),
            own.get("steps"),
            {key: own[key] for key in COUNTS if key in own},
        )

    def _target(self, model: str) -> str:
        """A file beside the configuration, named from the working directory."""
        path, colon, factory = model.rpartition(":")
        if model in CATALOGUE or not path.endswith(".py"):
            path, colon, factory = model, "", ""
        if not path.endswith(".py"):
            return model
        beside = self.path.resolve().parent / path
        try:
            relative = os.path.relpath(beside)
        except ValueError:  # on another drive
            relative = str(beside)
        return f"{relative}{colon}{factory}"


def _typed(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        parts = [_typed(one) for one in value if not isinstance(one, list)]
        whole = [part for part in parts if part and "," not in part]
        return ",".join(whole) if len(whole) == len(value) else None
    return None


def _arguments(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `explore`; `max_bytes` is left out where there was nothing said of it."""
    found = {
        name.replace("-", "_"): settings[name]
        for name in ("max-states", "max-depth", "max-seconds", "threads", "engine", "keep-going")
        if name in settings
    }
    if "max-bytes" in settings:
        found["max_bytes"] = _bytes(settings["max-bytes"])
    return found


def _options(settings: Mapping[str, Any]) -> list[str]:
    """The options of `islander check` that say the same."""
    words: list[str] = []
    for name, value in settings.items():
        if value is True:
            words.append(f"--{name}")
        elif value is not False:
            words += [f"--{name}", str(value)]
    return words
