import json
import math
import os
from textwrap import dedent

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from metrics.errors import Position
from metrics.loading.yaml import (
    MAX_BYTES,
    MAX_TEXT,
    MappingNode,
    ScalarNode,
    SequenceNode,
    locate,
    plain,
    read,
    read_bytes,
    read_content,
)

METRIC = dedent(
    """\
    # yaml-language-server: $schema=metric.json
    metric: lead_to_opportunity
    on: account_id
    no: 3
    window: 90 days
    from: {dataset: stage_changes, where: "stage = 'mql' and qualified_lead"}
    supports: [marketing, service]
    private: false
    owner:
    targets:
      - {from: 2026-04-01, per: quarter, red_flag: 0.18, goal: 0.24}
      - from: 2027-04-01
        goal: .5
    """
)


def read_file(path, root):
    content, problem = read_content(path, root)
    return (None, (problem,)) if content is None else read_bytes(content, path.relative_to(root).as_posix())


def found(text):
    return [str(finding) for finding in read(text, "m.yml")[1]]


def value_of(text):
    node, findings = read(text, "m.yml")
    assert findings == ()
    return plain(node)


def at(line, column):
    return Position("m.yml", line, column)


def test_a_definition_is_read_as_written():
    assert value_of(METRIC) == {
        "metric": "lead_to_opportunity",
        "on": "account_id",
        "no": 3,
        "window": "90 days",
        "from": {"dataset": "stage_changes", "where": "stage = 'mql' and qualified_lead"},
        "supports": ["marketing", "service"],
        "private": False,
        "owner": None,
        "targets": [
            {"from": "2026-04-01", "per": "quarter", "red_flag": 0.18, "goal": 0.24},
            {"from": "2027-04-01", "goal": 0.5},
        ],
    }


def test_nodes_know_their_places():
    node, _ = read(METRIC, "m.yml")
    assert isinstance(node, MappingNode)
    assert node.position == at(2, 1)
    assert node.keys()[:3] == ("metric", "on", "no")
    assert node.entries[1].key_position == at(3, 1)
    assert node.get("window") == ScalarNode("90 days", "90 days", at(5, 9), True)
    assert node.get("owner") == ScalarNode(None, "", at(9, 7), True)
    assert node.get("absent") is None
    supports = node.get("supports")
    assert isinstance(supports, SequenceNode)
    assert [item.position for item in supports.items] == [at(7, 12), at(7, 23)]
    where = node.get("from").get("where")
    assert (where.position, where.plain, where.offset_column) == (at(6, 39), False, 40)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a:\n\n# words\nb: 1\n", at(1, 3)),
        ("{a: , b: 1}", at(1, 4)),
        ("'a:b' :\nb: 1\n", at(1, 8)),
        ("? a\nb: 1\n", at(2, 1)),
        ("{a, b: 1}", at(1, 3)),
        ("a: # words\n  - 1\n", at(2, 3)),
    ],
)
def test_an_empty_value_stands_behind_its_colon(text, place):
    node, findings = read(text, "m.yml")
    assert findings == ()
    assert node.entries[0].value.position == place


