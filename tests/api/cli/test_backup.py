import json

from tests.api.cli.shop import put, run


def test_a_backup_says_what_it_holds(computed, tmp_path):
    file = tmp_path / "a.bak"
    done = run(computed, "backup", str(file))
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        f"{file}: 23 values of 2 runs, data as of 2026-04-10 09:00 UTC. Read back and found whole.\n"
    )
    again = run(computed, "backup", str(file))
    assert (again.exit_code, again.stdout) == (2, "")
    assert again.stderr == f"{file} exists: name another file, or write --force to replace it\n"
    forced = run(computed, "backup", str(file), "--force", "--json")
    assert json.loads(forced.stdout) == {
        "file": str(file), "bytes": file.stat().st_size, "observations": 23, "runs": 2, "revision": "0009",
        "watermark": "2026-04-10T09:00:00+00:00",
    }  # fmt: skip


def test_a_backup_needs_a_project_and_no_valid_definitions(computed, tmp_path_factory):
    put(computed, "company.yml", "company: [")
    assert run(computed, "backup", str(computed / "a.bak")).exit_code == 0
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    done = run(elsewhere, "backup", str(elsewhere / "a.bak"))
    assert done.exit_code == 2
    assert done.stderr.endswith("Error: no project is here: name its folder with --project\n")
    assert list(elsewhere.iterdir()) == []


def test_before_the_first_refresh_there_is_nothing_to_back_up(shop):
    done = run(shop, "backup", str(shop / "a.bak"))
    assert done.exit_code == 2
    assert done.stderr == f"there is no store at {shop / '.scorecard' / 'store.db'}: refresh first\n"


def test_a_password_is_never_shown(shop, monkeypatch):
    monkeypatch.setenv("SCORECARD_STORE_URL", "postgresql://ann:s3cret@host/cards")
    for command, tool in (
        ("backup", "pg_dump --format=custom --file=a.bak --dbname=postgresql://ann@host/cards"),
        (
            "restore",
            "pg_restore --clean --if-exists --single-transaction --dbname=postgresql://ann@host/cards a.bak",
        ),
    ):
        done = run(shop, command, "a.bak")
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr == f"the store is kept in PostgreSQL, which has its own tool for this: {tool}\n"
