from api.refresh.refresher import refresher_of
from scorecard.scoring_record import scoring_text
from tests.api.northwind import NOW


def test_what_refreshes_a_project_keeps_what_it_is_scored_by(fresh):
    made = refresher_of(fresh, lambda: NOW)
    assert made.scored_by == scoring_text(fresh.catalog, fresh.board, fresh.hashes)
    assert (made.store, made.commit, made.clock()) == (fresh.store, fresh.commit, NOW)
    made.store.record_refresh(NOW, NOW, 0, 0, scored_by=made.scored_by)
    (use,) = fresh.store.scorings.uses(NOW)
    assert fresh.store.scorings.find(use.hash) == made.scored_by
