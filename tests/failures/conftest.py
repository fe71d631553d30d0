"""The company of five sources, anew for every test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.failures.company import Company, reader
from tests.failures.network import proxy
from tests.postgres_server import PostgresServer


@contextmanager
def opened(postgres: PostgresServer, root: Path) -> Iterator[Company]:
    """Write the company into a folder and two databases of a server; it is there until the end of the block."""
    with ExitStack() as stack:
        role = stack.enter_context(reader(postgres))
        crm, shop = (stack.enter_context(postgres.fresh()) for _ in range(2))
        made = Company(root, crm, shop, stack.enter_context(proxy(postgres.port)), role)
        made.write()
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("CRM_URL", made.crm_url())
        patch.setenv("SHOP_URL", shop.url)
        patch.delenv("SCORECARD_STORE_URL", raising=False)
        yield made


@pytest.fixture
def company(postgres: PostgresServer, tmp_path: Path) -> Iterator[Company]:
    with opened(postgres, tmp_path / "p") as made:
        yield made
