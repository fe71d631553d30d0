import json

from tests.api.cli.shop import FILES, lines, put, run

REVENUE = "metrics/sales/revenue.yml"


def test_nothing_is_wrong(shop):
    put(
        shop,
        "metrics/service/kept_promises.yml",
        FILES["metrics/service/kept_promises.yml"] + "owner: service-lead\n",
    )
    done = run(shop, "check")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "0 errors, 0 failures, 0 pieces of advice\n"


def test_advice_is_printed_and_does_not_fail(shop):
    done = run(shop, "check")
    assert done.exit_code == 0
    assert lines(done.stdout) == [
        "definitions/metrics/service/kept_promises.yml:1:1 owner-missing nobody owns the metric: write owner"
    ]
    assert done.stderr == "0 errors, 0 failures, 1 piece of advice\n"


def test_every_error_is_said_before_the_advice(shop):
    put(
        shop,
        REVENUE,
        FILES[REVENUE].replace("sum(amount)", "sum(").replace("dataset: orders", "dataset: order"),
    )
    put(
        shop,
        "scorecards/joint.yml",
        FILES["scorecards/joint.yml"].replace("[kept_promises]", "[kept_promise]"),
    )
    done = run(shop, "check")
    assert done.exit_code == 2
    assert lines(done.stdout) == [
        "definitions/metrics/sales/revenue.yml:12:13 bad-expression the bracket is never closed: write the ')'",
        "definitions/scorecards/joint.yml:9:93 unknown-metric no metric is called 'kept_promise' "
        "(did you mean 'kept_promises'?)",
        "definitions/metrics/service/kept_promises.yml:1:1 owner-missing nobody owns the metric: write owner",
    ]
    assert done.stderr == "2 errors, 0 failures, 1 piece of advice\n"


def test_data_that_does_not_fit_is_a_failure(shop):
    text = (shop / "data" / "orders.csv").read_text(encoding="utf-8")
    (shop / "data" / "orders.csv").write_text(text + text.splitlines()[-1] + "\n", encoding="utf-8")
    done = run(shop, "check", "--data")
    assert done.exit_code == 1
    said = "duplicate-key 1 value of the key (order_id) stand on more than one row"
    assert f"definitions/datasets/orders.yml:4:6 {said}" in lines(done.stdout)
    assert any("source-unreachable" in line or "missing" in line for line in lines(done.stdout))


def test_rows_are_left_alone_while_definitions_have_errors(shop):
    put(shop, REVENUE, FILES[REVENUE] + "colour: red\n")
    done = run(shop, "check", "--data")
    assert done.exit_code == 2
    assert lines(done.stderr)[0] == "the rows are not checked while the definitions have errors"


def test_as_json(shop):
    done = run(shop, "check", "--json")
    assert json.loads(done.stdout) == [
        {
            "file": "definitions/metrics/service/kept_promises.yml", "line": 1, "column": 1,
            "code": "owner-missing", "level": "advice",
            "message": "nobody owns the metric: write owner",
        }
    ]  # fmt: skip


def test_a_folder_without_definitions_is_an_error(tmp_path):
    done = run(tmp_path, "check")
    assert done.exit_code == 2
    assert done.stdout.startswith("definitions:1:1 definitions-missing ")


def test_a_file_outside_of_the_project_is_refused_where_it_is_named(shop):
    canary = shop.parent / "canary" / "orders.csv"
    canary.parent.mkdir()
    (shop / "data" / "orders.csv").rename(canary)
    outside = "outside of the project folder: name that folder under roots: in sources.yml, or with --root"
    (shop / "data" / "orders.csv").symlink_to(canary)
    linked = run(shop, "check")
    assert linked.exit_code == 2
    said = f"definitions/datasets/orders.yml:3:8 file-link 'data/orders.csv' is a link to a file {outside}"
    assert lines(linked.stdout)[0] == said
    path = "../canary/orders.csv"
    put(shop, "datasets/orders.yml", FILES["datasets/orders.yml"].replace("data/orders.csv", path))
    for command in ("check", "refresh", "explain revenue", "grafana build --out boards"):
        refused = run(shop, *command.split())
        assert refused.exit_code == 2
        said = f"definitions/datasets/orders.yml:3:8 file-outside {path!r} lies {outside}"
        assert lines(refused.output)[0] == said
        if not command.startswith("grafana"):
            assert run(shop, *command.split(), "--root", str(canary.parent)).exit_code in (0, 3)
    assert run(shop, "--root", str(canary.parent), "check").exit_code == 0
