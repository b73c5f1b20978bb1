"""The command line: `islander check`, `resume`, `simulate`, `models`, `replay`, `serve` and `ci`.

Exit codes: 0 all properties hold (or the trace replays), 1 violated (or the trace and the model
part), 2 a mistake in usage or model, 3 incomplete, 130 interrupted outside a search.
"""

from __future__ import annotations

import json
import secrets
import shlex
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from . import __version__, reports
from .exits import EXITS, Exit, reported
from .explorer import (
    ENGINES,
    Model,
    PropertyResult,
    Result,
    Simulation,
    UsageError,
    Verdict,
    explore,
    simulate,
)
from .explorer.walks import WalkProgress
from .listing import described, show_target
from .live import brief, live_line
from .loading import file_and_factory, find_target, make_model, parse_assignments
from .models import CATALOGUE
from .named_inside import same_model, target_named
from .options import (
    AsPublished,
    Assignments,
    Bounds,
    Bug,
    CountInterleavings,
    Every,
    GraphOptions,
    HtmlStates,
    KeepGoing,
    MaxSeconds,
    ModelName,
    ReportOptions,
    ScheduleFile,
    SummaryFiles,
    Threads,
    TraceOptions,
)
from .output import (
    Output,
    console_and_width,
    print_trace,
    say,
    show_lines,
    tell,
    to_save,
)
from .schedule_files import schedule_in, schedule_trace
from .streams import keep_printing, printed

SEEDS = 1 << 32
"""One of so many seeds is drawn where none is given."""

app = typer.Typer(
    name="islander",
    help="Checks consensus protocols by walking every order in which their messages can arrive.",
    epilog="Exit codes: 0 holds, 1 violated, 2 usage or model error, 3 incomplete.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Run the command line."""
    keep_printing()
    try:
        app()
    except SystemExit as end:
        lost = printed()
        if lost is None:
            raise
        tell(UsageError(f"cannot write the output: {lost.strerror or lost}."), debug=False)
        raise SystemExit(Exit.USAGE) from end
    except Exception:  # exit code 1, which Python would give it, means violated
        try:
            traceback.print_exc()
        finally:
            sys.exit(Exit.USAGE)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        print(f"islander {__version__}")
        raise typer.Exit(Exit.HOLDS)


@app.command()
@reported
def check(
    model: ModelName,
    *,
    parameter: Assignments = None,
    bug: Bug = None,
    as_published: AsPublished = False,
    bounds: Bounds,
    engine: Annotated[str, typer.Option(help="The engine that explores.")] = ENGINES[0],
    threads: Threads = 1,
    keep_going: KeepGoing = False,
    count_interleavings: CountInterleavings = False,
    traces: TraceOptions,
    schedule: ScheduleFile = None,
    graphs: GraphOptions,
    files: ReportOptions,
    summaries: SummaryFiles,
    checkpoint: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the search there, to resume it.")
    ] = None,
    checkpoint_every: Every = 10.0,
) -> Exit:
    """Explore every interleaving of a model and judge its properties."""
    checked, source, keep_going = _asked(model, parameter, bug, as_published, keep_going)
    beside = tuple(path for path in (schedule, checkpoint) if path)
    output = Output(checked, source, traces, graphs, files, summaries, beside)
    if schedule:
        _check_recordable(checked, schedule)
    options: dict[str, Any] = {
        **bounds.arguments(engine),
        "keep_going": keep_going,
        "count_interleavings": count_interleavings,
    }
    keeper = None
    if checkpoint:
        keeper = reports.Checkpoint(checkpoint, source, options, __version__, checkpoint_every)
        keeper.create()
    result = _explore(checked, engine=engine, threads=threads, checkpoint=keeper, **options)
    again = bounds.words()
    again += ["--keep-going"] if keep_going else []
    again += ["--trace-of", traces.trace_of] if traces.trace_of else []
    again += ["--require-coverage"] if files.require_coverage else []
    output.show(result, again)
    if schedule:
        _save_schedule(schedule, to_save(result, traces.trace_of))
    return _exit(result, files)


