"""`python -m islander` is `islander`."""

from .cli import main

main()
