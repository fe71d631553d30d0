"""Send 10,000 spoiled requests to the server over a real socket: which statuses, and whether any finds a fault.

`python -m benchmarks.requests [count]`. A fault is named with its number: `tests.api.serving.mutated` makes it again.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from api.app import create_app
from tests.api.northwind import NOW, build
from tests.api.serving.mutated import requests
from tests.api.serving.test_mutated import fault_of
from tests.api.serving.test_serving import running

COUNT = 10_000


def main() -> None:
    """Send all of them and print what was found."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    with tempfile.TemporaryDirectory() as folder:
        project = build(Path(folder))
        began = time.perf_counter()
        with running(create_app(project, now=lambda: NOW), 4) as server:
            faults = {
                number: found
                for number, text in enumerate(requests(count))
                if (found := fault_of(server, text)) is not None
            }
            alive = server.get("/healthz")[0] == 200
        project.store.close()
    print(f"{count:,} requests in {time.perf_counter() - began:.0f} s: {len(faults)} faults, alive: {alive}")
    for number, found in list(faults.items())[:20]:
        print(f"    {number}: {found!r}")


if __name__ == "__main__":
    main()
