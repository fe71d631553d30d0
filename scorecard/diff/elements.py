"""What scorecards are made of, and what they share, element by element."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from metrics.catalog.diff import ChangeClass
from metrics.loading.nodes import MappingNode, Node
from scorecard.diff.keys import written
from scorecard.edition import Edition
from scorecard.model import Scorecard
from scorecard.rule import Path, indicators, objectives, perspectives

_OWNERSHIP, _WEIGHT = ChangeClass.OWNERSHIP, ChangeClass.WEIGHT
_SEMANTIC, _COSMETIC = ChangeClass.SEMANTIC, ChangeClass.COSMETIC

KEYS: Mapping[str, Mapping[str, ChangeClass]] = {
    "scorecard": {"vision": _COSMETIC, "grain": _SEMANTIC, "missing": _WEIGHT, "reviews": _OWNERSHIP},
    "perspective": {"weight": _WEIGHT},
    "objective": {
        "perspective": _WEIGHT, "rollup": _WEIGHT, "champion": _OWNERSHIP, "initiatives": _OWNERSHIP,
        "statement": _COSMETIC, "drives": _COSMETIC,
    },
    "indicator": {"objective": _WEIGHT, "weight": _WEIGHT, "targets": ChangeClass.TARGET},
    "weights": {"": _WEIGHT},
    "company": {"company": _COSMETIC, "privacy": _SEMANTIC, "refresh": _COSMETIC, "strict": _COSMETIC},
    "department": {"head": _OWNERSHIP, "reviewers": _OWNERSHIP, "label": _COSMETIC},
    "milestone": {"label": _COSMETIC, "alignment": _SEMANTIC},
    "stage": {"leads": _OWNERSHIP, "supports": _OWNERSHIP, "phase": _SEMANTIC, "steps": _COSMETIC},
    "load": {"": _SEMANTIC},
    "source": {"url": _SEMANTIC, "timeout": _COSMETIC},
    "dataset": {"department": _OWNERSHIP, "invited": _SEMANTIC, "freshness": _COSMETIC, "link": _COSMETIC},
}  # fmt: skip
"""What a change of each key of an element is: how it counts, who answers for it, or how it is called.

An element whose key is empty is one value. Of a dataset and of the company, the keys stand here that no
definition hash holds.
"""

Id = tuple[str, str, str]


@dataclass(frozen=True)
class Element:
    """One element of a scorecard, or with an empty one of what they share: its values by key, and where it stands.

    `departments` are those whose it is, None where it is everybody's.
    """

    scorecard: str
    kind: str
    name: str
    values: Mapping[str, Any]
    place: tuple[str, str]
    path: Path = ()
    departments: tuple[str, ...] | None = None

    @property
    def id(self) -> Id:
        """Return what it is told from others by."""
        return self.scorecard, self.kind, self.name

    def node(self, key: str, edition: Edition) -> Node | None:
        """Return what is written under one of its keys, None where nothing is."""
        own = edition.places.node(*self.place, *self.path)
        return own.get(key) if isinstance(own, MappingNode) else None

    def text(self, key: str, edition: Edition) -> str | None:
        """Return one of its values in the words of its file, or as it holds without being written."""
        node, value = self.node(key, edition), self.values[key]
        if node is not None:
            return written(node)
        return f"{value:g}" if isinstance(value, float) else value if isinstance(value, str) else None


def elements(edition: Edition) -> Iterator[Element]:
    """Yield everything that scorecards are made of, then what they share."""
    for scorecard in edition.board.scorecards.values():
        yield from _of(scorecard, edition)
    yield from _shared(edition)
    yield from _read(edition)


def _values(record: Any, kind: str, **more: Any) -> Mapping[str, Any]:
    return {key: more.get(key, getattr(record, key, None)) for key in KEYS[kind]}


def _of(scorecard: Scorecard, edition: Edition) -> Iterator[Element]:
    """Yield a scorecard and its elements."""
    own, place = scorecard.scorecard, ("scorecard", scorecard.scorecard)
    yield Element(own, "scorecard", own, _values(scorecard, "scorecard"), place)
    parents: dict[Path, str] = {}
    for path, perspective in perspectives(scorecard):
        parents[path] = perspective.perspective
        values = _values(perspective, "perspective")
        yield Element(own, "perspective", perspective.perspective, values, place, path)
    for path, objective in objectives(scorecard):
        parents[path] = objective.objective
        values = _values(objective, "objective", perspective=parents[path[:-2]])
        yield Element(own, "objective", objective.objective, values, place, path)
    for path, indicator in indicators(scorecard):
        targets = edition.catalog.metrics[indicator.metric].targets
        values = _values(indicator, "indicator", objective=parents[path[:-2]], targets=targets)
        yield Element(own, "indicator", indicator.metric, values, place, path)
    for department, weights in scorecard.weights.items():
        yield Element(own, "weights", department, {"": dict(weights)}, place, ("weights", department))


def _shared(edition: Edition) -> Iterator[Element]:
    """Yield the company, its departments and milestones, the journey's stages and its load."""
    board, company, journey = edition.board, ("company", ""), ("journey", "")
    yield Element("", "company", "company", _values(edition.catalog.company, "company"), company)
    for name, department in board.departments.items():
        values = _values(department, "department")
        yield Element("", "department", name, values, company, ("departments", name), (name,))
    for index, milestone in enumerate(board.milestones):
        day = milestone.date.isoformat()
        # Several may share a day.
        more = sum(each.date == milestone.date for each in board.milestones[:index])
        name, values = f"{day} {more + 1}" if more else day, _values(milestone, "milestone")
        yield Element("", "milestone", name, values, company, ("milestones", index))
    for index, stage in enumerate(board.stages):
        values, departments = _values(stage, "stage"), (stage.leads, *stage.supports)
        yield Element("", "stage", stage.stage, values, journey, ("stages", index), departments)
    if board.load is not None:
        yield Element("", "load", "load", {"": board.load}, journey, ("load",))


def _read(edition: Edition) -> Iterator[Element]:
    """Yield what is read: the sources and the datasets."""
    for name, source in edition.catalog.sources.items():
        yield Element("", "source", name, _values(source, "source"), ("source", name))
    for name, dataset in edition.catalog.datasets.items():
        departments = None if dataset.department is None else (dataset.department,)
        values = _values(dataset, "dataset")
        yield Element("", "dataset", name, values, ("dataset", name), departments=departments)
