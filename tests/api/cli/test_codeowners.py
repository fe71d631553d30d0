import pytest
from dulwich.repo import Repo

from tests.api.cli.shop import run
from tests.scorecard.diff.company import FILES, write

MONEY = "metrics/sales/revenue.yml"


@pytest.fixture
def company(tmp_path):
    with Repo.init(str(tmp_path)):
        write(tmp_path, FILES)
    return tmp_path


def test_written_and_up_to_date_until_somebody_else_answers(company):
    file = company / ".github" / "CODEOWNERS"
    outdated = run(company, "codeowners", "--check")
    said = f"{file}: out of date: run `scorecard codeowners --for github`\n"
    assert (outdated.exit_code, outdated.stdout) == (1, said)
    assert not file.exists()
    assert run(company, "codeowners").stdout == f"{file}\n"
    assert "revenue.yml      " in file.read_text(encoding="utf-8")
    assert run(company, "codeowners", "--check").exit_code == 0
    write(company, {MONEY: FILES[MONEY].replace("leads: sales", "leads: service")})
    assert run(company, "codeowners", "--check").exit_code == 1
    advice = [line for line in run(company, "check").stdout.splitlines() if "codeowners" in line]
    assert advice == [
        ".github/CODEOWNERS:1:1 codeowners-outdated the file is out of date: run `scorecard codeowners --for github`"
    ]


def test_elsewhere_and_with_a_department_that_nobody_reviews_for(company):
    text = FILES["company.yml"].replace(', reviewers: ["@northwind/service"]', "")
    write(company, {"company.yml": text})
    out = company / "OWNERS"
    out.write_text("* @platform\n", encoding="utf-8")
    done = run(company, "codeowners", "--for", "gitlab", "--out", str(out))
    assert (
        done.stderr
        == "service: nobody is named under its reviewers in company.yml, so nobody is asked for it\n"
    )
    assert out.read_text(encoding="utf-8").startswith("* @platform\n\n# scorecard codeowners: written from")


def test_outside_of_a_repository(tmp_path):
    write(tmp_path, FILES)
    done = run(tmp_path, "codeowners")
    assert (done.exit_code, "lies in no git repository" in done.stderr) == (2, True)
