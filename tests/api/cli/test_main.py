import json
import os
import pty
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

import api.cli
from api.cli import COMMANDS, main
from tests.api.cli.shop import put, run


def scorecard(*arguments, cwd, **environment):
    """Run the program as a process of its own."""
    command = [sys.executable, "-m", "api.cli", *arguments]
    here = os.fspath(api.cli.__path__[0]).removesuffix("/api/cli")
    variables = {**os.environ, "PYTHONPATH": here, **environment}
    return subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True, check=False)


def test_help_lists_every_command():
    done = CliRunner().invoke(main, ["--help"])
    assert done.exit_code == 0
    for name, says in COMMANDS.items():
        assert f"  {name}" in done.output
        assert says in done.output


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_bears_its_name_and_explains_itself(name):
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.name == name
    done = CliRunner().invoke(main, [name, "--help"])
    assert done.exit_code == 0
    assert done.output.startswith(f"Usage: main {name} ")


def test_help_imports_nothing_heavy(tmp_path):
    code = (
        "import sys; from click.testing import CliRunner; from api.cli import main; "
        "done = CliRunner().invoke(main, ['--help']); assert done.exit_code == 0; "
        "print(sorted({'duckdb', 'sqlalchemy', 'numpy', 'flask', 'rich', 'sqlglot', 'marshmallow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_version(tmp_path):
    done = scorecard("--version", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("scorecard 0.")


def test_an_unknown_command_is_refused_with_the_nearest():
    done = CliRunner().invoke(main, ["qury"])
    assert done.exit_code == 2
    assert done.stderr.endswith("Error: no command is called 'qury' (did you mean 'query'?)\n")


def test_global_options_stand_before_or_after_the_command(computed):
    before = run(None, "--json", "--project", str(computed), "query", "revenue")
    after = run(None, "query", "revenue", "--json", "--project", str(computed))
    assert before.exit_code == after.exit_code == 0
    assert before.stdout == after.stdout
    assert json.loads(before.stdout)[0]["metric"] == "revenue"


def test_a_folder_that_does_not_exist_is_wrong_usage(tmp_path):
    done = run(tmp_path / "nowhere", "check")
    assert done.exit_code == 2
    assert "Directory" in done.stderr
    assert "does not exist" in done.stderr


def test_an_internal_error_is_one_line(monkeypatch, shop):
    def broken(*_):
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("api.cli.check.find", broken)
    done = run(shop, "check")
    assert (done.exit_code, done.stdout) == (4, "")
    assert done.stderr == "internal error: RuntimeError: two lines\n"
    monkeypatch.setenv("SCORECARD_DEBUG", "1")
    assert run(shop, "check").stderr.startswith("Traceback (most recent call last):\n")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check"], 0),
        (["query", "kept_promises"], 0),
        (["check", "--data"], 1),
        (["query", "nothing"], 2),
        (["check", "--nothing"], 2),
        (["query", "costs"], 3),
    ],
)
def test_a_process_ends_with_its_exit_code_and_no_traceback(computed, arguments, code):
    put(computed, "metrics/sales/costs.yml", "metric: costs\nlabel: Costs\nleads: sales\nowner: x\ndirection: none\n"
        "kind: aggregate\ndataset: costs\nmeasure: count\n")  # fmt: skip
    done = scorecard(*arguments, cwd=computed)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colour_is_for_terminals_and_no_color_ends_it(computed, no_color, coloured):
    reader, writer = pty.openpty()
    here = os.fspath(api.cli.__path__[0]).removesuffix("/api/cli")
    variables = {**os.environ, "PYTHONPATH": here, "TERM": "xterm-256color", "NO_COLOR": no_color}
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "show"],
        cwd=computed,
        env=variables,
        stdout=writer,
        stderr=subprocess.PIPE,
    )
    os.close(writer)
    said = b""
    while True:
        try:
            chunk = os.read(reader, 4096)
        except OSError:
            break
        if not chunk:
            break
        said += chunk
    os.close(reader)
    assert process.stderr is not None
    process.stderr.close()
    assert process.wait() == 0
    assert b"Corner Shop" in said
    assert (b"\x1b[" in said) is coloured
