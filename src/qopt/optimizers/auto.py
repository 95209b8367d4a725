"""Which optimizer a run gets that doesn't name one, and why. The rule rests on measurements: `benchmarks/economy.py` repeats them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qopt.optimizers.measure_start import MeasureStart
from qopt.optimizers.response_surface import ResponseSurface
from qopt.optimizers.scipy import Scipy

if TYPE_CHECKING:
    from qopt.types import Minimizer

SURFACE_PARAMETERS = 12
"""Up to so many parameters a job of n^2 + n + 1 points is worth its shots: 157 points at 12."""

GRADIENT_JOBS = 10
"""Iterations of L-BFGS-B under shot noise; later ones follow the noise."""


def choose(*, noisy: bool, parameters: int, good_start: bool, evaluations: int | None = None) -> tuple[Minimizer, str]:
    """The optimizer for a run that names none, and the reason in words.

    On hardware a job's latency is paid once, whatever its width, so under noise the rule takes few, wide jobs. On twenty 3-regular graphs
    of 12 nodes, p = 2, 4096 shots a point, the response surface came from the fixed angles to within 0.0002 of the best mean ratio, 0.8462,
    with one job where L-BFGS-B took 9 and COBYLA gained nothing in 14; from random starts it came to a mean ratio of 0.82 in 6 jobs,
    L-BFGS-B to 0.81 in 17 and COBYLA to 0.79 in 26.

    Args:
        noisy: Whether answers carry shot noise.
        parameters: How many there are, n.
        good_start: Whether the start comes from a table or another run, so that little is left to gain.
        evaluations: Points that the budget allows; None is no limit.
    """
    if parameters == 0:
        return MeasureStart(), "there are no parameters"
    if not noisy:
        return Scipy("L-BFGS-B"), "without shot noise gradients are exact, and L-BFGS-B needs the fewest"
    points = parameters**2 + parameters + 1
    counted = f"{parameters} parameter{'' if parameters == 1 else 's'}"
    if evaluations is not None and evaluations < points * (1 if good_start else 3):
        return Scipy("COBYLA"), f"shot noise and a budget of {evaluations} evaluations: COBYLA gets farthest with few points"
    if parameters <= SURFACE_PARAMETERS:
        expected = "one job is mostly enough from a good start" if good_start else "a few jobs are mostly enough"
        return ResponseSurface(), f"shot noise and {counted}: a quadratic fitted to {points} points a job; {expected}"
    if good_start:
        return MeasureStart(), f"shot noise, {counted} and a good start: what is left to gain is less than it costs"
    return (
        Scipy("L-BFGS-B", {"maxiter": GRADIENT_JOBS}),
        f"shot noise and {counted}: value and gradient in one job of {2 * parameters + 1} points",
    )
