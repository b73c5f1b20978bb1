"""Random models over everything the API has, against an explorer that shares no code with Islander.

`python -m tests.adversary` runs it; see docs/testing.md.
"""
