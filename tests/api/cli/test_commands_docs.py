"""docs/commands.md has a section for each command, and names each of its options."""

import re
from pathlib import Path

import click
import pytest

from api.cli import COMMANDS, main

TEXT = (Path(__file__).parents[3] / "docs" / "commands.md").read_text(encoding="utf-8")


def sections():
    parts = re.split(r"^## (.+)$", TEXT, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def options(command):
    own = [command, *command.commands.values()] if isinstance(command, click.Group) else [command]
    return {
        name for each in own for parameter in each.params for name in parameter.opts if name.startswith("--")
    }


def test_the_sections_are_the_commands_in_their_order():
    assert list(sections()) == ["What all commands share", *COMMANDS]
    for name in COMMANDS:
        assert f"| [{name}](#{name}) |" in TEXT


@pytest.mark.parametrize("name", COMMANDS)
def test_each_option_is_documented(name):
    command = main.get_command(click.Context(main), name)
    said = sections()[name] + sections()["What all commands share"]
    for option in options(command):
        assert option in said, f"{name} {option}"


def test_exit_codes_are_those_of_the_program():
    assert re.findall(r"^\| (\d) \|", TEXT, flags=re.MULTILINE) == ["0", "1", "2", "3", "4"]
