"""What SciPy's methods accept, and the defaults that suit angles and shot noise. The adapter that calls them is in `scipy.py`."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from qopt.errors import InputError
from qopt.optimizers.options import count, is_number, positive

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from qopt.types import Point, Points

Kind: TypeAlias = Literal["positive", "number", "count", "flag", "simplex"]

FIRST_STEP = 0.2
"""Radians. SciPy's own are 1.0 (COBYLA, COBYQA, Powell), most of a QAOA mixer's period of pi/2, or 0.00025 (Nelder-Mead from 0)."""

NOISY_RADIUS = 0.02
"""Radians. Where shots decide which of two nearer points looks lower, further steps follow the noise."""

EXACT_RADIUS = 1e-5
"""Radians. Values near a minimum differ by its square, which is about the rounding error of a simulated energy."""


@dataclass(frozen=True)
class Method:
    """One of SciPy's methods.

    Attributes:
        name: As SciPy spells it.
        options: The options that are accepted, with their kinds.
        gradient: Whether it uses gradients; they are measured with the value in one question.
        first: The option that holds the first radius, where there is one.
        last: The option that holds the last radius, where there is one.
        noisy: Further defaults under shot noise.
    """

    name: str
    options: Mapping[str, Kind]
    gradient: bool = False
    first: str | None = None
    last: str | None = None
    noisy: Mapping[str, Any] = field(default_factory=dict)


_LIMITS: dict[str, Kind] = {"maxiter": "count", "maxfev": "count"}
_WOLFE: dict[str, Kind] = {"gtol": "positive", "norm": "number", "c1": "positive", "c2": "positive", "maxiter": "count"}
_TNC: dict[str, Kind] = {
    "ftol": "number",
    "xtol": "number",
    "gtol": "number",
    "accuracy": "number",
    "stepmx": "number",
    "eta": "number",
    "rescale": "number",
    "maxfun": "count",
    "maxCGit": "count",
}

_KNOWN = (
    Method("COBYLA", {"rhobeg": "positive", "tol": "positive", "maxiter": "count", "f_target": "number"}, first="rhobeg", last="tol"),
    Method(
        "COBYQA",
        {**_LIMITS, "initial_tr_radius": "positive", "final_tr_radius": "positive", "f_target": "number"},
        first="initial_tr_radius",
        last="final_tr_radius",
    ),
    Method(
        "Nelder-Mead",
        {**_LIMITS, "xatol": "positive", "fatol": "positive", "adaptive": "flag", "initial_simplex": "simplex"},
        # Corners of a small simplex differ by noise alone, so that its size decides.
        noisy={"xatol": NOISY_RADIUS, "fatol": math.inf},
    ),
    Method("Powell", {**_LIMITS, "xtol": "positive", "ftol": "positive"}, noisy={"xtol": NOISY_RADIUS / FIRST_STEP, "ftol": 1e-3}),
    Method(
        "L-BFGS-B",
        {"maxcor": "count", "ftol": "positive", "gtol": "positive", "maxfun": "count", "maxiter": "count", "maxls": "count"},
        gradient=True,
        noisy={"ftol": 1e-3, "maxls": 5},
    ),
    Method("SLSQP", {"ftol": "positive", "maxiter": "count"}, gradient=True),
    Method("BFGS", {**_WOLFE, "xrtol": "number"}, gradient=True),
    Method("CG", _WOLFE, gradient=True),
    Method("TNC", _TNC, gradient=True),
    Method(
        "trust-constr",
        {"xtol": "positive", "gtol": "positive", "initial_tr_radius": "positive", "maxiter": "count"},
        gradient=True,
        first="initial_tr_radius",
    ),
)

METHODS: dict[str, Method] = {method.name: method for method in _KNOWN}

_MEASURED = ("eps", "finite_diff_rel_step", "workers", "jac", "hess")


def find(name: str) -> Method:
    """The method of a name, in any capitals.

    Raises:
        InputError: If there is none.
    """
    spelled = {known.casefold(): known for known in METHODS}.get(str(name).casefold())
    if spelled is None:
        message = f"no SciPy method is called {name!r}{_nearest(str(name), METHODS)}; expected one of {', '.join(METHODS)}"
        raise InputError(message, ("method",))
    return METHODS[spelled]


def whole(method: Method, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options, with counts that were written as `1e2` made whole."""
    counts = {name for name, kind in method.options.items() if kind == "count"}
    return {
        name: int(value) if name in counts and isinstance(value, float) and value.is_integer() else value for name, value in options.items()
    }