@pytest.mark.parametrize(
    ("path", "place", "key_place"),
    [
        ([], at(2, 1), at(2, 1)),
        (["from", "where"], at(6, 39), at(6, 32)),
        (["from", "missing"], at(6, 7), at(6, 1)),
        (["targets", 1, "goal"], at(13, 11), at(13, 5)),
        (["targets", 1], at(12, 5), at(12, 5)),
        (["targets", 7, "goal"], at(11, 3), at(10, 1)),
        (["targets", "goal"], at(11, 3), at(10, 1)),
        (["metric", "deeper", 3], at(2, 9), at(2, 1)),
    ],
)
def test_locate_goes_as_deep_as_the_path_exists(path, place, key_place):
    node, _ = read(METRIC, "m.yml")
    assert locate(node, path) == place
    assert locate(node, path, key=True) == key_place


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# words alone\n", None),
        ("~", None),
        ("Null", None),
        ("true", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("0", 0),
        ("-12", -12),
        ("+7", 7),
        ("9223372036854775807", 2**63 - 1),
        ("1.50", 1.5),
        ("-.5", -0.5),
        ("2.", 2.0),
        ("1e3", 1000.0),
        ("0.5E-2", 0.005),
        ("2026-04-01", "2026-04-01"),
        ("2026-04-01 10:30:00", "2026-04-01 10:30:00"),
        ("mon-fri", "mon-fri"),
        ("09:00-17:30", "09:00-17:30"),
        ("15 * * * *", "15 * * * *"),
        ("1.2.3", "1.2.3"),
        ("- -", [[None]]),
        ("-", [None]),
        (".", "."),
        ("_1", "_1"),
        ("yesterday", "yesterday"),
        ("nO n", "nO n"),
        ('"no"', "no"),
        ("'12:30'", "12:30"),
        ('"010"', "010"),
        ('"true"', "true"),
        ("'it''s'", "it's"),
        ('"a\\tb\\u00e9\\ud83d\\ude00"', "a\tbé😀"),
        ("{on: 1, yes: 2, 010: 3, 12:30: 4, ~: 5}", {"on": 1, "yes": 2, "010": 3, "12:30": 4, "~": 5}),
        ("? a\n: b\n", {"a": "b"}),
        ("a: >-\n  one\n  two\n", {"a": "one two"}),
        ("a: |\n  one\n  two\n", {"a": "one\ntwo\n"}),
        ("%YAML 1.2\n---\na: 1\n...\n", {"a": 1}),
        ("\ufeffa: 1", {"a": 1}),
        ("a: 1\r\nb: 2\rc: 3", {"a": 1, "b": 2, "c": 3}),
        ("'<<': 1", {"<<": 1}),
    ],
)
def test_values(text, value):
    read_value = value_of(text)
    assert read_value == value
    assert type(read_value) is type(value)


