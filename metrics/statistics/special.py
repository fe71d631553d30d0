"""Special functions of scipy, which is imported when the first is called: most processes fit nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _late(name: str) -> Callable[..., Any]:
    def call(*given: Any) -> Any:
        from scipy import special

        return getattr(special, name)(*given)

    call.__name__, call.__doc__ = name, f"See scipy.special.{name}."
    return call


betaincinv = _late("betaincinv")
betaln = _late("betaln")
expit = _late("expit")
gammaln = _late("gammaln")
log_expit = _late("log_expit")
psi = _late("psi")
zeta = _late("zeta")
