"""A kind's code version rises when its golden results change, and only then: tried on a repository of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.metrics.kinds.golden import (
    GoldenResult,
    HistoryMissing,
    committed,
    raised_for_nothing,
    same,
    unraised,
)

UNRAISED = (
    "code version 1 was committed with other results: raise the kind's code version, "
    "or leave the rows and definitions that stand in the golden project as they are"
)
FOR_NOTHING = (
    "code version 2 has the results of 1: leave the version as it was, "
    "or add a golden metric that shows what changed"
)


def result(code_version: int, *values: float | None) -> GoldenResult:
    return GoldenResult(code_version, [{"state": "final", "value": value} for value in values])


class Repository:
    """The golden results of a kind in a repository of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = folder / "results"
        self.results.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> None:
        person = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *person, *arguments], cwd=self.folder, check=True, capture_output=True)

    def write(self, **results: GoldenResult) -> None:
        for name, written in results.items():
            (self.results / f"{name}.json").write_text(written.text(), encoding="utf-8")

    def commit(self, **results: GoldenResult) -> None:
        self.write(**results)
        self.git("add", "--all")
        self.git("commit", "-q", "-m", "Results")

    def refused(self) -> list[str]:
        """Return what is said of the results that stand in the folder."""
        past = committed(self.results)
        now = {
            path.stem: GoldenResult.parse(path.read_text(encoding="utf-8")) for path in self.results.iterdir()
        }
        said = [unraised(stands, past.get(name, ())) for name, stands in sorted(now.items())]
        return [reason for reason in (*said, raised_for_nothing(now, past)) if reason]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    made.commit(share=result(1, 0.5, None))
    return made


def test_what_was_committed_may_stand(repository: Repository) -> None:
    assert repository.refused() == []


@pytest.mark.parametrize("values", [(0.25, None), (0.5, 0.0), (0.5,), (0.5, None, 1.0)])
def test_changed_results_under_the_same_version_are_refused(
    repository: Repository, values: tuple[float | None, ...]
) -> None:
    repository.write(share=result(1, *values))
    assert repository.refused() == [UNRAISED]


def test_committing_them_does_not_help(repository: Repository) -> None:
    repository.commit(share=result(1, 0.25, None))
    assert repository.refused() == [UNRAISED]
    repository.git("checkout", "-q", "-b", "later")
    repository.commit(note=result(1, 1.0))
    assert repository.refused() == [UNRAISED]


def test_nor_does_a_merge(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "side")
    repository.commit(share=result(2, 0.25, None))
    repository.git("checkout", "-q", "main")
    repository.commit(note=result(1, 1.0))
    repository.git("merge", "-q", "-s", "ours", "-m", "Merge", "side")
    repository.write(share=result(2, 0.75, None))
    assert repository.refused() == [UNRAISED.replace("1", "2")]


def test_changed_results_under_a_raised_version_are_accepted(repository: Repository) -> None:
    repository.write(share=result(2, 0.25, None))
    assert repository.refused() == []
    repository.write(share=result(2, 0.75, None))
    assert repository.refused() == []
    repository.commit()
    assert repository.refused() == []


def test_a_raised_version_without_changed_results_is_refused(repository: Repository) -> None:
    repository.write(share=result(2, 0.5, None))
    assert repository.refused() == [FOR_NOTHING]
    repository.commit()
    assert repository.refused() == [FOR_NOTHING]


def test_one_changed_result_raises_the_version_of_a_kind_s_others(repository: Repository) -> None:
    repository.commit(share_per=result(1, 0.5))
    repository.write(share=result(2, 0.5, None), share_per=result(2, 0.5))
    assert repository.refused() == [FOR_NOTHING]
    repository.write(share_per=result(2, 0.25))
    assert repository.refused() == []


def test_a_new_result_shows_what_no_other_did(repository: Repository) -> None:
    repository.write(share=result(2, 0.5, None), share_corner=result(2, 0.125))
    assert repository.refused() == []


def test_a_version_falls_to_what_it_stood_for_alone(repository: Repository) -> None:
    repository.commit(share=result(3, 0.25, None))
    repository.write(share=result(2, 0.75, None))
    assert repository.refused() == ["code version 2 is lower than 3, which was committed"]
    repository.write(share=result(1, 0.75, None))
    assert repository.refused() == [UNRAISED]
    repository.write(share=result(1, 0.5, None))
    assert repository.refused() == []


def test_last_digits_are_no_change_and_more_is() -> None:
    assert same(result(1, 0.1).estimates, result(1, 0.1 + 1e-15).estimates)
    assert not same(result(1, 0.1).estimates, result(1, 0.1 + 1e-12).estimates)


def test_a_field_may_come_and_none_may_go() -> None:
    less, more = [{"value": 1.0}], [{"value": 1.0, "unit": "GBP"}]
    assert same(more, less)
    assert not same(less, more)


def test_without_the_whole_history_nothing_is_said(
    repository: Repository, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    with pytest.raises(HistoryMissing, match=f"^{outside.name} stands in no git checkout$"):
        committed(outside)
    repository.commit(share=result(2, 0.25, None))
    subprocess.run(
        ["git", "clone", "-q", "--depth", "1", repository.folder.as_uri(), str(outside / "clone")],
        check=True, capture_output=True,
    )  # fmt: skip
    with pytest.raises(
        HistoryMissing, match=r"^the checkout holds only the newest commits: git fetch --unshallow$"
    ):
        committed(outside / "clone" / "results")
