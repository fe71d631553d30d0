from inspect import getmembers, isfunction
from pathlib import Path
from types import ModuleType

import pytest

from metrics.statistics import comparison, intervals, survival

PAGE = Path(__file__).parents[3] / "docs" / "statistics.md"


@pytest.mark.parametrize("module", [intervals, survival, comparison], ids=lambda module: module.__name__)
def test_every_public_function_is_on_the_page(module: ModuleType) -> None:
    page = PAGE.read_text(encoding="utf-8")
    own = [name for name, made in getmembers(module, isfunction) if made.__module__ == module.__name__]
    public = [name for name in own if not name.startswith("_")]
    assert public
    assert [name for name in public if f"`{name}`" not in page] == []


def test_every_verdict_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [word for word in comparison.Verdict if f"`{word}`" not in page] == []
