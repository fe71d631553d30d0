import json

import jsonschema
import pytest
from ruamel.yaml import YAML

from scorecard.schema import KNOWN
from tests.api.cli.shop import FILES, lines, run

DRAFT = "http://json-schema.org/draft-07/schema#"


def test_a_schema_for_each_kind_of_file(shop):
    done = run(shop, "schema")
    assert done.exit_code == 0
    folder = shop / ".scorecard" / "schema"
    assert lines(done.stdout) == [str(folder / f"{name}.json") for name in KNOWN]
    for name in KNOWN:
        schema = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        assert schema["$schema"] == DRAFT
        jsonschema.Draft7Validator.check_schema(schema)


@pytest.mark.parametrize("file", FILES)
def test_the_shops_files_satisfy_their_schemas(shop, file):
    run(shop, "schema", "--out", str(shop / "schemas"))
    kind = {"datasets": "dataset", "metrics": "metric", "scorecards": "scorecard"}.get(
        file.split("/")[0], file[:-4]
    )
    schema = json.loads((shop / "schemas" / f"{kind}.json").read_text(encoding="utf-8"))
    written = json.loads(json.dumps(YAML(typ="safe").load(FILES[file]), default=str))
    jsonschema.Draft7Validator(schema).validate(written)


def test_another_folder_and_json(shop, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    done = run(shop, "schema", "--out", str(out), "--json")
    assert json.loads(done.stdout) == [str(out / f"{name}.json") for name in KNOWN]
    assert not (shop / ".scorecard").exists()


def test_a_folder_that_cannot_be_written_is_wrong_usage(shop):
    done = run(shop, "schema", "--out", str(shop / "data" / "orders.csv" / "schema"))
    assert done.exit_code == 2
    assert done.stderr.endswith("cannot be written: Not a directory\n")