@pytest.mark.parametrize(
    ("text", "meant", "message"),
    [
        ("no", False, 'no is ambiguous: write false, or quote it: "no"'),
        ("Off", False, 'Off is ambiguous: write false, or quote it: "Off"'),
        ("n", False, 'n is ambiguous: write false, or quote it: "n"'),
        ("YES", True, 'YES is ambiguous: write true, or quote it: "YES"'),
        ("on", True, 'on is ambiguous: write true, or quote it: "on"'),
        ("Y", True, 'Y is ambiguous: write true, or quote it: "Y"'),
        ("12:30", "12:30", '12:30 is ambiguous: quote it: "12:30"'),
        ("1:30:00", "1:30:00", '1:30:00 is ambiguous: quote it: "1:30:00"'),
        ("-1:30.5", "-1:30.5", '-1:30.5 is ambiguous: quote it: "-1:30.5"'),
        ("010", 10, '010 is ambiguous: write 10, or quote it: "010"'),
        ("-00", 0, '-00 is ambiguous: write 0, or quote it: "-00"'),
        ("01.5", 1.5, '01.5 is ambiguous: write 1.5, or quote it: "01.5"'),
        ("0x1F", 31, '0x1F is ambiguous: write 31, or quote it: "0x1F"'),
        ("-0o17", -15, '-0o17 is ambiguous: write -15, or quote it: "-0o17"'),
        ("0b101", 5, '0b101 is ambiguous: write 5, or quote it: "0b101"'),
        ("1_000", 1000, '1_000 is ambiguous: write 1000, or quote it: "1_000"'),
        ("1_000.5", 1000.5, '1_000.5 is ambiguous: write 1000.5, or quote it: "1_000.5"'),
        (".inf", ".inf", '.inf is ambiguous: write a finite number, or quote it: ".inf"'),
        ("-.Inf", "-.Inf", '-.Inf is ambiguous: write a finite number, or quote it: "-.Inf"'),
        (".NaN", ".NaN", '.NaN is ambiguous: write a finite number, or quote it: ".NaN"'),
    ],
)
def test_ambiguous_values_are_refused_with_what_to_write(text, meant, message):
    node, findings = read(f"key: {text}", "m.yml")
    assert [str(finding) for finding in findings] == [f"m.yml:1:6 yaml-ambiguous {message}"]
    assert plain(node) == {"key": meant}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a: 1\nb: 2\n'a': 3\n",
            ["m.yml:3:1 yaml-duplicate-key the key 'a' stands at line 1 already: keep one"],
        ),
        (
            "{a: [1], b: 2, a: [1]}",
            ["m.yml:1:16 yaml-duplicate-key the key 'a' stands at line 1 already: keep one"],
        ),
        (
            "a: &x 1\nb: *x\n",
            [
                "m.yml:1:4 yaml-anchor the anchor &x is refused: write the value out, or quote the text",
                "m.yml:2:4 yaml-anchor the alias *x is refused: write the value out, or quote the text",
            ],
        ),
        (
            "&k a: 1\n*k : 2\n",
            [
                "m.yml:1:1 yaml-anchor the anchor &k is refused: write the value out, or quote the text",
                "m.yml:2:1 yaml-anchor the alias *k is refused: write the value out, or quote the text",
            ],
        ),
        ("a: &", ["m.yml:1:4 yaml-anchor text cannot start with * or &: quote it"]),
        ("cron: * 1", ["m.yml:1:7 yaml-anchor text cannot start with * or &: quote it"]),
        (
            "<<: {a: 1}",
            ["m.yml:1:1 yaml-anchor the merge key << is refused: write the keys out, or quote it"],
        ),
        (
            "a: !!str 1\nb: !mine {}\nc: ! x\n",
            [
                f"m.yml:{line}:4 yaml-tag a tag (!...) is refused: write the plain value, or quote the text"
                for line in (1, 2, 3)
            ],
        ),
        ("a: !e!b 1", ["m.yml:1:4 yaml-tag text cannot start with !: quote it"]),
        ("a: !%", ["m.yml:1:4 yaml-tag text cannot start with !: quote it"]),
        (
            "a: 1\n---\nb: [\n",
            ["m.yml:2:1 yaml-document a second document starts here: write one document a file"],
        ),
        (
            "a: 1\n...\nb: 2\n",
            ["m.yml:3:1 yaml-document a second document starts here: write one document a file"],
        ),
        (
            "# words\n%YAML 1.1\n%TAG ! x\n---\na: 1\n",
            ["m.yml:2:1 yaml-document the directive '%YAML 1.1' is refused: delete the line"],
        ),
        (
            "%YAML 3.0\n---\na: 1\n",
            ["m.yml:1:1 yaml-document the directive '%YAML 3.0' is refused: delete the line"],
        ),
        ("? [a]\n: 1\n", ["m.yml:1:3 yaml-syntax a key is a list or a mapping: write a text"]),
        ("a:\n\tb: 1", ["m.yml:2:1 yaml-syntax a tab stands here: write spaces"]),
        ("a:\n  b: 1\n\tc: 1", ["m.yml:3:1 yaml-syntax a tab stands here: write spaces"]),
        ("a: [@b]", ["m.yml:1:5 yaml-syntax text cannot start with @: quote it"]),
        ("a: %d", ["m.yml:1:4 yaml-syntax text cannot start with %: quote it"]),
        (
            "a: b: c",
            ["m.yml:1:5 yaml-syntax a ':' cannot stand here: quote the text, or correct the indentation"],
        ),
        (
            "a: 'b' or c",
            [
                "m.yml:1:8 yaml-syntax this does not belong here: correct the indentation, "
                "or quote the whole text"
            ],
        ),
        (
            "a: 1\n- b\n",
            [
                "m.yml:2:1 yaml-syntax this does not belong here: correct the indentation, "
                "or quote the whole text"
            ],
        ),
        ("a: 1\nb\n", ["m.yml:2:1 yaml-syntax a key without its ':': write ': ' behind it"]),
        ("a: [1,\n  2", ["m.yml:2:4 yaml-syntax expected ',' or ']' (opened at line 1)"]),
        ("a: {b: 1", ["m.yml:1:9 yaml-syntax expected ',' or '}'"]),
        ("a: 'b\nc: 1", ["m.yml:1:4 yaml-syntax the quote is never closed: write the closing quote"]),
        (
            r'a: "\d+"',
            [r"m.yml:1:6 yaml-syntax the escape is unknown: write \\, or use single quotes"],
        ),
        ("a: !<", ["m.yml:1:4 yaml-tag text cannot start with !: quote it"]),
        ("a: > 5\n", ["m.yml:1:6 yaml-syntax text cannot start with | or >: quote it"]),
        (
            "a: - b",
            ["m.yml:1:4 yaml-syntax a list cannot start here: write it on its own lines, or in [ ]"],
        ),
        ("a: [", ["m.yml:1:5 yaml-syntax a value is missing here: write it, or close the bracket"]),
        (
            "[a]]",
            [
                "m.yml:1:4 yaml-syntax this does not belong here: correct the indentation, "
                "or quote the whole text"
            ],
        ),
        ("a: ? b", ["m.yml:1:4 yaml-syntax mapping keys are not allowed here"]),
        ("%x", ["m.yml:1:1 yaml-document the directive '%x' is refused: delete the line"]),
        ("a: >x\n", ["m.yml:1:5 yaml-syntax text cannot start with | or >: quote it"]),
        ('a: "\\u12', [r"m.yml:1:7 yaml-syntax the escape is unknown: write \\, or use single quotes"]),
        ('"\\UFFFFFFFF"', ["m.yml:1:1 yaml-syntax this cannot be read as YAML"]),
        ("a: b\x00", ["m.yml:1:5 yaml-encoding the character U+0000 is refused: delete it"]),
        ("a: 1\r\nb: \x1b[0m", ["m.yml:2:4 yaml-encoding the character U+001B is refused: delete it"]),
        ("a: \u2028", ["m.yml:1:4 yaml-encoding the character U+2028 is refused: delete it"]),
        ("a: 1\n\ufeffb: 1", ["m.yml:2:1 yaml-encoding the character U+FEFF is refused: delete it"]),
        ("a: \ud800", ["m.yml:1:4 yaml-encoding the character U+D800 is refused: delete it"]),
        ('a: "\\0"', ["m.yml:1:4 yaml-encoding the text holds the character U+0000: leave it out"]),
        ('"\\ud800": 1', ["m.yml:1:1 yaml-encoding the text holds the character U+D800: leave it out"]),
    ],
)
def test_refusals(text, expected):
    assert found(text) == expected


