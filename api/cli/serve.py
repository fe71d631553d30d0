"""`scorecard serve`: the page, the API and /metrics, refreshed by the company's cron line."""

from __future__ import annotations

import socket

import click

from api.cli._settings import Settings, pass_settings, project_option

HOST, PORT, WORKERS = "127.0.0.1", 8321, 2


@click.command("serve")
@click.option(
    "--host", default=HOST, show_default=True, help="Where to listen; other than loopback needs a key."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0 takes a free one."
)
@click.option("--workers", type=click.IntRange(1, 64), default=WORKERS, show_default=True, help="Processes.")
@click.option(
    "--preview",
    metavar="BASE..HEAD",
    help="Show scorecards under HEAD beside BASE, at /preview.",
)
@project_option
@pass_settings
def command(settings: Settings, host: str, port: int, workers: int, preview: str | None) -> None:
    """Serve the project until it is stopped; it refreshes by the cron line in company.yml."""
    require_free(host, port)
    from api.server import serve

    serve(
        settings.root.resolve(), host, port, workers, roots=settings.roots, preview=preview, announce=announce
    )


def announce(text: str) -> None:
    """Say where the page and the metrics are; the text ends with the address."""
    address = text.split()[-1]
    click.echo(f"Page: {address}")
    click.echo(f"Prometheus: {address}metrics")
    click.echo("Stop with Ctrl-C.", err=True)


def require_free(host: str, port: int) -> None:
    """Refuse a port that is taken, before anything is computed."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except OSError as error:
            raise click.UsageError(
                f"cannot listen on {host}:{port} ({error.strerror or error}): choose another with --port"
            ) from error
