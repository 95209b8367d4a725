"""Starts that know nothing of the problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from qopt.types import Point


def random_start(parameters: int, rng: np.random.Generator) -> Point:
    """`(n,)` angles, uniform in -pi .. pi.

    That is one period of every rotation, and of every QAOA layer whose cost has whole numbers as values. For QAOA it is mostly a poor place
    to begin: angles from a table or a ramp save hundreds of evaluations.
    """
    return rng.uniform(-np.pi, np.pi, parameters)


def zeros(parameters: int) -> Point:
    """`(n,)` zeros: for an ansatz that is the identity there, on top of a good reference state. For QAOA it is a stationary point."""
    return np.zeros(parameters)
