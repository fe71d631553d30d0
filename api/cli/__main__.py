"""Run the command line with `python -m api.cli`."""

from __future__ import annotations

from api.cli import main

if __name__ == "__main__":
    main(prog_name="scorecard")
