import pytest

from api.project.reloading import Live


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def live(fresh, clock):
    return Live(fresh, clock=clock)


def revenue_file(live):
    return live.project.root / "definitions/metrics/sales/revenue.yml"


def change(path, old, new):
    path.write_text(path.read_text().replace(old, new) + "# touched\n")


def test_a_changed_definition_is_read_when_a_look_is_due(live, clock):
    before = live.project
    change(revenue_file(live), "label: Revenue", "label: Turnover")
    clock.now = 1.9
    assert live.project is before
    clock.now = 2.0
    assert live.project.catalog.metric("revenue").label == "Turnover"
    assert live.project.store is before.store
    assert live.rejected == ()


def test_unchanged_files_are_not_read_again(live, clock):
    before = live.project
    clock.now = 10.0
    assert live.project is before


def test_a_new_hash_follows_a_new_meaning(live, clock):
    before = live.project.hash_of("revenue")
    change(revenue_file(live), "measure: sum(amount)", "measure: count")
    clock.now = 2.0
    assert live.project.hash_of("revenue") != before


def test_wrong_definitions_leave_the_running_ones(live, clock):
    before = live.project
    change(revenue_file(live), "direction: up", "direction: sideways")
    clock.now = 2.0
    assert live.project is before
    assert len(live.rejected) >= 1
    assert live.rejected[0].startswith("definitions/metrics/sales/revenue.yml:7:12 ")
    change(revenue_file(live), "direction: sideways", "direction: up")
    clock.now = 4.0
    assert live.project is not before
    assert live.rejected == ()


def test_a_removed_metric_is_gone(live, clock):
    (live.project.root / "definitions/metrics/marketing/balanced_load.yml").unlink()
    scorecard = live.project.root / "definitions/scorecards/joint.yml"
    change(scorecard, "[lead_to_opportunity, balanced_load]", "[lead_to_opportunity]")
    clock.now = 2.0
    assert "balanced_load" not in live.project.catalog.metrics


def test_a_commit_is_seen(live, clock):
    git = live.project.root / ".git"
    git.mkdir()
    (git / "HEAD").write_text("a" * 40)
    clock.now = 2.0
    assert live.project.commit == "a" * 40
