"""What data hold is written, and neither obeyed by a terminal nor run by a spreadsheet."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cli._output import console
from api.cli._visible import WIDEST_CELL, cell, for_spreadsheet, json_visible, visible
from tests.api.cli.shop import ORDERS, run

ESCAPE = "\x1b]0;owned\x07\x1b[2J"
CHANNELS = {"web": f"w{ESCAPE}eb", "phone": '=HYPERLINK("http://evil.example")'}
OBEYED = [
    *map(chr, range(9)),
    *map(chr, range(11, 32)),
    *map(chr, range(0x7F, 0xA0)),
    "\u202e",
    "\u2066",
    "\ud800",
]


@given(st.text(st.sampled_from([*OBEYED, "a", "é", "\n", "\U0001f600"])))
def test_no_sign_is_left_that_a_terminal_obeys(text):
    said = visible(text)
    assert not set(said) & set(OBEYED)
    assert said.isprintable() or "\n" in said
    assert "\n" not in cell(text)
    assert json.loads(json_visible(json.dumps([text], ensure_ascii=False))) == [text]


def test_ordinary_texts_stay():
    for text in ("Zürich", "日本", "👩\u200d🔬", "a\nb", "no\xa0break"):
        assert visible(text) == text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_no_text_begins_a_formula(text):
    assert for_spreadsheet(text) == visible(f"'{text}")
    assert for_spreadsheet(f"a{text}") == visible(f"a{text}")


def test_a_console_has_its_own_colours_alone(capsys):
    console().print(f"name {ESCAPE}", style="red")
    assert capsys.readouterr().out == "name \\x1b]0;owned\\x1b[2J\n"


@pytest.fixture
def odd(shop):
    """Return the shop with channels that no shop should have."""
    file, text = shop / "data" / "orders.csv", ORDERS
    for name, value in CHANNELS.items():
        quoted = value.replace('"', '""')
        text = text.replace(f",{name},", f',"{quoted}",')
    file.write_text(text.replace(",test,", f",{'long' * 200},"))
    assert run(shop, "refresh").exit_code == 0
    return shop


def test_a_table_writes_escapes_out_and_keeps_its_width(odd):
    done = run(odd, "query", "revenue", "--by", "channel", "--grain", "quarter")
    assert done.exit_code == 0
    assert "\x1b" not in done.stdout
    assert "w\\x1b]0;owned\\x07\\x1b[2Jeb" in done.stdout
    assert "longlonglon ... longlong" in done.stdout
    assert max(map(len, done.stdout.splitlines())) < WIDEST_CELL + 80


def test_csv_and_json_hold_the_whole_of_it(odd):
    done = run(odd, "query", "revenue", "--by", "channel", "--grain", "quarter", "--format", "csv")
    found = {row["channel"] for row in csv.DictReader(io.StringIO(done.stdout))}
    assert found == {f"'{CHANNELS['phone']}", "w\\x1b]0;owned\\x07\\x1b[2Jeb", "long" * 200}
    assert "\x1b" not in done.stdout
    done = run(odd, "query", "revenue", "--by", "channel", "--grain", "quarter", "--json")
    assert {row["channel"] for row in json.loads(done.stdout)} == {*CHANNELS.values(), "long" * 200}
    assert "\x1b" not in done.stdout
