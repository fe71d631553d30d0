"""What every command shares: the project folder, the form of the output, and the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from api.clock import Clock, clock_of, present

if TYPE_CHECKING:
    from api.project.project import Project
    from metrics.grain import Calendar

Function = TypeVar("Function", bound=Callable[..., Any])

DISTRIBUTION = "scorecard-server"


@dataclass
class Settings:
    """The global options; a `clock` stands in for the project's own and for the present."""

    root: Path = field(default_factory=Path)
    roots: tuple[str, ...] = ()
    json: bool = False
    clock: Clock | None = None

    def now(self) -> datetime:
        """Return the project's now as an aware instant."""
        return (self.clock or clock_of(self.root))()

    def key_now(self) -> datetime:
        """Return the instant that API keys go by."""
        return (self.clock or present)()


pass_settings = click.make_pass_decorator(Settings, ensure=True)


def _set_root(ctx: click.Context, _: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.ensure_object(Settings).root = value


def _add_roots(ctx: click.Context, _: click.Parameter, value: tuple[Path, ...]) -> None:
    settings = ctx.ensure_object(Settings)
    # Relative to where the command is given, unlike those of sources.yml.
    settings.roots = (*settings.roots, *(str(each.absolute()) for each in value))


def _set_json(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        ctx.ensure_object(Settings).json = True


_project_option = click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    expose_value=False,
    callback=_set_root,
    help="The project folder; the current one by default.",
)
_root_option = click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    multiple=True,
    expose_value=False,
    callback=_add_roots,
    help="A folder besides the project's in which its files may lie; may be repeated.",
)


def project_option(command: Function) -> Function:
    """Let a command take the project folder, and the other folders in which its files may lie."""
    return _project_option(_root_option(command))


json_option = click.option(
    "--json", is_flag=True, expose_value=False, callback=_set_json, help="Write JSON instead of text."
)


@contextmanager
def opened(settings: Settings) -> Iterator[Project]:
    """Open the project for as long as a command needs it; raise DefinitionsInvalid."""
    from api.project.project import Project

    project = Project.open(settings.root, roots=settings.roots)
    try:
        yield project
    finally:
        project.store.close()


def version() -> str:
    """Return this program's version."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed(DISTRIBUTION)
    except PackageNotFoundError:
        import tomllib

        # A checkout that is not installed says its version itself.
        text = Path(__file__).parents[2].joinpath("pyproject.toml").read_text(encoding="utf-8")
        return str(tomllib.loads(text)["project"]["version"])


def show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    """Print the version and end."""
    if value:
        click.echo(f"scorecard {version()}")
        ctx.exit()


def moment(text: str) -> date | datetime:
    """Read an ISO date or date and time; which instant a date is depends on the company's time zone."""
    from api.moment import moment_of

    try:
        return moment_of(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not a date or an instant: write 2026-10-01 or 2026-10-01T06:00:00Z"
        ) from None


def day(text: str) -> date:
    """Read an ISO date."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a date: write 2026-10-01") from None


def instant(given: date | datetime | None, calendar: Calendar) -> datetime | None:
    """Return the instant of a moment: a date begins at midnight, a time without a zone is local."""
    from api.moment import instant_of

    return None if given is None else instant_of(given, calendar)
