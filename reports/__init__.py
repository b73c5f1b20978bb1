"""What people look at and tools read: verdicts, traces and graphs as text and files."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .checkpoint import Checkpoint
from .files import check_writable, write_whole
from .text import result_lines, trace_lines, violation_lines
from .trace_file import Replay, SavedTrace, Source, read_trace, replay, save_trace, trace_document
from .trace_formats import Telling, trace_format, written

if TYPE_CHECKING:
    from .state_graph import check_graph, check_size, check_suffix, save_graph, to_networkx
    from .why import coverage_lines, truth_lines, witness_lines

__all__ = [
    "Checkpoint",
    "Replay",
    "SavedTrace",
    "Source",
    "Telling",
    "check_graph",
    "check_size",
    "check_suffix",
    "check_writable",
    "coverage_lines",
    "read_trace",
    "replay",
    "result_lines",
    "save_graph",
    "save_trace",
    "to_networkx",
    "trace_document",
    "trace_format",
    "trace_lines",
    "truth_lines",
    "violation_lines",
    "witness_lines",
    "write_whole",
    "written",
]

_LATE = {
    "state_graph": ("check_graph", "check_size", "check_suffix", "save_graph", "to_networkx"),
    "why": ("coverage_lines", "truth_lines", "witness_lines"),
}
"""Modules, and what is imported from them when it is first asked for: not every command does."""


def __getattr__(name: str) -> Any:
    for module, names in _LATE.items():
        if name in names:
            return getattr(import_module(f".{module}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
