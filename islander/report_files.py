"""The files that CI reads: JUnit, SARIF and GitHub's Markdown, of one check or of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from . import __version__
from .explorer import Result, Verdict
from .reports import write_whole
from .reports.summary import Summary

Diagrams = Mapping[tuple[str, str], str]
"""Mermaid diagrams, by the names of check and property."""


def write_reports(
    summaries: Sequence[Summary],
    diagrams: Diagrams,
    *,
    junit: Path | None = None,
    sarif: Path | None = None,
    github: Path | None = None,
) -> list[Path]:
    """Write those that are wanted, each whole; the paths that were written. SARIF names files
    relative to the working directory."""
    written = []
    if junit:
        from .reports.junit import junit_xml

        write_whole(junit, junit_xml(summaries))
        written.append(junit)
    if sarif:
        from .reports.sarif import sarif_json

        write_whole(sarif, sarif_json(summaries, Path.cwd(), __version__))
        written.append(sarif)
    if github:
        from .reports.github import github_markdown

        write_whole(github, github_markdown(summaries, diagrams))
        written.append(github)
    return written


def diagrams_of(name: str, result: Result) -> dict[tuple[str, str], str]:
    """Diagrams of all violations in a result of the check called `name`."""
    from .reports.mermaid import mermaid_trace

    return {
        (name, found.name): mermaid_trace(found.trace, found.name)
        for found in result.properties.values()
        if found.verdict is Verdict.VIOLATED and found.trace
    }