@app.command()
@reported
def resume(
    directory: Annotated[Path, typer.Argument(help="What `islander check --checkpoint` wrote.")],
    *,
    model: Annotated[
        str | None, typer.Option(help="Where the model is; needed if it is not beside DIRECTORY.")
    ] = None,
    bounds: Bounds,
    threads: Threads = 1,
    count_interleavings: CountInterleavings = False,
    traces: TraceOptions,
    graphs: GraphOptions,
    files: ReportOptions,
    summaries: SummaryFiles,
    checkpoint_every: Every = 10.0,
) -> Exit:
    """Go on with a search that was kept with --checkpoint, to the same counts and verdicts.

    The checkpoint names the model, and the Python file that makes it is run. A file that is not in
    the directory that holds the checkpoint, or below, is run only if --model names it.
    """
    keeper = reports.Checkpoint(directory, package=__version__, every=checkpoint_every)
    written = keeper.open()
    if written.source is None:
        raise UsageError(f"{directory} does not say which model it is of; resume it from Python.")
    given = dict(written.source.parameters)
    bug = given.pop("bug", None)
    target = model or _named_in(directory, written.source, "resume")
    checked = make_model(find_target(target), given, bug)
    source = reports.Source(target, written.source.parameters)
    output = Output(checked, source, traces, graphs, files, summaries)
    result = _explore(
        checked,
        threads=threads,
        **bounds.arguments(),
        keep_going=bool(written.options.get("keep_going")),
        count_interleavings=count_interleavings or bool(written.options.get("count_interleavings")),
        checkpoint=keeper,
    )
    going = ["--keep-going"] if written.options.get("keep_going") else []
    output.show(result, [*bounds.words(), *going])
    return _exit(result, files)


@app.command("simulate")
@reported
def walk(
    model: ModelName,
    *,
    parameter: Assignments = None,
    bug: Bug = None,
    walks: Annotated[int, typer.Option(help="Take at most this many walks.")] = 1000,
    depth: Annotated[int, typer.Option(help="End a walk after this many steps.")] = 200,
    seed: Annotated[
        int | None, typer.Option(help="Take the walks of this seed; default: a random one.")
    ] = None,
    max_seconds: MaxSeconds = None,
    traces: TraceOptions,
) -> Exit:
    """Take random walks through a model that is too large to check."""
    checked, source, _ = _asked(model, parameter, bug)
    output = Output(checked, source, traces)
    result = _simulate(
        checked,
        walks=walks,
        depth=depth,
        seed=secrets.randbelow(SEEDS) if seed is None else seed,
        max_seconds=max_seconds,
    )
    again = ["--walks", str(walks), "--depth", str(depth), "--seed", str(result.seed)]
    output.show(result, again)
    return EXITS[result.verdict]


@app.command("serve")
@reported
def serve_page(
    model: ModelName,
    *,
    parameter: Assignments = None,
    bug: Bug = None,
    as_published: AsPublished = False,
    bounds: Bounds,
    threads: Threads = 1,
    keep_going: KeepGoing = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 0,
    html_states: HtmlStates = 2000,
) -> Exit:
    """Explore a model in the browser: any state can be opened, any step be taken."""
    from .serve import serve

    checked, source, keep_going = _asked(model, parameter, bug, as_published, keep_going)
    result = _explore(checked, threads=threads, keep_going=keep_going, **bounds.arguments())
    show_lines(reports.result_lines(result, console_and_width()[1]))
    told = "\nThe page is at {}\nCtrl-C ends it."
    serve(
        result,
        source,
        port=port,
        states=html_states,
        ready=lambda url: say(told.format(url)),
    )
    return Exit.HOLDS


@app.command("ci")
@reported
def run_checks(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Only these checks, or those that match: 'paxos*'.", show_default=False
        ),
    ] = None,
    *,
    config: Annotated[
        Path | None,
        typer.Option(help="Read [tool.islander] there, not in the nearest pyproject.toml."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", help="So many at a time; default: all cores.")
    ] = None,
    baseline: Annotated[Path | None, typer.Option(help="Tell what changed since.")] = None,
    save_baseline: Annotated[
        Path | None, typer.Option(help="Keep what all checks came to.")
    ] = None,
    fail_on_change: Annotated[
        bool,
        typer.Option("--fail-on-change", help="Exit 1 if anything is not as in the baseline."),
    ] = False,
    files: SummaryFiles,
) -> Exit:
    """Run all checks that the project's pyproject.toml lists, and compare with what it expects."""
    from .ci import CiOptions, run_ci  # which --help has no need of

    options = CiOptions(names or (), config, jobs, baseline, save_baseline, fail_on_change)
    return Exit(run_ci(replace(options, **vars(files))))


