"""Names that stay: uids of dashboards, folders of departments. Derived from the definitions' own names."""

from __future__ import annotations

import re
from hashlib import sha256

JOINT = "joint"
"""The folder of what the departments share; a department's folder bears its name."""

_LONGEST = 40
_FOREIGN = re.compile(r"[^A-Za-z0-9_-]+")


def uid(*names: str) -> str:
    """Return a uid that Grafana takes (40 letters, digits, - and _), the same for the same names.

    A name that must be changed or cut gets a part of its hash, so that two never meet.
    """
    whole = "-".join(names)
    plain = _FOREIGN.sub("-", whole)
    if plain == whole and len(plain) <= _LONGEST:
        return plain
    mark = sha256(whole.encode()).hexdigest()[:8]
    return f"{plain[: _LONGEST - len(mark) - 1].strip('-')}-{mark}"


def camel(*names: str) -> str:
    """Return names as one word, as alerts are called: red_flag is RedFlag."""
    words = [word for name in names for word in re.split(r"[^A-Za-z0-9]+", name)]
    return "".join(word[:1].upper() + word[1:] for word in words)
