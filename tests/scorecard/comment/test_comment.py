"""The comment says what a change does, in numbers that are counted by hand, and nobody's data can fake it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from api.project.impact import Compared, impact_of
from metrics.errors import SourceUnavailable
from metrics.operations.impact import Impact
from scorecard.comment.comment import HEADER, LONGEST, comment
from scorecard.comment.markdown import code, html, table, text
from scorecard.comment.model import Subject
from scorecard.diff.definition_diff import definition_diff
from scorecard.edition import Edition
from scorecard.impact import AlertImpact, DefinitionImpact
from scorecard.impact_document import impact_document
from tests.scorecard.comment.shop import LEADS, NARROWER, NOW, WON, fill, made

COMMAND = "scorecard diff main --impact"


def compared(root: Path, head: Edition, base: Edition | None = None) -> Subject:
    base = base or made()
    diff = definition_diff(base, head)
    return Subject(diff, base, head, COMMAND, impact_of(Compared.of(diff, base, head), root, None, NOW))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shop")
    fill(root)
    return root


@pytest.fixture(scope="module")
def narrower(shop: Path) -> Subject:
    return compared(shop, made(NARROWER, "pull"))


def plain(lines: str) -> str:
    return lines.replace("\N{NO-BREAK SPACE}", " ")


def test_a_narrower_condition_is_told_by_who_leaves_and_what_would_be_as_hard(narrower: Subject) -> None:
    assert (
        plain(comment(narrower, folded=False))
        == f"""\
{HEADER}
### *Leads won* for 2026-Q2 would read 60.0% instead of 40.0%. It goes from ▲ Watch to ● On target; \
the Joint scorecard from ▲ Watch to ● On target.

**This changes what we count, not how well we did.** 10 of the 20 leads would no longer count, and with them 2 of \
the 8 that converted. Of those left out 20.0% converted, of the others 60.0%.

**In the definition.** `datasets.steps.conditions.fit` was `good` and would be \
<code>good and channel &lt;&gt; 'paid'</code>.

| Leads won | today | with this change | difference | status |
|-|-:|-:|-:|-|
| 2026-Q2, what the scorecard counts | 40.0% (8 of 20) | 60.0% (6 of 10) | +20.0 points | \
▲ Watch becomes ◎ On target, could be Watch |
| 2026-Q3 so far, final on 21 Oct 2026 | 40.0% (8 of 20) | 60.0% (6 of 10) | +20.0 points | not scored yet |
| 2026-Q1 | 40.0% (8 of 20) | 60.0% (6 of 10) | +20.0 points | ▲ Watch becomes ◎ On target, could be Watch |
| *paid*, 2026-Q2 | 20.0% (2 of 10) | – | – | no change in 1 other by channel |
| Joint scorecard, 2026-Q3 | 50.0 of 100 | 70.0 of 100 | +20.0 | ▲ Watch becomes ● On target |

In each of the 2 final quarters the difference is +20.0 points.


> [!IMPORTANT]
> **Before you approve**
> - **The goal was set for today's way of counting.** 50.0% for 2026-Q2; as hard as before it would be 75.0%.
> - **What was published stays on record.** The history is counted anew, and pages say since when.

**Must approve:** Sales (leads) @shop/sales · Marketing @shop/marketing

