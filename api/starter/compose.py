"""Puts together the files of a new project: a plain one, or one over the tables of the systems that are named.

A layout is a folder here, such as `fivetran`: how a loader lands its tables. Each folder in it is one system;
one that is named `a+b` is written where both are, and `base` always is. So a new system is new folders only.
Where several add to one file, `X.yml` stands in `base` and what each adds in a folder `X.yml.parts`: the parts
follow it in the order of their paths. `_.yml` heads its folder of parts and needs another part beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

PLAIN = "plain"
BASE = "base"
JOIN = "+"

_PARTS = ".parts/"
_HEADING = "_.yml"
# A file that begins with a dot would be left out of some packages.
_RENAMED = {"gitignore": ".gitignore"}
# Who is who can only be said where a system knows customers.
_NEEDS = {"definitions/identities.yml": "definitions/datasets/customer_ids.yml"}


def layouts() -> tuple[str, ...]:
    """Return the layouts of tables that there are starters for."""
    known = (each.name for each in _root().iterdir() if each.is_dir() and not each.name.startswith("_"))
    return tuple(sorted(set(known) - {PLAIN}))


def systems(layout: str) -> tuple[str, ...]:
    """Return the systems of a layout."""
    names = (each.name for each in (_root() / layout).iterdir() if each.is_dir())
    return tuple(sorted(name for name in names if name != BASE and JOIN not in name))


def plain() -> Mapping[str, str]:
    """Return the plain project, by path."""
    return _renamed(dict(_read(_root() / PLAIN)))


def composed(layout: str, chosen: Collection[str]) -> Mapping[str, str]:
    """Return the project over the tables of the systems that are named, by path; in order of the paths."""
    found: dict[str, str] = {}
    for folder in sorted((_root() / layout).iterdir(), key=lambda each: each.name):
        if folder.name == BASE or set(folder.name.split(JOIN)) <= set(chosen):
            found |= _read(folder)
    return _renamed(_assembled(found))


def _root() -> Traversable:
    return files("api") / "starter"


def _read(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, str]]:
    for each in sorted(folder.iterdir(), key=lambda each: each.name):
        if each.is_dir():
            yield from _read(each, f"{prefix}{each.name}/")
        else:
            yield prefix + each.name, each.read_text(encoding="utf-8")


def _assembled(found: Mapping[str, str]) -> dict[str, str]:
    """Append to each file its parts; a file that waits for parts and gets none is left out."""
    whole = {path: text for path, text in found.items() if _PARTS not in path}
    targets = {path.split(_PARTS)[0] for path in found if _PARTS in path}
    for target in targets | set(_NEEDS.values()):
        parts = sorted(path for path in found if path.startswith(target + _PARTS))
        kept = [path for path in parts if _needed(path, parts)]
        if kept:
            whole[target] += "".join(found[path] for path in kept)
        else:
            whole.pop(target, None)
    return {path: text for path, text in whole.items() if _NEEDS.get(path, path) in whole}


def _needed(path: str, parts: Collection[str]) -> bool:
    folder, _, name = path.rpartition("/")
    return name != _HEADING or any(each != path and each.startswith(f"{folder}/") for each in parts)


def _renamed(found: Mapping[str, str]) -> Mapping[str, str]:
    return dict(sorted((_RENAMED.get(path, path), text) for path, text in found.items()))
