"""How long `scorecard --help` takes, beside an interpreter that does nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.harness import compare


def main() -> None:
    """Compare the two."""
    program = Path(sys.executable).with_name("scorecard")
    compare(
        "scorecard --help against python -c pass",
        lambda: subprocess.run([program, "--help"], check=True, capture_output=True),
        lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
        rounds=9,
    )


if __name__ == "__main__":
    main()
