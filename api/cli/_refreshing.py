"""Show a refresh while it runs, and say afterwards what it did: for `refresh` and `demo`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from api.cli._output import age_text, console, counted, moment_text, note

if TYPE_CHECKING:
    from metrics.operations.refresh import Progress, Refreshed, Summary
    from metrics.store.store import Store


@contextmanager
def shown(label: str) -> Iterator[Progress]:
    """Yield what a refresh reports to: a bar on a terminal, else a line for each metric, on stderr."""
    out = console(stderr=True)
    if not out.is_terminal:
        yield lambda line, done, total: note(line_text(line))
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=out, transient=True
    )
    with bar:
        task = bar.add_task(label, total=None)

        def report(line: Refreshed, done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, description=f"{label}: {line.metric}")
            if line.error is not None:
                bar.console.print(line_text(line), style="red")

        yield report


def line_text(line: Refreshed) -> str:
    """Say in a line how the refresh of one metric ended."""
    if line.error is not None:
        return f"{line.metric}: failed: {line.error}"
    assert line.written is not None
    written, gone = line.written.written, line.written.tombstones
    said = [f"{written:,} new"] if written else []
    said += [f"{gone:,} gone"] if gone else []
    return f"{line.metric}: {', '.join(said) or 'unchanged'}"


def summary_text(summary: Summary, store: Store, now: datetime) -> list[str]:
    """Say in words what a refresh did, and what stands where something failed."""
    done = len(summary.lines) - len(summary.failed)
    changed = sum(
        1 for line in summary.lines if line.written and line.written.written + line.written.tombstones
    )
    values = "nothing changed" if not changed else (
        f"{counted(summary.written, 'new value')} of {counted(changed, 'metric')}, "
        f"{done - changed} unchanged"
    )  # fmt: skip
    lines = [f"{counted(done, 'metric')} refreshed: {values}. Data as of {moment_text(store.watermark())}."]
    if summary.failed:
        lines.append(f"{counted(len(summary.failed), 'metric')} failed:")
        lines += [
            f"  {line.metric}: {kept_text(line.metric, store, now)} ({line.error})" for line in summary.failed
        ]
    return lines


def kept_text(metric: str, store: Store, now: datetime) -> str:
    """Say what stands for a metric whose refresh failed."""
    last = store.last_success(metric)
    if last is None:
        return "it has no value yet"
    return (
        f"its last good values stand, computed {age_text(now - last.finished_at)} ago "
        f"from data as of {moment_text(last.watermark)}"
    )


def summary_json(summary: Summary, store: Store) -> dict[str, Any]:
    """Return what a refresh did as plain JSON values; instants are ISO texts."""
    watermark = store.watermark()
    return {
        "started_at": summary.started_at.isoformat(),
        "finished_at": summary.finished_at.isoformat(),
        "watermark": watermark.isoformat() if watermark else None,
        "failed": len(summary.failed),
        "metrics": [_line_json(line, store) for line in summary.lines],
    }


def _line_json(line: Refreshed, store: Store) -> dict[str, Any]:
    last = store.last_success(line.metric)
    return {
        "metric": line.metric,
        "outcome": "failed" if line.error else "ok",
        "written": line.written.written if line.written else None,
        "unchanged": line.written.unchanged if line.written else None,
        "gone": line.written.tombstones if line.written else None,
        "error": str(line.error) if line.error else None,
        "last_success": last.finished_at.isoformat() if last else None,
        "seconds": round(line.seconds, 3),
    }