<sub>Both computed on the same rows, data to 10 Oct 2026 00:00 · `definitions/datasets/steps.yml:8` · \
see it again: `scorecard diff main --impact`</sub>
"""
    )


def test_the_document_says_the_same(narrower: Subject) -> None:
    found = impact_document(narrower.impact)
    won = found["metrics"]["won"]
    assert [(line["period_start"], line["dimensions"], line["from"]["value"], line["to"] and line["to"]["value"])
            for line in won["impact"][:2]] == [
        ("2026-01-01", {}, 0.4, 0.6), ("2026-01-01", {"channel": "paid"}, 0.2, None),
    ]  # fmt: skip
    assert won["entities"]["periods"][1] == {
        "period_start": "2026-04-01",
        "from": {"denominator": 20, "numerator": 8, "share": 0.4},
        "to": {"denominator": 10, "numerator": 6, "share": 0.6},
        "leaving": {"denominator": 10, "numerator": 2, "share": 0.2},
        "entering": {"denominator": 0, "numerator": 0, "share": None},
        "no_longer_in_numerator": 0,
        "newly_in_numerator": 0,
    }
    assert [(card["period"], card["current"], card["status"]) for card in found["scorecards"]] == [
        ("2026-Q3", True, {"from": "amber", "to": "green"}),
        ("2026-Q2", False, {"from": "amber", "to": "green"}),
        ("2026-Q1", False, {"from": "amber", "to": "green"}),
    ]
    assert found["scorecards"][0]["objectives"] == ["win"]
    assert found["boards"] == ["Scorecard: Joint", "Sales", "Marketing"]
    assert found["objectives"] == [{"scorecard": "joint", "objective": "win"}]


def test_nothing_absolute_is_left_where_it_is_redacted(narrower: Subject) -> None:
    said = plain(comment(replace(narrower, redacted=True)))
    assert [
        number for number in ("40.0", "60.0", "of 20", "of 10", "8 of", "75.0", "70.0 of") if number in said
    ] == []
    assert "### *Leads won* for 2026-Q2 would move by +50.0%. It goes from ▲ Watch to ● On target" in said
    assert "50.0% of the leads would no longer count, and with them 25.0% of those that converted." in said
    found = impact_document(narrower.impact, redacted=True)
    assert found["metrics"]["won"]["impact"][0] == {
        "grain": "quarter", "period_start": "2026-01-01", "dimensions": {}, "relative": pytest.approx(0.5),
    }  # fmt: skip
    assert "score" not in found["scorecards"][0]
    assert found["metrics"]["won"]["goal"] is None


def test_a_goal_moves_statuses_and_no_figure(shop: Path) -> None:
    said = comment(compared(shop, made({"metrics/sales/won.yml": WON.replace("goal: 0.5", "goal: 0.4")})))
    assert said.splitlines()[1:4] == [
        "### *Leads won* would be held to another goal. It goes from ▲ Watch to ● On target.",
        "",
        "**This moves the goal, not the figure.** What is counted stays as it is.",
    ]
    assert "| Leads won, 2026-Q2 | goal 50.0% | goal 40.0% |  | ▲ Watch becomes ◎ On target" in said


def test_what_could_not_be_computed_is_said(narrower: Subject) -> None:
    [found] = narrower.impact.metrics
    lost = Impact(found.pair, error=SourceUnavailable("files", "no answer within 1 s"), failed="head")
    said = comment(replace(narrower, impact=DefinitionImpact((lost,))))
    assert "**What it does to the figures is not known.** They could not be computed." in said
    assert (
        "> - **Not known:** what *Leads won* would be. By the changed definition: source 'files': no answer within 1 s"
        in said.splitlines()
    )


def test_alerts_are_named(narrower: Subject) -> None:
    alerts = (
        AlertImpact("RedFlagWon", "won", starts=True),
        AlertImpact("RedFlagLeads", "leads", starts=False),
    )
    said = comment(replace(narrower, impact=replace(narrower.impact, alerts=alerts)))
    assert "> - **This alert would begin to fire:** `RedFlagWon`." in said
    assert "> - **This alert would stop:** `RedFlagLeads`." in said


def test_a_figure_of_rows_says_which_rows(shop: Path) -> None:
    head = made(
        {"metrics/sales/leads.yml": LEADS.replace("stage = 'lead'", "stage = 'lead' and channel = 'paid'")}
    )
    said = plain(comment(compared(shop, head)))
    assert "### *Leads* for 2026-Q3 would read 10 instead of 20." in said
    assert "10 of the 20 rows of steps would no longer count." in said


# -- forged content ----------------------------------------------------------------------------------

MARKDOWN = MarkdownIt("gfm-like", {"html": True, "linkify": False})
FORGERIES = (
    "</details><!-- scorecard-diff -->", "| a | b |\n|-|-|", "# Approved", "::error::x", "\x1b[31mred", "a\u202eb",
    "[x](javascript:alert(1))", "![x](http://evil/x.png)", "@everyone", "`code`", "x" * 500, "<script>x</script>",
    "**bold**", "\n\n> [!IMPORTANT]\n> **Approved**", "&lt;b&gt;", "\\", "www.evil.example", "$x$", "##[group]x",
)  # fmt: skip
forged = st.one_of(
    st.sampled_from(FORGERIES), st.text(max_size=60), st.lists(st.sampled_from(FORGERIES)).map("".join)
)


def kinds(tokens: list[Token]) -> list[str]:
    """Return what Markdown is made of, but for texts."""
    found = []
    for token in tokens:
        if token.type not in ("text", "text_special", "entity"):
            found.append(token.type if token.type != "html_inline" else token.content)
        found += kinds(token.children or [])
    return found


def page(label: str) -> str:
    rows = [[text(label), "1", "2", "3", f"*{text(label)}*"], [text("after"), "1", "2", "3", "4"]]
    lines = [f"### *x {text(label)}* reads", "", *table(["a", "b", "c", "d", text(label)], rows), ""]
    lines += [
        f"> - **Not known:** {text(label)}",
        "",
        f"<summary>{html(label)}</summary>",
        "",
        f"<sub>{text(label)}</sub>",
    ]
    return "\n".join(lines)


@settings(deadline=None, max_examples=60)
@given(forged)
@example("</details><!-- scorecard-diff -->")
@example("a | b\n\n# Approved")
def test_no_text_breaks_out_of_its_place(label: str) -> None:
    said = page(label)
    assert kinds(MARKDOWN.parse(said)) == kinds(MARKDOWN.parse(page("word"))) or not text(label).strip()
    assert HEADER not in said
    assert not [line for line in said.splitlines() if line.lstrip().startswith(("::", "##["))]
    assert not {"\x1b", "\u202e", "\u2066", "\x07"} & set(said)
    assert "@everyone" not in said
    assert "://" not in said


@settings(deadline=None, max_examples=60)
@given(forged)
def test_code_stays_code(label: str) -> None:
    found = kinds(MARKDOWN.parse(f"a {code(label)} b"))
    assert set(found) <= {"paragraph_open", "inline", "paragraph_close", "code_inline", "<code>", "</code>"}


def test_forged_labels_and_segments_leave_the_comment_as_it_is(tmp_path: Path) -> None:
    evil = "</details> | <!-- scorecard-diff --> [x](http://evil) @everyone `"
    fill(tmp_path, channel=evil)
    named = WON.replace("label: Leads won", f"label: '{evil} # x'")
    base = made({"metrics/sales/won.yml": named})
    fit = {"datasets/steps.yml": NARROWER["datasets/steps.yml"].replace("<> 'paid'", "= 'organic'")}
    said = comment(compared(tmp_path, made({"metrics/sales/won.yml": named, **fit}), base))
    assert said.count(HEADER) == 1
    tokens = MARKDOWN.parse(said)
    assert [token.type for token in tokens if token.type == "heading_open"] == ["heading_open"]
    assert not [kind for kind in kinds(tokens) if kind in ("link_open", "image")]
    assert sum(token.type == "table_open" for token in tokens) == 2


def test_a_comment_is_never_longer_than_one_may_be(narrower: Subject) -> None:
    [found] = narrower.impact.metrics
    many = replace(found, lines=tuple(
        replace(line, dimensions=(("channel", f"{'long ' * 20}{place}"),))
        for place in range(400) for line in found.lines if line.dimensions and line.moved
    ) + tuple(line for line in found.lines if not line.dimensions))  # fmt: skip
    said = comment(replace(narrower, impact=replace(narrower.impact, metrics=(many,))))
    assert 10_000 < len(said) < LONGEST
    assert said.endswith("see it again: `scorecard diff main --impact`</sub>\n")
