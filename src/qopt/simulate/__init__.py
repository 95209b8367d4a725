"""Exact energies and samples of parametrised circuits. No I/O, no primitives."""

from qopt.simulate.statevector import expectations, samples, states

__all__ = ["expectations", "samples", "states"]
