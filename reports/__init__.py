"""What people look at and tools read: verdicts, traces and graphs as text and files."""

from .checkpoint import Checkpoint
from .files import check_writable, write_whole
from .state_graph import check_graph, check_size, check_suffix, save_graph, to_networkx
from .text import result_lines, trace_lines, violation_lines
from .trace_file import Replay, SavedTrace, Source, read_trace, replay, save_trace, trace_document
from .trace_formats import Telling, trace_format, written
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
