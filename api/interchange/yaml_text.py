"""Write a definition as a file of ours: what is no plain name stands in quotes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_PLAIN = re.compile(r"[a-z][a-z0-9_]*")
_OTHER = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def yaml_text(definition: Mapping[str, object], schema: str, depth: int) -> str:
    """Return the text of a file: a key a line, with the editor's schema above, `depth` folders up."""
    lines = [f"# yaml-language-server: $schema={'../' * depth}.scorecard/schema/{schema}.json"]
    for key, value in definition.items():
        if isinstance(value, Mapping) and not all(
            isinstance(each, str) and len(value) < 3 for each in value.values()
        ):
            lines += [f"{key}:", *(f"  {_scalar(name)}: {_flow(each)}" for name, each in value.items())]
        else:
            lines.append(f"{key}: {_flow(value)}")
    return "\n".join(lines) + "\n"


def _flow(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(str(value))


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text) and text not in _OTHER:
        return text
    # A quoted JSON text is a quoted YAML text, once its slashes and what no terminal shows are plain.
    return json.dumps(text, ensure_ascii=not text.isprintable())
