"""Who must approve which file, as the CODEOWNERS file of GitHub or GitLab.

GitHub takes the last line that fits a file, and one of its owners is enough. GitLab takes the last line of
each section, and every section must agree: there each department is a section of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from metrics.catalog.catalog import Catalog
from metrics.catalog.lineage import upstream
from metrics.errors import UsageError
from scorecard.model import Board, Department

BEGIN = "# scorecard codeowners: written from the departments' reviewers in company.yml"
END = "# scorecard codeowners: end"
SHARED = ("/definitions/*", "/definitions/scorecards/")
"""What is everybody's: the company, its journey, its sources, and the scorecards."""

_OWNER = re.compile(r"@[\w.-]+(?:/[\w.-]+)*|[^\s#@\[\]]+@[^\s#@\[\]]+")


class Host(StrEnum):
    """Whose file it is."""

    GITHUB = "github"
    GITLAB = "gitlab"

    @property
    def file(self) -> str:
        """Return where the host looks for the file, from the top of the repository."""
        return f".{self.value}/CODEOWNERS"


def block(catalog: Catalog, board: Board, host: Host, inside: str = "") -> str:
    """Return the lines for the definitions; `inside` is where the project lies in its repository.

    Raises:
        UsageError: a reviewer is neither a name with @ nor an address.
    """
    reviewers = {name: _owners(department) for name, department in board.departments.items()}
    everybody = tuple(board.departments)
    top = f"/{inside}" if inside else ""
    # What has no line of its own yet is everybody's.
    anything = f"{top}/definitions/"
    files = {f"/{host.file}": everybody} | ({anything: everybody} if host is Host.GITHUB else {})
    files |= {f"{top}{pattern}": everybody for pattern in SHARED}
    files |= {f"{top}/{_escaped(file)}": names for file, names in owners(catalog).items()}
    lines = _lines(files, reviewers) if host is Host.GITHUB else _sections(files, reviewers, board, anything)
    return "\n".join([BEGIN, *lines, END]) + "\n"


def owners(catalog: Catalog) -> Mapping[str, tuple[str, ...]]:
    """Return the departments that must approve each dataset's and metric's file, by its path from the project.

    A metric's are those that lead and support it; a dataset's are its own and those of all metrics that read it.
    """
    found: dict[str, dict[str, None]] = {}
    for dataset in catalog.datasets.values():
        own = (dataset.department,) if dataset.department is not None else ()
        found[dataset.position.file] = dict.fromkeys(own)
    for metric in catalog.metrics.values():
        names = [name for name in (metric.leads, *metric.supports) if name is not None]
        found[metric.position.file] = dict.fromkeys(names)
        for read in upstream(catalog, metric.metric).datasets:
            found[catalog.datasets[read].position.file] |= dict.fromkeys(names)
    return {file: tuple(names) for file, names in sorted(found.items())}


def merged(existing: str, own: str) -> str:
    """Return a CODEOWNERS file with our lines in the place of those that it has, or behind all others."""
    before, found, rest = existing.partition(BEGIN)
    if not found:
        return f"{existing.rstrip()}\n\n{own}" if existing.strip() else own
    return before + own + rest.partition(END)[2].lstrip("\n")


def lines_of(existing: str) -> str | None:
    """Return our lines in a CODEOWNERS file, None where it has none."""
    _, found, rest = existing.partition(BEGIN)
    lines, ended, _ = rest.partition(END)
    return f"{found}{lines}{ended}\n" if found else None


def _owners(department: Department) -> tuple[str, ...]:
    for name in department.reviewers:
        if not _OWNER.fullmatch(name):
            raise UsageError(
                f"{name!r} of department {department.name!r} can review nothing: write @name, @group/team or an address"
            )
    return department.reviewers


def _lines(files: Mapping[str, Iterable[str]], reviewers: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    width = max(map(len, files))
    for pattern, names in files.items():
        agree = dict.fromkeys(each for name in names for each in reviewers.get(name, ()))
        # A line without owners would ask nobody; without the line, the folder's owners are asked.
        if agree:
            yield f"{pattern:{width}} {' '.join(agree)}"


def _sections(
    files: Mapping[str, Iterable[str]], reviewers: Mapping[str, tuple[str, ...]], board: Board, anything: str
) -> Iterator[str]:
    everyone = dict.fromkeys(each for agree in reviewers.values() for each in agree)
    if everyone:
        yield from (f"[Any department] {' '.join(everyone)}", anything)
    for name, agree in reviewers.items():
        patterns = [pattern for pattern, names in files.items() if name in names]
        if agree and patterns:
            label = re.sub(r"[^\w ]+", " ", board.label(name)).strip() or name
            yield from ("", f"[{label}] {' '.join(agree)}", *patterns)


def _escaped(path: str) -> str:
    return re.sub(r"([\s#\\\[\]*?!])", r"\\\1", path)
