"""Read dashboards as Grafana would: their panels, and expressions with variables filled in."""

import json
import re
from itertools import product


def dashboards(files):
    return {name: json.loads(text) for name, text in files.items() if name.startswith("dashboards/")}


def panels(dashboard):
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel["panels"]
        else:
            yield panel


def targets(dashboard):
    for panel in panels(dashboard):
        for target in panel.get("targets", ()):
            yield panel, target


def open_panels(dashboard):
    """Yield the panels that are asked as the dashboard opens: none of a collapsed row."""
    return (panel for panel in dashboard["panels"] if panel["type"] != "row")


def choices(dashboard, to=0.0):
    """Return the values of each variable; a list of segments is all of them. `to` ends the time range."""
    found = {"__to": [f"{to * 1000:.0f}"]}
    for variable in dashboard["templating"]["list"]:
        if variable["type"] in ("custom", "textbox"):
            found[variable["name"]] = [option["value"] for option in variable["options"]]
        elif variable.get("allValue"):
            found[variable["name"]] = [variable["allValue"]]
    return found


def opened(dashboard, to=0.0):
    """Return the value that each variable has as the dashboard opens, as a list of one."""
    current = {
        variable["name"]: [variable["current"]["value"]]
        for variable in dashboard["templating"]["list"]
        if variable["type"] in ("custom", "textbox")
    }
    return choices(dashboard, to) | current


def filled(expression, values):
    """Yield the expression with every choice of the variables in it."""
    names = sorted({a or b for a, b in re.findall(r"\$(?:\{(\w+)(?::raw)?\}|(\w+))", expression)})
    for chosen in product(*(values[name] for name in names)):
        text = expression
        for name, value in zip(names, chosen, strict=True):
            text = re.sub(rf"\$(?:\{{{name}(?::raw)?\}}|{name}\b)", lambda _, value=value: value, text)
        yield text
