import mpmath
import numpy as np
import pytest

from metrics.statistics.quadrature import beta_nodes, discounted, half_line

SHAPES = [0.01, 0.3, 1.0, 4.0, 60.0, 3000.0]


@pytest.mark.parametrize("a", SHAPES)
@pytest.mark.parametrize("b", SHAPES)
def test_moments_of_the_beta_distribution(a: float, b: float) -> None:
    nodes = beta_nodes(a, b)
    assert nodes.weight.sum() == pytest.approx(1, rel=1e-14)
    assert nodes.p + nodes.complement == pytest.approx(1, rel=1e-15)
    assert nodes.weight @ nodes.p == pytest.approx(a / (a + b), rel=1e-9)
    assert nodes.weight @ nodes.complement == pytest.approx(b / (a + b), rel=1e-9)
    square = a * (a + 1) / ((a + b) * (a + b + 1))
    assert nodes.weight @ nodes.p**2 == pytest.approx(square, rel=1e-9)


@pytest.mark.parametrize("a", SHAPES)
@pytest.mark.parametrize("steepness", [1.0, 1e3, 1e6])
def test_a_function_that_is_steep_near_nought(a: float, steepness: float) -> None:
    nodes = beta_nodes(a, 2.5, steepness)
    with mpmath.workdps(30):
        expected = float(mpmath.hyp2f1(1, a, a + 2.5, -steepness))
    assert nodes.weight @ (1 / (1 + steepness * nodes.p)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("power", [2.0, 3.5, 40.0])
@pytest.mark.parametrize("scale", [0.01, 1.0, 300.0])
def test_an_integral_over_the_half_line(power: float, scale: float) -> None:
    place, weight = half_line(np.log(scale / power) - 14, np.log(scale) + 28 / (power - 1), 0.32)
    assert weight @ (1 + place / scale) ** -power == pytest.approx(scale / (power - 1), rel=1e-9)


def test_discounting_by_hand() -> None:
    """E(u) = 3 u: the integral is 3 (1 - exp(-d h)) / d, whatever the scale."""
    scale, rate = np.array([0.5, 2.0, 70.0]), 0.03
    found = discounted(lambda w: 3 * w * scale, scale, np.full(3, 40.0), rate)
    force = np.log1p(rate)
    assert found == pytest.approx(np.full(3, 3 * (1 - np.exp(-force * 40)) / force), rel=1e-10)
    assert discounted(lambda w: 3 * w * scale, scale, np.full(3, 40.0), 0.0) == pytest.approx(
        [120, 120, 120], rel=1e-14
    )
