"""`scorecard demo`: make the demo company's data, compute everything, serve it."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from datetime import datetime
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli._output import console, counted, note
from api.cli._settings import version
from api.cli.serve import HOST, PORT, announce, require_free
from api.clock import stop

if TYPE_CHECKING:
    from api.project.project import Project
    from metrics.operations.refresh import Summary

FAILED = 3
OWN = ("definitions", "data", ".scorecard")
MARKER = Path(".scorecard") / "demo.json"


@click.command("demo")
@click.option("--dir", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"),
              show_default=True, help="Where the demo is made.")  # fmt: skip
@click.option(
    "--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0 takes a free one."
)
@click.option("--no-serve", is_flag=True, help="End when everything is computed.")
@click.pass_context
def command(ctx: click.Context, folder: Path, port: int, no_serve: bool) -> None:
    """Make the demo company: three years of data in three departments' systems, computed and served.

    It needs no account and no network. A second run serves what the first has made.
    """
    if no_serve:
        complete = prepare(folder, recipe()) or build(folder)
        click.echo(f"The demo is ready: scorecard show --project {folder}")
        ctx.exit(0 if complete else FAILED)
    require_free(HOST, port)
    code = make_apart(folder)
    if code not in (0, FAILED):
        ctx.exit(code)
    from api.server import serve

    serve(folder.resolve(), HOST, port, 1, announce=announce)


def make_apart(folder: Path) -> int:
    """Make the demo in a process of its own; return its exit code.

    The server forks its workers, and a process that has run an engine with threads must not be forked.
    """
    process = get_context("spawn").Process(target=_make, args=(str(folder),))
    process.start()
    process.join()
    return process.exitcode if process.exitcode is not None else FAILED


def _make(folder: str) -> None:
    from api.cli import main

    main(["demo", "--dir", folder, "--no-serve"], prog_name="scorecard")


def prepare(folder: Path, made_from: str) -> bool:
    """Make room for the demo; True where the folder holds it already. Refuses what is not a demo."""
    if not folder.exists() or not any(folder.iterdir()):
        return False
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        same, complete = marker["recipe"] == made_from, bool(marker["complete"])
    except (OSError, ValueError, KeyError, TypeError):
        raise click.UsageError(f"{folder} is not empty and holds no demo: name another with --dir") from None
    if complete and same:
        note(f"{folder} holds the demo already: its data and its values are used again")
        return True
    if complete:
        raise click.UsageError(
            f"{folder} holds the demo of another version: delete the folder, or name another with --dir"
        )
    note(f"{folder} holds a demo that was not finished: it is made anew")
    for name in OWN:
        shutil.rmtree(folder / name, ignore_errors=True)
    return False


def build(folder: Path) -> bool:
    """Write definitions and data and replay every refresh; tell whether all metrics came through."""
    from api.cli.schema import write
    from api.demo import REPLAYS, generate
    from api.project.project import Project

    started = time.monotonic()
    made_from = recipe()
    _mark(folder, made_from, complete=False)
    shutil.copytree(packaged(), folder / "definitions", ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    write(folder / ".scorecard" / "schema")
    note("Writing three years of data")
    rows = generate(folder).rows
    note(f"  {counted(sum(rows.values()), 'row')} in {counted(len(rows), 'table')}")
    project = Project.open(folder)
    last = None
    try:
        for number, moment in enumerate(REPLAYS, 1):
            last = replay(project, moment, f"Refresh {number} of {len(REPLAYS)}, as of {moment:%Y-%m-%d}")
    finally:
        # A connection must not be shared with the server's processes.
        project.store.close()
    stop(folder, REPLAYS[-1])
    note(f"The demo's clock stands still at {REPLAYS[-1]:%Y-%m-%d %H:%M} UTC, where its data end")
    _mark(folder, made_from, complete=True)
    note(f"Everything is computed after {time.monotonic() - started:.0f} s")
    return last is not None and not last.failed


def replay(project: Project, moment: datetime, label: str) -> Summary:
    """Refresh as it would have been at an instant."""
    from api.cli._refreshing import line_text, shown
    from api.refresh.refresher import refresher_of

    def clock() -> datetime:
        return moment

    refresher = refresher_of(project, clock)
    if console(stderr=True).is_terminal:
        with shown(label) as progress:
            summary = refresher.refresh(as_of=moment, progress=progress)
    else:
        summary = refresher.refresh(as_of=moment)
        for line in summary.failed:
            note(f"  {line_text(line)}")
    note(f"{label}: {counted(summary.written, 'new value')} of {counted(len(summary.lines), 'metric')}")
    return summary


def packaged() -> Path:
    """Return the demo company's definitions, which stand beside this package in a checkout and installed.

    The current folder may be a project with definitions of its own, so that the import path is not asked.
    """
    return Path(str(files("api"))).parent / "definitions"


def recipe() -> str:
    """Return what tells one version of the demo from another: its definitions and what makes its data."""
    made = hashlib.sha256(version().encode())
    for folder in (packaged(), Path(str(files("api"))) / "demo"):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                made.update(path.relative_to(folder).as_posix().encode())
                made.update(path.read_bytes())
    return made.hexdigest()[:16]


def _mark(folder: Path, made_from: str, *, complete: bool) -> None:
    path = folder / MARKER
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"recipe": made_from, "complete": complete}), encoding="utf-8")
