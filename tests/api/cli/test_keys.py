import json
from datetime import timedelta

from api.auth import Keys, Scope
from api.project.project import Project
from tests.api.cli.shop import NOW, lines, put, run


def test_a_key_is_printed_once_and_works(shop):
    done = run(shop, "keys", "create", "--name", "prometheus", "--scope", "metrics", "--expires", "90d")
    assert done.exit_code == 0
    text = done.stdout.strip()
    key_id = text.split("_")[1]
    assert done.stderr == (
        f"key {key_id} for prometheus, valid until 2026-07-19 06:00 UTC; keep it now: it is not shown again\n"
    )
    project = Project.open(shop)
    key = Keys(project.store).check(text, NOW)
    project.store.close()
    assert key is not None
    assert key.scopes == {Scope.METRICS}
    assert key.expires_at == NOW + timedelta(days=90)


def test_keys_are_listed_without_their_secrets(shop):
    assert run(shop, "keys", "list").stderr == "there are no keys\n"
    made = run(shop, "keys", "create", "--name", "wall", "--scope", "read", "--scope", "admin")
    key_id = made.stdout.split("_")[1]
    done = run(shop, "keys", "list")
    assert lines(done.stdout) == [
        "id          name  scopes       created               expires  state",
        f"{key_id}  wall  admin, read  2026-04-20 06:00 UTC  never    valid",
    ]
    listed = run(shop, "keys", "list", "--json")
    assert json.loads(listed.stdout) == [
        {
            "id": key_id, "name": "wall", "scopes": ["admin", "read"], "created_at": "2026-04-20T06:00:00+00:00",
            "expires_at": None, "revoked_at": None, "state": "valid",
        }
    ]  # fmt: skip
    assert made.stdout.strip() not in done.stdout + listed.stdout


def test_a_revoked_and_an_expired_key_are_named_so(shop):
    one = run(shop, "keys", "create", "--name", "one", "--scope", "read").stdout.split("_")[1]
    run(shop, "keys", "create", "--name", "two", "--scope", "read", "--expires", "1 day")
    done = run(shop, "keys", "revoke", one)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == f"key {one} of one is revoked since 2026-04-20 06:00 UTC\n"
    later = run(shop, "keys", "list", "--json", now=NOW + timedelta(days=2))
    assert sorted((key["name"], key["state"]) for key in json.loads(later.stdout)) == [
        ("one", "revoked"),
        ("two", "expired"),
    ]


def test_keys_need_a_project_and_no_valid_definitions(shop, tmp_path_factory):
    put(shop, "company.yml", "company: [")
    assert run(shop, "keys", "create", "--name", "one", "--scope", "read").exit_code == 0
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    done = run(elsewhere, "keys", "list")
    assert done.exit_code == 2
    assert done.stderr.endswith("Error: no project is here: name its folder with --project\n")
    assert list(elsewhere.iterdir()) == []


def test_what_makes_no_key_is_refused(shop):
    unknown = run(shop, "keys", "create", "--name", "one", "--scope", "write")
    assert unknown.exit_code == 2
    span = run(shop, "keys", "create", "--name", "one", "--scope", "read", "--expires", "soon")
    assert span.exit_code == 2
    assert span.stderr.endswith(
        "Error: Invalid value for --expires: 'soon' is not a span such as 90 days, 26h or 2 years\n"
    )
    nameless = run(shop, "keys", "create", "--name", " ", "--scope", "read")
    assert (nameless.exit_code, nameless.stderr) == (2, "an API key needs a name that says who uses it\n")
    missing = run(shop, "keys", "revoke", "abc")
    assert (missing.exit_code, missing.stderr) == (2, "no API key has the prefix 'abc'\n")
