"""Runs the command line: ``python -m assistant``."""

from assistant.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
