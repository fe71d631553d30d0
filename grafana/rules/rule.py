"""One rule of Prometheus, recording or alerting, and groups of them as YAML."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ruamel.yaml import YAML

HEAD = "# Written by `scorecard grafana build` from the definitions; change those and build again.\n"


@dataclass(frozen=True)
class Rule:
    """A rule: `record` names a recording rule, `alert` an alert that must hold for `held`."""

    expression: str
    record: str | None = None
    alert: str | None = None
    held: timedelta | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """Return the rule as YAML says it."""
        named = {"record": self.record} if self.record else {"alert": self.alert}
        return {
            **named,
            "expr": self.expression,
            **({"for": duration(self.held)} if self.held else {}),
            **({"labels": dict(self.labels)} if self.labels else {}),
            **({"annotations": dict(self.annotations)} if self.annotations else {}),
        }


@dataclass(frozen=True)
class Group:
    """Rules that are evaluated together."""

    name: str
    rules: tuple[Rule, ...]


def text(groups: Iterable[Group]) -> str:
    """Return a rules file."""
    made = [
        {"name": group.name, "rules": [rule.plain() for rule in group.rules]}
        for group in groups
        if group.rules
    ]
    return HEAD + yaml({"groups": made})


def yaml(content: Any) -> str:
    """Return YAML text, the same for the same content; a long line stays one."""
    writer, out = YAML(typ="safe", pure=True), io.StringIO()
    writer.default_flow_style = False
    writer.width = 1 << 20
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    writer.allow_unicode = True
    writer.dump(content, out)
    return out.getvalue()


def duration(span: timedelta) -> str:
    """Return a duration as Prometheus writes it, in its largest whole unit."""
    seconds = round(span.total_seconds())
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