@app.command()
@reported
def models(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> Exit:
    """List the models that ship, with their parameters and seeded bugs."""
    targets = [find_target(name) for name in CATALOGUE]
    if as_json:
        print(json.dumps([described(target) for target in targets], indent=1))
        return Exit.HOLDS
    for target in targets:
        show_target(target)
    return Exit.HOLDS


@app.command()
@reported
def replay(
    file: Annotated[
        Path, typer.Argument(help="What `islander check --trace` wrote, or a schedule.")
    ],
    model: Annotated[
        str | None,
        typer.Option(help="Replay on this model; needed if it is not beside the trace."),
    ] = None,
    parameter: Assignments = None,
    bug: Bug = None,
    trace_format: Annotated[
        str | None,
        typer.Option(metavar="FORMAT", help="Print the trace in this format, and nothing else."),
    ] = None,
) -> Exit:
    """Take the steps of a saved trace again, and say where it stops agreeing with the model.

    The trace names the model, and the Python file that makes it is run. A file that is not in the
    directory of the trace, or below, is run only if --model names it.

    Of a schedule of islanders, print the trace: one JSON object a line, what each step does.
    """
    schedule = schedule_in(file)
    if schedule is not None:
        if model or parameter or bug or trace_format:
            raise UsageError(
                f"{file} is a schedule; it takes no --model, no -p, no --bug and no --trace-format."
            )
        typer.echo(schedule_trace(file, schedule), nl=False)
        return Exit.HOLDS
    saved = reports.read_trace(file)
    source = saved.source
    own = source is not None and (model is None or same_model(file, source.target, model))
    given = dict(source.parameters) if source and own else {}
    given |= parse_assignments(parameter or [])
    seeded = given.pop("bug", None)
    target = find_target(model or _named_in(file, source, "replay"))
    wanted = trace_format and reports.trace_format(None, trace_format)
    replayed = reports.replay(make_model(target, given, bug or seeded), saved)
    if wanted and not replayed.disagreement:
        told = reports.Telling(replayed.trace, source, saved.property, saved.explanation)
        print_trace(reports.written(told, wanted), wanted)
        return Exit.HOLDS
    _, width = console_and_width()
    show_lines([*reports.trace_lines(replayed.trace, width), Text()])
    if replayed.disagreement:
        say(f"The trace and the model part at {replayed.disagreement}", style="red")
        return Exit.VIOLATED
    say(f"All {len(saved.steps)} steps agree with the model.")
    if saved.property:
        say(f"The trace was saved for {saved.property!r}. {saved.explanation}")
    return Exit.HOLDS


# -- schedules ----------------------------------------------------------------------------------


def _check_recordable(checked: Model, path: Path) -> None:
    """Raise UsageError if there will be no schedule to write, or it could not be written."""
    from .models.governments.recording import members_of

    members_of(checked)
    reports.check_writable(path)


def _save_schedule(path: Path, found: PropertyResult | None) -> None:
    from .models.governments.recording import recorded

    if found is None or found.trace is None:
        of = f"trace of {found.name!r}" if found is not None else "counterexample"
        say(f"There is no {of}: {path} was not written.")
        return
    reports.write_whole(path, recorded(found.trace).text)
    again = shlex.join(["islander", "replay", str(path)])
    say(f"schedule written to {path}; to follow it:\n  {again}")


def _asked(
    model: str,
    parameter: list[str] | None,
    bug: str | None,
    as_published: bool = False,
    keep_going: bool = False,
) -> tuple[Model, reports.Source, bool]:
    """The model that was asked for, how it was named, and whether to go on after a violation."""
    given = parse_assignments(parameter or [])
    if as_published:
        given["as_published"] = "true"
    checked = make_model(find_target(model), given, bug)
    source = reports.Source(model, given | ({"bug": bug} if bug else {}))
    return checked, source, keep_going or as_published  # which goes wrong in more than one way


def _exit(result: Result, files: ReportOptions) -> Exit:
    """The exit code of a search; a coverage that is required and wanting makes it no success."""
    if result.verdict is not Verdict.HOLDS or not files.require_coverage:
        return EXITS[result.verdict]
    coverage = result.coverage
    if coverage.wanting:
        return Exit.VIOLATED
    return Exit.INCOMPLETE if coverage.unread else Exit.HOLDS


# -- exploring ----------------------------------------------------------------------------------


def _explore(checked: Model, **options: Any) -> Result:
    """`explore`, with how far it is on the terminal."""
    with live_line(Console(stderr=True)) as on_progress:
        return explore(checked, on_progress=on_progress, on_compile=_tell_compiling, **options)


def _simulate(checked: Model, **options: Any) -> Simulation:
    """`simulate`, with how far it is on the terminal."""
    console = Console(stderr=True)
    with console.status("") as status:

        def show(progress: WalkProgress) -> None:
            rate = progress.steps / progress.seconds if progress.seconds > 0 else 0.0
            text = f"{brief(progress.walks)} walks  {brief(progress.steps)} steps  {brief(rate)}/s"
            status.update(Text(text, style="dim"))

        on_progress = show if console.is_terminal else None
        return simulate(checked, on_progress=on_progress, on_compile=_tell_compiling, **options)


def _tell_compiling() -> None:
    print(
        "Compiling the search kernels. They are kept; it takes about half a minute.",
        file=sys.stderr,
        flush=True,
    )


def _named_in(path: Path, source: reports.Source | None, command: str) -> str:
    """The target that a trace or a checkpoint names; which file will be run is told."""
    if source is None:
        raise UsageError(f"{path} does not say which model it is of; name it with --model.")
    target = target_named(path, source.target, ["islander", command, str(path)])
    found = file_and_factory(target)
    if found is not None:
        say(f"running {found[0]}, which {path} names", aside=True)
    return target
