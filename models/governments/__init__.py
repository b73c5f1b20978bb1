"""The government protocol: an atomic log, kept by islanders that form governments."""
