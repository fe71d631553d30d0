"""Semantic models as datasets: keys, entities, lookups to what foreign entities name, dimensions, times."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from api.interchange.filters import expression
from api.interchange.manifest import Dimension, Entity, Manifest, Model
from api.interchange.report import Element, Entry, Fate, Left
from metrics.checks.dimension_name import COLUMNS, LABELS
from metrics.loading.fields import NAME

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_IDS = ("primary", "unique", "natural")


@dataclass
class Draft:
    """A dataset as it takes shape; `times` are the expressions of its time dimensions."""

    model: Model
    table: str
    key: str | None = None
    time: str | None = None
    entities: dict[str, str] = field(default_factory=dict)
    lookups: dict[str, dict[str, str]] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    dimensions: dict[str, str] = field(default_factory=dict)
    times: dict[str, str] = field(default_factory=dict)
    valid: dict[str, str] = field(default_factory=dict)
    complete_through: dict[str, str] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def say(self, element: Element, name: str, fate: Fate, says: str = "") -> None:
        """Tell what became of a part."""
        self.entries.append(Entry(element, name, fate, says))

    def definition(self) -> Mapping[str, object]:
        """Return the dataset as its file says it."""
        said = {
            "dataset": self.model.name, "source": "warehouse", "table": self.table, "key": self.key,
            "time": self.time, "valid": self.valid, "entities": self.entities, "lookups": self.lookups,
            "columns": self.columns, "dimensions": self.dimensions, "complete_through": self.complete_through,
        }  # fmt: skip
        return {name: value for name, value in said.items() if value}


def named(name: str) -> str:
    """Return a name that is one here too; raise Left."""
    if NAME.fullmatch(name) is None:
        raise Left("its name is none here: a-z, then a-z, 0-9 and _, and 60 characters at most")
    return name


def drafts(manifest: Manifest) -> tuple[Mapping[str, Draft], tuple[Entry, ...]]:
    """Return the datasets by model, and what became of the models and their parts."""
    made: dict[str, Draft] = {}
    told: list[Entry] = []
    for model in manifest.models.values():
        try:
            made[model.name] = _draft(model)
        except Left as left:
            told.append(Entry(Element.MODEL, model.name, Fate.LEFT, left.reason))
    for draft in made.values():
        _link(draft, made)
        told += [*draft.entries]
    return made, tuple(told)


def _draft(model: Model) -> Draft:
    draft = Draft(model, model.table)
    named(model.name)
    if not model.table.isprintable():
        raise Left("its table has a name that no definition may have")
    says = f"its database {model.database!r} is that of the source" if model.database else ""
    draft.say(Element.MODEL, model.name, Fate.KEPT, says)
    for entity in model.entities:
        _tell(draft, Element.ENTITY, entity.name, partial(_entity, draft, entity))
    for dimension in model.dimensions:
        _tell(draft, Element.DIMENSION, dimension.name, partial(_dimension, draft, dimension))
    if model.time is not None:
        draft.time = draft.times.get(model.time)
    return draft


def _tell(draft: Draft, element: Element, name: str, take: Callable[[], tuple[Fate, str]]) -> None:
    shown = f"{draft.model.name}.{name}"
    try:
        draft.say(element, shown, *take())
    except Left as left:
        draft.say(element, shown, Fate.LEFT, left.reason)


def _entity(draft: Draft, entity: Entity) -> tuple[Fate, str]:
    text = expression(entity.expr)
    draft.entities[named(entity.name)] = text
    if entity.type in _IDS and draft.key is None and _PLAIN.fullmatch(text):
        draft.key = text
    return Fate.KEPT, ""


def _dimension(draft: Draft, dimension: Dimension) -> tuple[Fate, str]:
    text = expression(dimension.expr)
    if dimension.type == "time":
        draft.times[dimension.name] = text
        if dimension.starts or dimension.ends:
            draft.valid["from" if dimension.starts else "to"] = text
            return Fate.KEPT, "as the history's validity"
        if dimension.name == draft.model.time:
            return Fate.KEPT, "as the time by which rows count"
        return Fate.CHANGED, "a metric may count by it, and conditions read it; nothing is cut by it"
    name = named(dimension.name)
    if name in (*COLUMNS, *LABELS):
        raise Left("results and series have a column or label of this name: call it otherwise")
    draft.dimensions[name] = text
    if dimension.partition:
        return Fate.CHANGED, "it no longer limits how the tables are joined"
    return Fate.KEPT, ""


def _link(draft: Draft, made: Mapping[str, Draft]) -> None:
    """Give a dataset a lookup for each foreign entity that one other model is about."""
    for entity in draft.model.entities:
        if entity.type != "foreign" or entity.name not in draft.entities:
            continue
        targets = [each for each in made.values() if each is not draft and _is_about(each, entity.name)]
        if len(targets) != 1:
            continue
        link = {"dataset": targets[0].model.name, "on": draft.entities[entity.name]}
        if targets[0].valid:
            if draft.time is None:
                continue
            link["valid_at"] = draft.time
        elif targets[0].time is not None:
            # Else whoever looks something up there would end with the newest row of it.
            targets[0].complete_through = {"lag": "1 hour"}
        draft.lookups[entity.name] = link


def _is_about(draft: Draft, entity: str) -> bool:
    """Tell whether a model's rows are told apart by an entity, so that a lookup finds one at most."""
    return any(
        each.name == entity and each.type in _IDS and draft.entities.get(entity) == draft.key
        for each in draft.model.entities
    )


