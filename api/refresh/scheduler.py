"""The process that refreshes by the company's cron line; one beside all workers."""

from __future__ import annotations

import logging
import os
import re
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType
from typing import Protocol
from zoneinfo import ZoneInfo

from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger

from api.project.project import STATE_FOLDER, Project
from api.project.reloading import Live
from api.refresh.starter import RefreshStarter
from metrics.errors import UsageError

log = logging.getLogger(__name__)

_LOOK_SECONDS = 5
_LATE_SECONDS = 3600
_RESTART_SECONDS = 30.0
_STOP_SECONDS = 5.0
_JOB = "refresh"
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAY_PART = re.compile(r"(?:\*|([0-7])(?:-([0-7]))?)(?:/([1-9]))?")


def trigger_of(cron: str, zone: ZoneInfo) -> CronTrigger:
    """Return when a cron line of five fields fires, in a time zone.

    Weekdays are crontab's: 0 and 7 are Sunday. (The scheduler's own numbers begin with Monday.)

    Raises:
        UsageError: the line cannot be read.
    """
    fields = cron.split()
    problem = UsageError(
        f"{cron!r} is not a cron line: write minute, hour, day, month and weekday, such as '15 * * * *'"
    )
    if len(fields) != 5:
        raise problem
    minute, hour, day, month, weekday = fields
    try:
        return CronTrigger(
            minute=minute, hour=hour, day=day, month=month, day_of_week=_weekdays(weekday), timezone=zone
        )
    except ValueError as error:
        raise problem from error


def _weekdays(field: str) -> str:
    """Return a weekday field by name, as a list: 5-7 is fri,sat,sun."""
    if field == "*":
        return field
    chosen: set[int] = set()
    for part in field.split(","):
        match = _DAY_PART.fullmatch(part)
        if match is None:
            raise ValueError(part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match[1] else (0, 6)
        chosen |= {day % 7 for day in range(first, last + 1, int(match[3] or 1))}
    return ",".join(_DAYS[day] for day in sorted(chosen))


def cron_of(project: Project) -> str | None:
    """Return the company's cron line, or None where it has none."""
    refresh = project.catalog.company.refresh
    return refresh.cron if refresh else None


class Closable(Protocol):
    """A listening socket."""

    def close(self) -> None:
        """Close it in this process alone."""


class SchedulerProcess:
    """Start the process, start it again where it ended, and stop it."""

    def __init__(self, root: Path, refresh: Callable[[Project], object], project: Project) -> None:
        cron = cron_of(project)
        if cron is not None:
            # A line that cannot be read is told now, rather than in a log an hour later.
            trigger_of(cron, project.catalog.company.calendar.zone)
        self._root = root
        self._roots = project.folder.roots
        self._refresh = refresh
        self._owner = os.getpid()
        self._process: int | None = None
        self._started_at: float | None = None

    def ensure(self, inherited: Iterable[Closable] = ()) -> None:
        """Start the process where it does not run; it closes the sockets that it inherits."""
        if self._process is not None and _runs(self._process):
            return
        now = time.monotonic()
        if self._started_at is not None and now - self._started_at < _RESTART_SECONDS:
            return
        if self._process is not None:
            log.error("the scheduler ended; it is started again")
        self._started_at = now
        parent = os.getpid()
        child = os.fork()
        if child:
            self._process = child
            return
        try:
            for socket in inherited:
                socket.close()
            run(self._root, self._refresh, parent, self._roots)
        except BaseException:
            log.exception("the scheduler failed")
        finally:
            # Nothing of the server that was forked with this process may run here.
            os._exit(1)

    def stop(self) -> None:
        """End the process and wait for it. In a worker, which has inherited this object, it does nothing."""
        process, self._process = self._process, None
        if process is None or os.getpid() != self._owner or not _runs(process):
            return
        os.kill(process, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while _runs(process):
            if time.monotonic() > deadline:
                os.kill(process, signal.SIGKILL)
            time.sleep(0.02)


def _runs(process: int) -> bool:
    """Tell whether a child runs; one that has ended is cleared away."""
    try:
        done, _ = os.waitpid(process, os.WNOHANG)
    except ChildProcessError:
        # The arbiter has cleared it away already.
        return False
    return done == 0


def run(root: Path, refresh: Callable[[Project], object], parent: int, roots: tuple[str, ...] = ()) -> None:
    """Refresh by the cron line until SIGTERM, or until the parent is gone."""
    for name in (
        signal.SIGQUIT,
        signal.SIGHUP,
        signal.SIGUSR1,
        signal.SIGUSR2,
        signal.SIGWINCH,
        signal.SIGCHLD,
    ):
        signal.signal(name, signal.SIG_DFL)
    # A key press at a terminal reaches the whole group; the server ends this process by SIGTERM.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    live = Live(Project.open(root, make=False, roots=roots))
    starter = RefreshStarter(lambda: refresh(live.project), root / STATE_FOLDER / "refresh.lock")
    scheduler = BlockingScheduler()
    follower = Follower(scheduler, live, starter, parent)

    def end(_: int, __: FrameType | None) -> None:
        # Each metric is one transaction, so that a refresh may be cut off anywhere.
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    scheduler.add_job(follower.look, "interval", seconds=_LOOK_SECONDS)
    follower.look()
    scheduler.start()


class Follower:
    """Keep the schedule as the definitions say it now."""

    def __init__(
        self, scheduler: BlockingScheduler, live: Live, starter: RefreshStarter, parent: int
    ) -> None:
        self._scheduler = scheduler
        self._live = live
        self._starter = starter
        self._parent = parent
        self._cron: str | None = None

    def look(self) -> None:
        """End without the server; follow a changed cron line."""
        if os.getppid() != self._parent:
            os._exit(0)
        project = self._live.project
        cron = cron_of(project)
        if cron == self._cron:
            return
        self._cron = cron
        if self._scheduler.get_job(_JOB):
            self._scheduler.remove_job(_JOB)
        if cron is None:
            return
        trigger = trigger_of(cron, project.catalog.company.calendar.zone)
        self._scheduler.add_job(
            self._starter.run,
            trigger,
            id=_JOB,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=_LATE_SECONDS,
        )