def test_all_findings_of_a_file_are_reported_in_order():
    text = "a: no\nb: 12:30\na: 1\nc: [0x1, *x]\n"
    assert [finding.split(" ")[:2] for finding in found(text)] == [
        ["m.yml:1:4", "yaml-ambiguous"],
        ["m.yml:2:4", "yaml-ambiguous"],
        ["m.yml:3:1", "yaml-duplicate-key"],
        ["m.yml:4:5", "yaml-ambiguous"],
        ["m.yml:4:10", "yaml-anchor"],
    ]


def test_what_was_found_before_a_syntax_error_is_kept():
    node, findings = read("a: no\nb: [1\n", "m.yml")
    assert node is None
    assert [finding.code for finding in findings] == ["yaml-ambiguous", "yaml-syntax"]


def test_beside_findings_the_first_of_equal_keys_counts_and_an_alias_is_null():
    assert plain(read("a: 1\na: 2\nb: *x\nc: &y 3\n", "m.yml")[0]) == {"a": 1, "b": None, "c": 3}


BIG = 2**63


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[" * 10_000, "m.yml:1:51 yaml-bounds more than 50 levels of nesting: flatten it"),
        ("{a: " * 10_000, "m.yml:1:201 yaml-bounds more than 50 levels of nesting: flatten it"),
        ("- " * 10_000, "m.yml:1:101 yaml-bounds more than 50 levels of nesting: flatten it"),
        ("? " * 10_000, "m.yml:1:101 yaml-bounds more than 50 levels of nesting: flatten it"),
        (" " * (MAX_BYTES + 1), "m.yml:1:1 yaml-bounds the file is larger than 1 MiB: split it"),
        ("a: " + "x" * (MAX_TEXT + 1), "m.yml:1:4 yaml-bounds the text is longer than 64 KiB: shorten it"),
        (
            f"a: {BIG}",
            f"m.yml:1:4 yaml-bounds the number {BIG} does not fit 64 bits: write a smaller one, or quote it",
        ),
        (
            f"a: 0x{'F' * 5000}",
            f"m.yml:1:4 yaml-bounds the number 0x{'F' * 38}... does not fit 64 bits: "
            "write a smaller one, or quote it",
        ),
        (
            f"a: {'9' * 5000}",
            f"m.yml:1:4 yaml-bounds the number {'9' * 40}... does not fit 64 bits: "
            "write a smaller one, or quote it",
        ),
        (
            "a: 1e400",
            "m.yml:1:4 yaml-bounds the number 1e400 does not fit 64 bits: write a smaller one, or quote it",
        ),
    ],
    ids=["[", "{", "-", "?", "file", "text", "integer", "hexadecimal", "digits", "float"],
)
def test_bounds(text, expected):
    assert found(text) == [expected]