def resolver(draft: Draft, made: Mapping[str, Draft], path: str) -> str:
    """Return the expression of a path such as `order__customer__segment` over a dataset's rows; raise Left."""
    *way, name = path.split("__")
    own = {draft.model.primary, *(each.name for each in draft.model.entities if each.type in _IDS)}
    if way and way[0] in own:
        way = way[1:]
    at, lookups = draft, []
    for entity in way:
        if entity not in at.lookups:
            raise Left(f"{path!r} follows the entity {entity!r}, which leads to no single row")
        lookups.append(entity)
        at = made[at.lookups[entity]["dataset"]]
    text = _own(at, name, path)
    if not lookups:
        return text if _PLAIN.fullmatch(text) else f"({text})"
    return ".".join([*lookups, text if _PLAIN.fullmatch(text) else _column(at, name, text)])


def _column(draft: Draft, name: str, text: str) -> str:
    """Return a computed column that a lookup can reach: by its name, which nothing else there may mean."""
    model = draft.model
    others = [*draft.entities.values(), *(each.expr for each in model.dimensions)]
    others += [each.expr or each.name for each in model.measures]
    if any(re.search(rf"\b{re.escape(name)}\b", each) for each in others):
        raise Left(f"{name!r} is computed in {model.name!r}, where a column is called so: call it otherwise")
    draft.columns[name] = text
    return name


def _own(draft: Draft, name: str, path: str) -> str:
    if name == "metric_time" and draft.time is not None:
        return draft.time
    found = {**draft.entities, **draft.times, **draft.dimensions}
    if name not in found:
        raise Left(f"{path!r} names no dimension or entity of {draft.model.name!r} that travelled")
    return found[name]


def unused(manifest: Manifest, used: Mapping[str, list[str]], reasons: Mapping[str, str]) -> Iterator[Entry]:
    """Yield what became of each measure: `used` by which metrics, or left for what reasons."""
    for model in manifest.models.values():
        for measure in model.measures:
            name, by = f"{model.name}.{measure.name}", used.get(measure.name)
            if by:
                yield Entry(Element.MEASURE, name, Fate.KEPT, f"in {', '.join(by)}")
            else:
                says = reasons.get(measure.name, "no metric that travelled uses it")
                yield Entry(Element.MEASURE, name, Fate.LEFT, says)
