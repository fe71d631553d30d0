"""The example company's definitions and its build."""

import pytest

from grafana.boards._company import Company
from grafana.build import build
from scorecard.definitions import load
from tests.api.northwind import NOW, write_definitions
from tests.grafana.company import COMPANY

URL = "https://scorecard.example.com"


@pytest.fixture(scope="session")
def company(tmp_path_factory):
    root = tmp_path_factory.mktemp("definitions")
    write_definitions(root, COMPANY)
    found = load(root)
    return Company(found.catalog, found.board, URL, NOW)


@pytest.fixture(scope="session")
def files(company):
    return build(company.catalog, company.board, url=URL, on=NOW)