def test_the_number_of_values_is_bounded(monkeypatch):
    monkeypatch.setattr("metrics.loading.yaml.MAX_NODES", 4)
    assert found("[1, 2, 3]") == []
    assert found("[1, 2, 3, 4]") == ["m.yml:1:11 yaml-bounds more than 4 values in one file: split it"]


def test_fifty_levels_are_allowed():
    assert found("[" * 50 + "]" * 50) == []


@pytest.mark.parametrize(
    ("text", "offset", "line", "column"),
    [
        ("k: abc def", 4, 1, 8),
        ("k: abc def", 7, 1, 11),
        ("k: abc\n  def", 4, 2, 3),
        ("k: 'abc'", 1, 1, 6),
        ("k: 'a''b = c'", 5, 1, 11),
        ('k: "a\\"b\\x41 c"', 5, 1, 14),
        ('k: "\\ud83d\\ude00\\nb"', 2, 1, 19),
        ('k: "\\u0020b"', 1, 1, 11),
        ("k: |-  # words\n  one\n  two", 4, 3, 3),
        ("k: >\n\n   one\n   two", 1, 3, 4),
        ("k: >\n  one\n  two", 5, 3, 4),
        ("k: ''", 0, 1, 5),
        ("k:", 0, 1, 3),
        ("k: ' a'", 0, 1, 5),
        ("k: 'a b'", 1, 1, 6),
    ],
)
def test_an_offset_into_a_text_is_found_in_its_source(text, offset, line, column):
    node, findings = read(text, "m.yml")
    assert findings == ()
    assert node.get("k").at(offset) == at(line, column)


def test_offset_column_skips_the_quote():
    node, _ = read("a: b\nc: 'b'\nd: \"b\"\ne: |\n  b\n", "m.yml")
    assert [entry.value.offset_column for entry in node.entries] == [4, 5, 5, 3]


@settings(deadline=None)
@given(st.text(alphabet="ab ='\"(),.é😀", min_size=1, max_size=40))
def test_every_visible_character_of_a_quoted_text_is_found(text):
    for quoted in (
        json.dumps(text),
        json.dumps(text, ensure_ascii=False),
        "'" + text.replace("'", "''") + "'",
    ):
        source = f"k: {quoted}"
        node, findings = read(source, "m.yml")
        assert findings == ()
        for offset, character in enumerate(text):
            if character != " ":
                written = source[node.get("k").at(offset).column - 1 :]
                assert written[0] == character or written.startswith("\\")


def test_files_are_named_from_the_root(tmp_path):
    (tmp_path / "metrics").mkdir()
    path = tmp_path / "metrics" / "cac.yml"
    path.write_bytes(b"\xef\xbb\xbfmetric: cac\nkey: no\n")
    node, findings = read_file(path, tmp_path)
    assert plain(node) == {"metric": "cac", "key": False}
    assert [str(finding) for finding in findings] == [
        'metrics/cac.yml:2:6 yaml-ambiguous no is ambiguous: write false, or quote it: "no"'
    ]


