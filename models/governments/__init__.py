"""The government protocol: an atomic log, kept by islanders that form governments."""

from .model import ENTRY, governments

__all__ = ["ENTRY", "governments"]
