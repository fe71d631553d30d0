"""kill -9 at random instants of a refresh: nothing is lost, doubled or torn, on either store."""

from __future__ import annotations

from tests.crash.harness import Trial

KILLS = 20


def test_a_kill_at_any_instant_loses_doubles_and_tears_nothing(trial: Trial) -> None:
    while trial.kills < KILLS:
        trial.kill_somewhere()
    assert trial.faults == []


def test_a_store_that_commits_one_by_one_is_caught(trial: Trial) -> None:
    trial.kind = "one by one"
    while trial.kills < KILLS and not trial.faults:
        trial.kill_somewhere()
    assert any("says that it wrote" in fault for fault in trial.faults)


def test_a_store_that_says_everything_again_is_caught(trial: Trial) -> None:
    trial.kind = "repeating"
    trial.next()
    trial.complete()
    assert any("say again what the row before them said" in fault for fault in trial.faults)
    assert any("with rows added" in fault for fault in trial.faults)
