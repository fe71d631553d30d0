import os
import signal
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from api.project.reloading import Live
from api.refresh.scheduler import Follower, SchedulerProcess, trigger_of
from api.refresh.starter import RefreshStarter
from metrics.catalog.company import Refresh
from metrics.errors import UsageError

LONDON = ZoneInfo("Europe/London")
# A Sunday.
START = datetime(2026, 11, 22, 12, tzinfo=LONDON)


def firings(cron, count=8, start=START):
    trigger, found, previous = trigger_of(cron, LONDON), [], None
    moment = start
    for _ in range(count):
        previous = trigger.get_next_fire_time(previous, moment)
        found.append(previous)
        moment = previous + timedelta(seconds=1)
    return found


def test_a_quarter_past_every_hour():
    assert [one.strftime("%H:%M") for one in firings("15 * * * *", 3)] == ["12:15", "13:15", "14:15"]


@pytest.mark.parametrize(
    ("weekday", "days"),
    [
        ("0", "Sun Sun"),
        ("7", "Sun Sun"),
        ("1", "Mon Mon"),
        ("1-5", "Mon Tue Wed Thu Fri Mon"),
        ("6,0", "Sat Sun Sat"),
        ("*/2", "Tue Thu Sat Sun Tue"),
        ("1-5/2", "Mon Wed Fri Mon"),
        ("5-7", "Fri Sat Sun Fri"),
        ("*", "Mon Tue Wed"),
    ],
)
def test_weekdays_are_those_of_crontab(weekday, days):
    expected = days.split()
    found = [one.strftime("%a") for one in firings(f"0 6 * * {weekday}", len(expected))]
    assert found == expected


def test_hours_are_those_of_the_company():
    (summer,) = firings("0 6 * * *", 1, datetime(2026, 7, 1, 12, tzinfo=LONDON))
    assert summer.utcoffset() == timedelta(hours=1)
    assert summer.hour == 6


@pytest.mark.parametrize(
    "cron",
    [
        "",
        "hourly",
        "* * * *",
        "61 * * * *",
        "* * * * 8",
        "* * * * mon",
        "* * * * 1/",
        "* * * * -1",
        "x * * * *",
    ],
)
def test_what_is_no_cron_line(cron):
    with pytest.raises(UsageError) as caught:
        trigger_of(cron, LONDON)
    assert str(caught.value) == (
        f"{cron!r} is not a cron line: write minute, hour, day, month and weekday, such as '15 * * * *'"
    )


def company(project, cron):
    path = project.root / "definitions/company.yml"
    kept = [line for line in path.read_text().splitlines() if not line.startswith("refresh:")]
    path.write_text("\n".join([*kept, *([f'refresh: {{cron: "{cron}"}}'] if cron else []), ""]))


def test_a_wrong_cron_line_stops_the_start(fresh):
    company = replace(fresh.catalog.company, refresh=Refresh("every hour"))
    project = replace(fresh, catalog=replace(fresh.catalog, company=company))
    with pytest.raises(UsageError):
        SchedulerProcess(fresh.root, lambda project: None, project)


def test_the_schedule_follows_the_definitions(fresh, tmp_path):
    clock = [0.0]
    scheduler = BackgroundScheduler()
    starter = RefreshStarter(lambda: None, tmp_path / "lock")
    follower = Follower(scheduler, Live(fresh, clock=lambda: clock[0]), starter, os.getppid())

    def look_after(cron):
        company(fresh, cron)
        clock[0] += 5
        follower.look()
        job = scheduler.get_job("refresh")
        return str(job.trigger) if job else None

    follower.look()
    assert scheduler.get_job("refresh") is None
    assert "minute='15'" in look_after("15 * * * *")
    assert "minute='30'" in look_after("30 * * * *")
    # Definitions that are wrong leave the last valid ones running, and their schedule.
    assert "minute='30'" in look_after("half past")
    assert "minute='45'" in look_after("45 * * * *")
    assert look_after(None) is None


def test_the_process_is_started_again_and_stopped(fresh, tmp_path):
    process = SchedulerProcess(fresh.root, lambda project: None, fresh)
    process.ensure()
    first = process._process
    assert first is not None
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)
    process.ensure()
    # Not at once, so that one that cannot start does not take the machine.
    assert process._process == first
    process._started_at -= 60
    process.ensure()
    second = process._process
    assert second != first
    process.stop()
    with pytest.raises(ChildProcessError):
        os.waitpid(second, os.WNOHANG)