def check(method: Method, options: Mapping[str, Any]) -> None:
    """Refuse what the method doesn't take.

    Raises:
        InputError: At `("options", name)`.
    """
    known: dict[str, Kind] = {"tol": "positive", **method.options}
    for name, value in options.items():
        if name in _MEASURED:
            message = f"{name} is not an option here: qopt measures gradients itself, with a step that suits the shot noise; leave it out"
            raise InputError(message, ("options", name))
        if name not in known:
            message = f"{method.name} has no option {name!r}{_nearest(str(name), known)}; it takes {', '.join(sorted(known))}"
            raise InputError(message, ("options", name))
        try:
            _check_kind(known[name], name, value)
        except InputError as error:
            raise error.below("options") from None
    _check_order(options, "c1", "c2")
    if method.first is not None and method.last is not None:
        _check_order(options, method.last, method.first)


def _check_order(options: Mapping[str, Any], lower: str, higher: str) -> None:
    """Refuse two options of which the second must be the larger."""
    if lower in options and higher in options and not options[lower] < options[higher]:
        message = f"{lower} is {options[lower]} and {higher} is {options[higher]}, expected {lower} to be the smaller"
        raise InputError(message, ("options", lower))


def _check_kind(kind: Kind, name: str, value: object) -> None:
    if kind == "positive":
        positive(name, value)
    elif kind == "count":
        count(name, value)
    elif kind == "flag" and not isinstance(value, bool):
        message = f"{name} is {value!r}, expected true or false"
        raise InputError(message, (name,))
    elif kind == "number" and not (is_number(value) or value in (math.inf, -math.inf)):
        message = f"{name} is {value!r}, expected a number"
        raise InputError(message, (name,))
    elif kind == "simplex" and not isinstance(value, (list, tuple)):
        positive(name, value)


def complete(method: Method, options: Mapping[str, Any], start: Point, *, noisy: bool) -> dict[str, Any]:
    """The options that SciPy is called with: the given ones, then qopt's defaults where SciPy's don't suit.

    Raises:
        InputError: If a given simplex has another shape than `(n + 1, n)`.
    """
    given = {name: value for name, value in options.items() if name != "tol" or "tol" in method.options}
    tol = options.get("tol")
    out: dict[str, Any] = dict(given)
    if noisy and tol is None:
        out = {**method.noisy, **out}
    last = out.get(method.last) if method.last else None
    if last is None:
        last = tol
    if method.first:
        out.setdefault(method.first, max(FIRST_STEP, last or 0.0))
    if method.first and method.last:
        # A last radius above the first would be no search at all.
        out.setdefault(method.last, tol if tol is not None else min(NOISY_RADIUS if noisy else EXACT_RADIUS, out[method.first] / 10))
    if method.name == "Nelder-Mead":
        out["initial_simplex"] = _simplex(start, out.get("initial_simplex", FIRST_STEP))
    if method.name == "Powell":
        out["direc"] = FIRST_STEP * np.eye(len(start))
    return out


def _simplex(start: Point, given: float | list[list[float]]) -> Points:
    """`(n + 1, n)`: the given corners, or the start and a step along each axis."""
    if isinstance(given, (int, float)):
        return np.concatenate([start[None, :], start + given * np.eye(len(start))])
    expected = (len(start) + 1, len(start))
    try:
        corners = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        corners = np.empty(0)
    if corners.shape != expected or not np.isfinite(corners).all():
        message = f"initial_simplex is {given!r}, expected {expected[0]} points of {expected[1]} numbers, or one number, the size"
        raise InputError(message, ("options", "initial_simplex"))
    return corners


def _nearest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f", did you mean {near[0]!r}?" if near else ""
