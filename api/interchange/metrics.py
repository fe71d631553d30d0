"""Metrics as ours, each by its type; what rests on one that cannot travel stays behind with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from api.interchange.datasets import Draft, named
from api.interchange.filters import expression
from api.interchange.manifest import Input, Manifest, Metric
from api.interchange.measures import Rows, rows_of
from api.interchange.report import Left
from metrics.checks.prometheus_name import ENDINGS, UNITS
from metrics.errors import ExpressionError
from metrics.expressions.nodes import names
from metrics.expressions.parser import parse

GRAINS = ("month", "quarter")
_ALL = ("day", "week", *GRAINS)
_SPANS = {"second": 1, "minute": 1, "hour": 1, "day": 1, "week": 1, "month": 1, "quarter": 3, "year": 1}
# What a shift leads from one whole period to another at.
_SHIFTED = {
    "day": ("day",), "week": ("week",), "month": ("month",), "quarter": ("month", "quarter"), "year": GRAINS,
}  # fmt: skip
_COMBINED = "combined"


@dataclass(frozen=True)
class Made:
    """A metric as its file says it, without what is said of every kind; `domain` is its folder."""

    domain: str
    keys: Mapping[str, object]
    notes: tuple[str, ...] = ()
    grains: tuple[str, ...] = GRAINS
    measures: tuple[str, ...] = ()


@dataclass
class Translation:
    """Every metric of a manifest; `made` are those that travelled by our name, `left` why others did not by theirs.

    `theirs` has the manifest's name by ours; what was made for a formula has none.
    """

    manifest: Manifest
    drafts: Mapping[str, Draft]
    made: dict[str, Made] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    theirs: dict[str, str] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)

    def translate(self) -> None:
        """Translate all metrics."""
        for name, metric in self.manifest.metrics.items():
            if metric.hidden:
                continue
            try:
                self.of(name)
            except Left as left:
                self.left[name] = left.reason

    def leave(self, ours: str, reason: str) -> None:
        """Take a metric back that cannot be written as it is."""
        self.made.pop(ours)
        self.left[self.theirs.get(ours, ours)] = reason

    def of(self, name: str) -> Made:
        """Return a metric, and those that it rests on before it; raise Left."""
        ours = our_name(name)
        if self.theirs.get(ours) == name:
            return self.made[ours]
        if name in self._open or name not in self.manifest.metrics:
            raise Left("it rests on itself" if name in self._open else f"no metric is called {name!r}")
        if ours != name and ours in self.manifest.metrics:
            raise Left(f"it would be called {ours!r} here, and another metric is called so")
        metric = self.manifest.metrics[name]
        self._open.add(named(name))
        try:
            made = self._kind(metric)
        finally:
            self._open.discard(name)
        if ours != name:
            note = f"it is called {ours} here: Prometheus gives a part of its name a meaning"
            made = replace(made, notes=(*made.notes, note))
        self.made[ours], self.theirs[ours] = made, name
        self.labels[ours] = _label(metric)
        return made

    def _kind(self, metric: Metric) -> Made:
        if metric.type == "simple":
            return self._aggregate(self._rows(Input(metric.name), ()))
        if metric.type == "cumulative":
            return self._cumulative(metric)
        if metric.type == "ratio":
            return self._ratio(metric)
        if metric.type == "derived":
            return self._derived(metric)
        if metric.type == "conversion":
            return self._conversion(metric)
        raise Left(f"no kind here is like the type {metric.type!r}")

    # -- rows -----------------------------------------------------------------------------------------

    def _aggregate(self, rows: Rows, **more: object) -> Made:
        keys = {"kind": "aggregate", **rows.reference, **more}
        return Made(rows.draft.model.name, keys, rows.notes, measures=(rows.measure,))

    def _rows(self, used: Input, filters: tuple[str, ...]) -> Rows:
        """Return the rows of a measure, or of a simple metric; raise Left for any other metric."""
        metric = self.manifest.metrics.get(used.name)
        filters = (*used.filters, *filters)
        if metric is None or metric.type != "simple":
            measure = self.manifest.measures.get(used.name)
            if metric is not None or measure is None:
                what = "is no simple metric" if metric is not None else "is no measure of the manifest"
                raise Left(f"{used.name!r} {what}, so that it has no rows of its own")
            return rows_of(measure, filters, used.fill, self.drafts)
        filters, fill = (*metric.filters, *filters), metric.fill
        if metric.measure is not None and metric.measure.name in self.manifest.measures:
            measure = self.manifest.measures[metric.measure.name]
            filters, fill = (*metric.measure.filters, *filters), metric.measure.fill or fill
        elif metric.own is not None:
            measure = metric.own
        else:
            raise Left("it names no measure of the manifest")
        return rows_of(measure, filters, fill, self.drafts)

    def _is_simple(self, used: Input) -> bool:
        metric = self.manifest.metrics.get(used.name)
        return (
            metric is not None and metric.type == "simple" and used.offset is None and used.to_grain is None
        )

    # -- kinds ----------------------------------------------------------------------------------------

    def _cumulative(self, metric: Metric) -> Made:
        used = metric.measure or next(iter(metric.inputs), None)
        if used is None:
            raise Left("it names no measure")
        if metric.window is not None:
            over = f"trailing {_span(metric.window)}"
        elif metric.to_date == "year":
            over = "to_date"
        elif metric.to_date is not None:
            raise Left(
                f"a sum from the beginning of the {metric.to_date} is not kept here: only from the year's"
            )
        else:
            raise Left("a sum of all there ever was is not kept by period here: ask a sum at the grain all")
        rows = self._rows(used, metric.filters)
        notes = list(rows.notes)
        if metric.aggregates != "last":
            notes.append(f"a coarser period has the value at its end, not {_AGGREGATED[metric.aggregates]}")
        return replace(self._aggregate(rows, over=over), notes=tuple(notes))

    def _ratio(self, metric: Metric) -> Made:
        if metric.numerator is None or metric.denominator is None:
            raise Left("it lacks its numerator or its denominator")
        sides = (metric.numerator, metric.denominator)
        if not all(self._is_simple(each) for each in sides):
            if metric.filters:
                raise Left("a condition cannot be put on a formula over other metrics")
            over, under = (self._operand(metric, each) for each in sides)
            return self._formula(f"{over} / {under}", sides)
        above, below = (self._rows(each, metric.filters) for each in sides)
        keys = {"kind": "ratio", "numerator": above.reference, "denominator": below.reference}
        domain = above.draft.model.name
        return Made(domain, keys, above.notes + below.notes, measures=(above.measure, below.measure))

    def _derived(self, metric: Metric) -> Made:
        if metric.expr is None:
            raise Left("it has no formula")
        if metric.filters:
            raise Left("a condition cannot be put on a formula over other metrics")
        operands = {each.alias or each.name: self._operand(metric, each) for each in metric.inputs}
        words = re.compile(r"\b(" + "|".join(map(re.escape, operands)) + r")\b") if operands else None
        if words is None:
            raise Left("its formula names no metric")
        plain = expression(metric.expr)
        return self._formula(words.sub(lambda found: operands[found[1]], plain), metric.inputs)

    def _formula(self, text: str, inputs: tuple[Input, ...]) -> Made:
        """Return a derived metric; it has the grains that all of its inputs have."""
        try:
            read = parse(text)
        except ExpressionError as error:
            raise Left(f"{text!r} is no formula here: {error.message}") from error
        used = sorted({".".join(name.parts) for name in names(read.node)})
        unknown = [name for name in used if name not in self.made]
        if unknown:
            raise Left(f"its formula names {unknown[0]!r}, which is none of its metrics")
        grains = tuple(grain for grain in _ALL if all(grain in self.made[name].grains for name in used))
        if not grains:
            raise Left("its metrics have no grain in common")
        notes = (
            ("it is moved by whole periods of the calendar",) if any(each.offset for each in inputs) else ()
        )
        return Made(_COMBINED, {"kind": "derived", "formula": text}, notes, grains)

    def _operand(self, metric: Metric, used: Input) -> str:
        """Return what stands in a formula for an input: its name, or what is made of it for this formula alone."""
        if used.to_grain is not None:
            raise Left(f"the value of {used.name!r} at the beginning of its {used.to_grain} is not kept here")
        if used.filters:
            name, made = self._filtered(metric, used)
        else:
            try:
                name, made = our_name(used.name), self.of(used.name)
            except Left as left:
                raise Left(f"it rests on {used.name!r}, which was left out: {left.reason}") from left
        if used.offset is None:
            return name
        count, unit = used.offset
        grains = _SHIFTED.get(unit, ()) if count == 1 or unit == "year" else _SHIFTED.get(unit, ())[:1]
        finer = tuple(grain for grain in grains if grain not in made.grains)
        if not grains or (finer and made.keys["kind"] not in ("aggregate", "ratio")):
            raise Left(f"{used.name!r} cannot be moved by {count} {unit} here")
        change = named(our_name(f"{name}__since_{count}_{unit}"))
        keys = {"kind": "difference", "of": name, "shift": _span(used.offset)}
        self.made[name] = replace(made, grains=(*finer, *made.grains))
        self._help(
            change, Made(_COMBINED, keys, grains=grains), f"{self.labels[name]}, change in {count} {unit}"
        )
        return f"({name} - {change})"

    def _filtered(self, metric: Metric, used: Input) -> tuple[str, Made]:
        if not self._is_simple(Input(used.name)):
            raise Left(f"a condition cannot be put on {used.name!r}, which is no simple metric")
        part = used.alias or used.name
        name = named(our_name(f"{metric.name}__{part}"))
        made = self._aggregate(self._rows(Input(used.name, used.filters), ()))
        self._help(name, made, f"{_label(metric)}: {part}")
        return name, made

    def _help(self, name: str, made: Made, label: str) -> None:
        """Add a metric that the manifest has not, for a formula alone."""
        if name in self.manifest.metrics:
            raise Left(f"a metric that it needs besides would be called {name!r}, and one is called so")
        self.made[name], self.labels[name] = made, label

    def _conversion(self, metric: Metric) -> Made:
        if metric.calculation == "conversions":
            raise Left("the number of conversions is no metric here: their share is, and has it as numerator")
        if metric.constants:
            raise Left("properties that have to stay the same (constant_properties) are not known here")
        if metric.base is None or metric.conversion is None or metric.entity is None:
            raise Left("it lacks its base, its conversion or its entity")
        before, after = self._rows(metric.base, metric.filters), self._rows(metric.conversion, ())
        for each in (before, after):
            if metric.entity not in each.draft.entities:
                raise Left(
                    f"the entity {metric.entity!r} is none of {each.draft.model.name!r} that travelled"
                )
        sides = [
            {name: text for name, text in each.reference.items() if name != "measure"}
            for each in (before, after)
        ]
        window = "ever" if metric.window is None else _span(metric.window)
        keys = {
            "kind": "conversion",
            "entity": metric.entity,
            "from": sides[0],
            "to": sides[1],
            "window": window,
        }
        note = f"each {metric.entity} counts once, by its first event, where there events are counted"
        measures = (before.measure, after.measure)
        return Made(before.draft.model.name, keys, (*before.notes, *after.notes, note), measures=measures)


def our_name(name: str) -> str:
    """Return what a metric is called here: no name may end, or hold a unit, as series of Prometheus do."""
    ending = next((each for each in ENDINGS if name.endswith(each) and name != each), None)
    if ending is not None:
        name = f"{ending[1:]}_{name.removesuffix(ending)}"
    return "_".join(part[:-1] if part in UNITS else part for part in name.split("_"))


def _label(metric: Metric) -> str:
    return words(metric.label or "") or metric.name.replace("_", " ").capitalize()


def words(text: str) -> str:
    """Return a text on one line, without the signs that no definition may have."""
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())


_AGGREGATED = {None: "its first", "first": "its first", "average": "their mean"}


def _span(given: tuple[int, str]) -> str:
    count, unit = given
    if unit not in _SPANS:
        raise Left(f"{unit!r} is no unit of time here")
    return f"{count * _SPANS[unit]} {'month' if unit == 'quarter' else unit}{'s' if count * _SPANS[unit] != 1 else ''}"
