from dataclasses import is_dataclass
from inspect import getmembers, isfunction
from pathlib import Path
from types import ModuleType

import pytest

from metrics.errors import FitReason
from metrics.statistics import (
    bg_nbd,
    comparison,
    decomposition,
    drift,
    fitting,
    gamma_gamma,
    histories,
    intervals,
    pareto_nbd,
    quadrature,
    sbg,
    surge,
    survival,
    trend,
)

PAGE = Path(__file__).parents[3] / "docs" / "statistics.md"


@pytest.mark.parametrize(
    "module",
    [intervals, survival, comparison, decomposition, drift, surge, fitting, histories, quadrature, trend],
    ids=lambda module: module.__name__,
)
def test_every_public_function_is_on_the_page(module: ModuleType) -> None:
    page = PAGE.read_text(encoding="utf-8")
    own = [name for name, made in getmembers(module, isfunction) if made.__module__ == module.__name__]
    public = [name for name in own if not name.startswith("_")]
    assert public
    assert [name for name in public if f"`{name}`" not in page] == []


@pytest.mark.parametrize("module", [bg_nbd, pareto_nbd, gamma_gamma, sbg], ids=lambda module: module.__name__)
def test_every_model_and_what_it_tells_is_on_the_page(module: ModuleType) -> None:
    page = PAGE.read_text(encoding="utf-8")
    (model,) = [made for _, made in getmembers(module, is_dataclass) if hasattr(made, "parameters")]
    told = [name for name in vars(model) if not name.startswith("_") and callable(getattr(model, name))]
    assert told
    name = module.__name__.rsplit(".", 1)[1]
    assert [one for one in [f"{name}.fit", *told] if f"`{one}`" not in page] == []


def test_every_reason_to_refuse_a_model_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [reason for reason in FitReason if f"`{reason}`" not in page] == []


def test_every_verdict_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [word for word in comparison.Verdict if f"`{word}`" not in page] == []
