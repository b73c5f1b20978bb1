"""`islander ci`: all checks of a project, what came of them, and what changed.

The order is that nothing is lost: what was typed and written is judged first, then every model is
made, and only then anything explored; files are written last, each whole.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.text import Text

from .ci_config import Check, meant, read_configuration, selected
from .ci_report import (
    Changes,
    change_lines,
    conclusion_lines,
    cut_lines,
    detail_lines,
    note_lines,
    progress_text,
    table_lines,
)
from .ci_run import Made, Progress, cores, make_all, run_all
from .ci_verdict import Outcome, Standing
from .explorer import UsageError
from .output import console_and_width
from .report_files import write_reports
from .reports import check_writable, write_whole
from .reports.baseline import (
    KeptCheck,
    baseline_text,
    differences,
    read_baseline,
    refuse_other_models,
)


@dataclass(frozen=True)
class CiOptions:
    """What `islander ci` is asked: `names` select checks, `jobs` is None for all cores, and the
    rest are files."""

    names: Sequence[str] = ()
    config: Path | None = None
    jobs: int | None = None
    baseline: Path | None = None
    save_baseline: Path | None = None
    fail_on_change: bool = False
    junit: Path | None = None
    sarif: Path | None = None
    github: Path | None = None


def run_ci(options: CiOptions) -> int:
    """Run the checks and tell what came of them. Gives the exit code: 0 all as expected, 1 some
    check is not, or has changed and that fails, 3 some check is incomplete and none is worse.

    Raises UsageError, before anything runs, for what cannot be done.
    """
    configuration = read_configuration(options.config)
    checks = selected(configuration, options.names)
    _check_options(options, configuration.path)
    kept = read_baseline(options.baseline) if options.baseline else None
    jobs = options.jobs or cores()
    made = make_all(checks, jobs)
    _refuse_unmade(configuration.path, checks, made)
    if options.baseline and kept is not None:
        now = {c.name: (m.model, c.kept_source) for c, m in _whole(checks, made)}
        refuse_other_models(options.baseline, kept, now)
    with _live(len(checks)) as on_progress:
        outcomes = run_all(checks, made, jobs, bool(options.github), on_progress)
    changes = None
    if options.baseline and kept is not None:
        every = {check.name for check in configuration.checks}
        changes = _changes(str(options.baseline), kept, outcomes, every)
    _show(outcomes, changes)
    _write(options, outcomes)
    standings = {one.standing for one in outcomes}
    if Standing.UNEXPECTED in standings or (options.fail_on_change and changes and changes.any):
        return int(Standing.UNEXPECTED)
    return int(Standing.UNDECIDED if Standing.UNDECIDED in standings else Standing.EXPECTED)


# -- before anything runs -------------------------------------------------------------------------


def _check_options(options: CiOptions, configuration: Path) -> None:
    if options.jobs is not None and options.jobs < 1:
        raise UsageError(f"--jobs must be a number of at least 1; got {options.jobs}.")
    if options.fail_on_change and options.baseline is None:
        raise UsageError("--fail-on-change needs a --baseline FILE to compare with.")
    if options.save_baseline and options.names:
        raise UsageError(
            "--save-baseline is of all checks; with names, those of the others would be lost. "
            "Leave the names out."
        )
    written = {
        "--save-baseline": options.save_baseline,
        "--junit": options.junit,
        "--sarif": options.sarif,
        "--github": options.github,
    }
    taken = {configuration.resolve(): "the configuration"}
    if options.baseline and options.save_baseline != options.baseline:
        taken[options.baseline.resolve()] = "--baseline"
    for option, path in written.items():
        if path is None:
            continue
        if path.resolve() in taken:
            raise UsageError(f"{taken[path.resolve()]} and {option} both name {path}.")
        taken[path.resolve()] = option
        check_writable(path)
    if options.save_baseline and options.save_baseline.exists():
        try:
            read_baseline(options.save_baseline)
        except UsageError as error:
            raise UsageError(
                f"--save-baseline would overwrite what is no baseline: {error} "
                f"If it can go, remove it first."
            ) from error


def _whole(checks: Sequence[Check], made: Sequence[Made]) -> Iterator[tuple[Check, Made]]:
    """The checks whose models could be made."""
    return ((c, m) for c, m in zip(checks, made, strict=True) if not m.died)


def _refuse_unmade(path: Path, checks: Sequence[Check], made: Sequence[Made]) -> None:
    """Raise UsageError that tells of all checks whose model is none, or lacks a property."""
    problems = []
    for check, one in _whole(checks, made):
        where = f"{path}, {check.place}"
        if one.error:
            problems.append(f"{where}: {one.error}")
            continue
        for name in check.expected.violates:
            if name not in one.properties:
                problems.append(
                    f"{where}: {one.model!r} has no property {name!r}"
                    f"{meant(name, one.properties)} "
                    f"It has: {', '.join(map(repr, one.properties)) or 'none'}."
                )
    if problems:
        raise UsageError("\n".join(problems))


# -- while it runs --------------------------------------------------------------------------------


@contextmanager
def _live(of: int) -> Iterator[Callable[[Progress], None]]:
    """Give a callback that tells how far the checks are, on a terminal, and, anywhere but once,
    that kernels are compiled."""
    console = Console(stderr=True, highlight=False)
    told: list[bool] = []

    def tell_compiling(progress: Progress) -> None:
        if progress.compiling and not told:
            told.append(True)
            console.print(
                "Compiling the search kernels. They are kept; it takes about half a minute.",
                soft_wrap=True,
            )

    if not console.is_terminal:
        yield tell_compiling
        return
    with Live(console=console, transient=True, refresh_per_second=5) as live:

        def show(progress: Progress) -> None:
            tell_compiling(progress)
            text = progress_text(progress, of)
            live.update(Text(text, style="dim", no_wrap=True, overflow="crop"))

        yield show


# -- afterwards -----------------------------------------------------------------------------------


def _changes(
    since: str, kept: Mapping[str, KeptCheck], outcomes: Sequence[Outcome], every: set[str]
) -> Changes:
    found = {}
    for one in outcomes:
        was = kept.get(one.check.name)
        found[one.check.name] = None if was is None else differences(was, one.summary)
    return Changes(since, found, tuple(name for name in kept if name not in every))


def _show(outcomes: Sequence[Outcome], changes: Changes | None) -> None:
    console, width = console_and_width()
    lines = [*table_lines(outcomes, changes, width), Text()]
    for one in outcomes:
        if one.standing is not Standing.EXPECTED:
            lines += [*detail_lines(one, width), Text()]
    if cut := cut_lines(outcomes, width):
        lines += [*cut, Text()]
    if notes := note_lines(outcomes, width):
        lines += [*notes, Text()]
    if changes and changes.any:
        lines += [*change_lines(changes, width), Text()]
    for line in [*lines, *conclusion_lines(outcomes, changes, width)]:
        console.print(line, soft_wrap=True)


def _write(options: CiOptions, outcomes: Sequence[Outcome]) -> None:
    judged = [one.judged() for one in outcomes]
    diagrams = {
        (one.summary.name, name): diagram
        for one in outcomes
        for name, diagram in (one.diagrams or {}).items()
    }
    files = {"junit": options.junit, "sarif": options.sarif, "github": options.github}
    write_reports(judged, diagrams, **files)
    if options.save_baseline:
        _save_baseline(options.save_baseline, outcomes)


def _save_baseline(path: Path, outcomes: Sequence[Outcome]) -> None:
    try:
        text = baseline_text(
            [replace(one.summary, source=one.check.kept_source) for one in outcomes]
        )
    except UsageError as error:
        print(f"{path} was not written: {error}", file=sys.stderr)
        return
    write_whole(path, text)
    console_and_width()[0].print(Text(f"baseline written to {path}"), soft_wrap=True)
