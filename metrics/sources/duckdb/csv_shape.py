"""Say which line of a CSV file does not fit its first one, where the engine has guessed at another file."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

_SEPARATORS = ",;\t|"
_LONGEST = 200


def ragged(paths: Sequence[Path], columns: Sequence[str]) -> str | None:
    """Return what is wrong with files whose columns are not those of the first line; None where nothing is.

    The engine looks for a separator, and for a first line, with which all lines it looks at fit. A single line
    that has a value too many makes it leave out the others, or take each line for one value.
    """
    if not _guessed(columns):
        return None
    return next((words for path in paths if (words := _wrong(path)) is not None), None)


def _guessed(columns: Sequence[str]) -> bool:
    whole = len(columns) == 1 and any(separator in columns[0] for separator in _SEPARATORS)
    return whole or all(re.fullmatch(r"column\d+", name) for name in columns)


def _wrong(path: Path) -> str | None:
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        first = file.readline()
        if not first:
            return f"{path.name} is empty, without a line of column names"
        separator = max(_SEPARATORS, key=first.count)
        file.seek(0)
        lines = csv.reader(file, delimiter=separator)
        expected = len(next(lines))
        for values in lines:
            if values and len(values) != expected:
                line = separator.join(values)[:_LONGEST]
                found = f"line {lines.line_num} of {path.name} has {len(values)} values, and the first line {expected}"
                return f"{found}: {line!r}; a value with a {separator!r} in it stands in double quotes"
    return None
