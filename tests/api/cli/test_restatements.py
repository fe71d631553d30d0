"""What is another by now, on the terminal and as JSON."""

from __future__ import annotations

import json

from tests.api.cli.shop import run


def test_nothing_that_was_final_has_moved(computed):
    done = run(computed, "restatements", "--since", "2026-04-20T12:00")
    assert done.exit_code == 2
    assert "20 April 2026 12:00 is yet to come: nothing is known as of then" in done.stderr
    done = run(computed, "restatements", "--since", "2026-04-19")
    assert done.exit_code == 0
    assert "No figure that was final before 2026-04-18 23:00 UTC is another by now." in done.stdout
    assert "told for the first time since" in done.stderr
    found = json.loads(run(computed, "restatements", "--since", "2026-04-19", "--json").stdout)
    assert (found["moved"], found["new"] > 0) == ([], True)
    done = run(computed, "restatements", "--since", "2026-04-19", "--metric", "nothing")
    assert (done.exit_code, "no metric is called 'nothing'" in done.stderr) == (2, True)
