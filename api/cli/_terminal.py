"""What a terminal would obey is written out: data and definitions may hold anything."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from api.cli._visible import visible


class PlainConsole(Console):
    """A console whose colours and positions are its own; what it is given to print has none."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the segments, with what a terminal would obey written out."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text))
