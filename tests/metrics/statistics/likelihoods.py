"""What the tests of every model ask of its log-likelihood."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from metrics.statistics.fitting import Point


def assert_derivatives(likelihood: Callable[[np.ndarray], Point], parameters: list[float]) -> None:
    """Compare gradient and second derivatives with central differences of value and gradient."""
    place = np.array(parameters)
    here = likelihood(place)
    assert here.hessian == pytest.approx(here.hessian.T, rel=1e-9)
    for number, size in enumerate(place):
        step = np.zeros_like(place)
        step[number] = 1e-5 * size
        after, before = likelihood(place + step), likelihood(place - step)
        width = 2e-5 * size
        scale = abs(here.value) / size
        numeric = (after.value - before.value) / width
        assert here.gradient[number] == pytest.approx(numeric, rel=1e-5, abs=1e-8 * scale)
        row = (after.gradient - before.gradient) / width
        bound = 1e-8 * np.abs(here.hessian[number]).max() + 1e-8 * scale / place
        assert np.all(np.abs(here.hessian[number] - row) <= 1e-5 * np.abs(row) + bound)