def test_a_file_that_is_not_there_is_a_finding(tmp_path):
    assert [str(finding) for finding in read_file(tmp_path / "x.yml", tmp_path)[1]] == [
        f"x.yml:1:1 yaml-document the file cannot be read: {os.strerror(2)}"
    ]


def test_a_large_file_is_not_read(tmp_path):
    path = tmp_path / "x.yml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    expected = "x.yml:1:1 yaml-bounds the file is larger than 1 MiB: split it"
    assert [str(finding) for finding in read_file(path, tmp_path)[1]] == [expected]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a: 1\r\nb: caf\xe9", "m.yml:2:7 yaml-encoding the byte 0xe9 is not UTF-8: save the file as UTF-8"),
        (
            "a: 1".encode("utf-16"),
            "m.yml:1:1 yaml-encoding the byte 0xff is not UTF-8: save the file as UTF-8",
        ),
        (
            b"\xef\xbb\xbfa: \xff",
            "m.yml:1:4 yaml-encoding the byte 0xff is not UTF-8: save the file as UTF-8",
        ),
    ],
)
def test_bytes_must_be_utf_8(content, expected):
    node, findings = read_bytes(content, "m.yml")
    assert node is None
    assert [str(finding) for finding in findings] == [expected]


def places(node):
    yield node.position
    if isinstance(node, MappingNode):
        for entry in node.entries:
            yield entry.key_position
            yield from places(entry.value)
    elif isinstance(node, SequenceNode):
        for item in node.items:
            yield from places(item)
    else:
        yield from (node.at(offset) for offset in range(len(node.text) + 1))


def check(text, node, findings):
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert node is not None or findings
    for place in [finding.position for finding in findings] + list(places(node) if node else ()):
        assert 1 <= place.line <= len(lines)
        assert 1 <= place.column <= len(lines[place.line - 1]) + 1


@settings(deadline=None)
@given(st.text())
def test_any_text_is_read_or_refused_within_the_file(text):
    check(text, *read(text, "m.yml"))


PIECES = (
    *(
        "a",
        "b: ",
        "- ",
        "? ",
        ": ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "'",
        '"',
        "\\",
        "\\x",
        "\\u12",
        "&",
        "*",
        "!",
        "!!",
    ),
    *(
        "!<",
        ">",
        "|",
        "|2\n",
        ">-\n",
        "#",
        " #",
        "%",
        "%YAML 1.2\n",
        "@",
        "`",
        "---",
        "...",
        "\n",
        "\r",
        "\r\n",
    ),
    *(
        "\t",
        " ",
        "  ",
        "\n  ",
        "<<",
        "no",
        "12:30",
        "0x",
        "1_0",
        ".inf",
        "1e9",
        "~",
        "é",
        "😀",
        "\ufeff",
        "=",
        "-1",
    ),
)


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
@example("? - ? - a")
@example("a: 'b\n\n  c'")
@example("- !!str\n- *")
def test_anything_made_of_yaml_signs_is_read_or_refused_within_the_file(text):
    check(text, *read(text, "m.yml"))


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_read_or_refused_within_the_file(content):
    check(content.decode("utf-8", "replace"), *read_bytes(content, "m.yml"))


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Zl", "Zp"]), max_size=20
).filter(lambda text: "\ufeff" not in text)
LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | TEXTS
TREES = st.recursive(
    LEAVES.filter(lambda leaf: not isinstance(leaf, float) or math.isfinite(leaf)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(TREES, st.booleans(), st.sampled_from([None, 2]))
def test_json_reads_as_json(tree, ascii_only, indent):
    text = json.dumps(tree, ensure_ascii=ascii_only, indent=indent)
    assert value_of(text) == json.loads(text)


def test_a_file_is_read_anew_only_where_its_bytes_changed(tmp_path):
    path = tmp_path / "a.yml"
    path.write_text("a: 1\n", encoding="utf-8")
    first, _ = read_file(path, tmp_path)
    assert read_file(path, tmp_path)[0] is first
    path.write_text("a: 2\n", encoding="utf-8")
    second, _ = read_file(path, tmp_path)
    assert second is not None
    assert plain(second) == {"a": 2}
