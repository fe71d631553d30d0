import pytest

from metrics.errors import UsageError
from scorecard.codeowners import BEGIN, END, Host, block, lines_of, merged, owners
from tests.scorecard.diff.company import FILES, edited
from tests.scorecard.project import definitions

COMPANY = "company.yml"


def written(host, *edits, inside=""):
    said = definitions(edited(*edits))
    return block(said.catalog, said.board, host, inside)


def test_a_dataset_is_approved_by_all_whose_figures_read_it():
    found = owners(definitions(FILES).catalog)
    assert found["definitions/datasets/orders.yml"] == ("sales", "service")
    assert found["definitions/datasets/tickets.yml"] == ("service",)
    # Behind a lookup of big_orders, which both answer for; rates and the crosswalk are read by sales alone.
    assert found["definitions/datasets/accounts.yml"] == ("sales", "service")
    assert found["definitions/datasets/fx.yml"] == found["definitions/datasets/ids.yml"] == ("sales",)
    assert found["definitions/metrics/sales/big_orders.yml"] == ("sales", "service")
    assert found["definitions/metrics/sales/revenue.yml"] == ("sales",)
    assert found["definitions/metrics/service/loose.yml"] == ()


def test_on_github_each_file_has_its_owners_and_what_has_none_is_everybodys():
    lines = written(Host.GITHUB).splitlines()
    both = "@northwind/sales @northwind/service"
    assert (lines[0], lines[-1]) == (BEGIN, END)
    assert [line.split(maxsplit=1) for line in lines[1:5]] == [
        ["/.github/CODEOWNERS", both],
        ["/definitions/", both],
        ["/definitions/*", both],
        ["/definitions/scorecards/", both],
    ]
    assert ["/definitions/metrics/sales/revenue.yml", "@northwind/sales"] in [line.split() for line in lines]
    assert not any("loose.yml" in line for line in lines)


def test_on_gitlab_each_department_is_a_section_that_must_agree():
    lines = written(Host.GITLAB).splitlines()
    sales, service = (
        lines.index("[Sales] @northwind/sales"),
        lines.index("[Customer service] @northwind/service"),
    )
    of_sales, of_service = lines[sales + 1 : service - 1], lines[service + 1 : -1]
    assert lines[1:4] == ["[Any department] @northwind/sales @northwind/service", "/definitions/", ""]
    big, revenue = "/definitions/metrics/sales/big_orders.yml", "/definitions/metrics/sales/revenue.yml"
    assert big in of_sales
    assert big in of_service
    assert revenue in of_sales
    assert revenue not in of_service


def test_a_project_deeper_in_its_repository():
    lines = written(Host.GITHUB, inside="kpi/tea").splitlines()
    assert lines[1].startswith("/.github/CODEOWNERS ")
    assert all(line.startswith("/kpi/tea/definitions/") for line in lines[2:-1])


def test_a_department_without_reviewers_is_not_asked():
    lines = written(Host.GITHUB, (COMPANY, ', reviewers: ["@northwind/service"]', "")).splitlines()
    assert not any("@northwind/service" in line for line in lines)
    assert not any("datasets/tickets.yml" in line for line in lines)
    assert "[Customer" not in written(Host.GITLAB, (COMPANY, ', reviewers: ["@northwind/service"]', ""))


@pytest.mark.parametrize("name", ["northwind", "@a @b", "@a\\n* @mallory", "@a # x", "[x]", "@"])
def test_a_reviewer_that_no_host_knows_is_refused(name):
    with pytest.raises(
        UsageError, match="of department 'service' can review nothing: write @name, @group/team"
    ):
        written(Host.GITHUB, (COMPANY, "@northwind/service", name))


@pytest.mark.parametrize("before", ["", "* @platform\n", "* @platform\n\n# ours\n"])
@pytest.mark.parametrize("after", ["", "/deploy/ @platform\n"])
def test_other_lines_of_the_file_stay(before, after):
    own = written(Host.GITHUB)
    first = merged(before, own) + after
    assert lines_of(first) == own
    assert merged(first, own) == first
    changed = merged(first, f"{BEGIN}\nx\n{END}\n")
    assert changed == first.replace(own, f"{BEGIN}\nx\n{END}\n")
    assert lines_of(before + after) is None
