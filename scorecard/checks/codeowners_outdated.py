"""CODEOWNERS names those who must approve each definition, as the departments' reviewers stand now."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.errors import Finding, Level, Position, UsageError
from scorecard.codeowners import BEGIN, Host, block, lines_of
from scorecard.rule import Subject

CODE = "codeowners-outdated"


def check(subject: Subject) -> Iterator[Finding]:
    """Find a CODEOWNERS beside the definitions that was written by `codeowners` and has other lines by now; advice."""
    for host in Host:
        content = subject.folder.beside(host.file)
        text = content.decode("utf-8", "replace").replace("\r\n", "\n") if content else ""
        held = lines_of(text)
        if held is None:
            continue
        line = text[: text.index(BEGIN)].count("\n") + 1
        try:
            outdated = held != block(subject.catalog, subject.board, host)
            message = f"the file is out of date: run `scorecard codeowners --for {host.value}`"
        except UsageError as error:
            outdated, message = True, str(error)
        if outdated:
            yield Finding(Position(host.file, line, 1), CODE, message, Level.ADVICE)
