"""SciPy's local minimizers over `evaluate`. What they accept and their defaults are in `scipy_methods.py`."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy import optimize

from qopt.optimizers import scipy_methods
from qopt.types import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qopt.types import Evaluate, Point


@dataclass(frozen=True)
class Scipy:
    """One of SciPy's methods: COBYLA, COBYQA, Nelder-Mead, Powell, L-BFGS-B, SLSQP, BFGS, CG, TNC or trust-constr.

    Methods with gradients ask for value and gradient in one question, which is one job; SciPy's own finite differences, whose step of
    1.5e-8 would drown in shot noise, are never used. Methods without begin with steps of 0.2 rad (SciPy: 1.0, or 0.00025 for Nelder-Mead
    from 0) and end under shot noise at 0.02 rad.

    Attributes:
        method: Its name, in any capitals.
        options: The method's own, under SciPy's names, and `tol`. `maxiter` counts what SciPy counts: evaluations for COBYLA, iterations
            else. For Nelder-Mead `initial_simplex` may also be one number, the size in radians.

    References:
        Powell 1994 (COBYLA); Ragonneau 2022 (COBYQA); Virtanen et al. 2020, arXiv:1907.10121 (SciPy).
    """

    name: ClassVar[str] = "scipy"
    version: ClassVar[int] = 1
    method: str = "COBYLA"
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Spell the method as SciPy does, and refuse what it doesn't take.

        Raises:
            InputError: If the method or an option is unknown.
        """
        method = scipy_methods.find(self.method)
        scipy_methods.check(method, scipy_methods.whole(method, self.options))
        object.__setattr__(self, "method", method.name)
        object.__setattr__(self, "options", scipy_methods.whole(method, self.options))

    @property
    def differentiates(self) -> bool:
        """Whether the method asks for gradients."""
        return scipy_methods.find(self.method).gradient

    def check(self, start: Point, *, noisy: bool) -> None:
        """Refuse options that do not go together, or with the start, before anything is measured.

        Raises:
            InputError: With the key of the option.
        """
        scipy_methods.complete(scipy_methods.find(self.method), self.options, start, noisy=noisy)

    def __call__(self, evaluate: Evaluate, start: Point, rng: np.random.Generator) -> Outcome:  # noqa: ARG002 - none of them is random
        """Minimise from `start`."""
        method = scipy_methods.find(self.method)
        options = scipy_methods.complete(method, self.options, start, noisy=evaluate.noisy)

        def value(point: Point) -> float:
            return float(evaluate(np.array(point, dtype=np.float64)[None, :]).values[0])

        def value_and_gradient(point: Point) -> tuple[float, Point]:
            # SciPy's memory of the last point answers when the gradient is asked for after the value.
            answer = evaluate.gradient(np.array(point, dtype=np.float64))
            return answer.value, np.array(answer.gradient, dtype=np.float64)

        with warnings.catch_warnings():
            # What SciPy warns of is in its message too, and a search that stops early says so by not converging.
            for category in (optimize.OptimizeWarning, RuntimeWarning, UserWarning):
                warnings.filterwarnings("ignore", category=category, module=r"scipy\.|qopt\.optimizers\.scipy")
            result = optimize.minimize(  # type: ignore[call-overload]  # the stubs want one overload for both forms
                value_and_gradient if method.gradient else value,
                np.array(start, dtype=np.float64),
                method=method.name,
                jac=True if method.gradient else None,
                hess=optimize.BFGS() if method.name == "trust-constr" else None,
                tol=self.options.get("tol"),
                options=options,
            )
        # Powell's line search leaves an objective without a lower bound at NaN.
        point = np.array(result.x if np.isfinite(result.x).all() else start, dtype=np.float64)
        return Outcome(point, converged=bool(result.success), message=str(result.message))
