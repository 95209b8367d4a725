"""How the kernels' states are cut into tiles, and how much memory everything takes. Needs no numba."""

from __future__ import annotations

WHOLE_BITS = 15
"""Qubits of a state up to which it is one tile: 512 KiB, in the second cache."""
TILE_BITS = 12
"""Qubits of a tile of larger states: a pair of tiles is 128 KiB."""
LEAST_BITS = 6
"""Qubits of the smallest state that the kernels can hold."""
PADDING = 1
"""Blocks left free after a tile: else a column's blocks, a power of 2 apart, would share a few lines of the caches."""
SHIFT = 256
"""Doubles by which the adjoint lies beside the state, half of the first cache's way, so that the two don't push each other out."""
HUGE_PAGE = 1 << 21
"""Bytes. Large arrays begin where a page does, since the sweeps by columns jump far."""
_WIDEST = 8
_SMALL = 1 << 20


def tile_bits(bits: int) -> int:
    """Qubits of a tile of a state of so many qubits."""
    return bits if bits <= WHOLE_BITS else TILE_BITS


def state_doubles(bits: int, lanes: int) -> int:
    """Doubles that a state takes, in blocks of so many amplitudes."""
    within = tile_bits(bits)
    return ((2 << within) + 2 * lanes * PADDING) << (bits - within)


def column_doubles(bits: int, lanes: int) -> int:
    """Doubles that a column takes, of a state and its adjoint."""
    across = bits - tile_bits(bits)
    return SHIFT + (4 * lanes << across) if across else SHIFT


def part_doubles(bits: int) -> int:
    """Doubles for the partial sums of a sweep's items."""
    within = tile_bits(bits)
    return 3 << max(within, bits - within)


def memory_needed(variables: int, layers: int, *, gradient: bool, batch: int = 1, threads: int = 1, symmetric: bool) -> int:
    """Bytes that a compiled engine takes for energies or gradients, the imports aside.

    It holds a state for each point that is computed at the same time, two with a gradient, and the costs: as doubles here, which is the
    most that they can take. Samples, probabilities and tail means take 8 bytes more for each amplitude held.

    Args:
        variables: n.
        layers: p.
        gradient: Whether gradients are asked for.
        batch: Points of one call.
        threads: Of the engine.
        symmetric: Whether a flip of all spins changes no cost: half the states are held then.
    """
    bits = variables - symmetric
    together = max(1, min(batch, threads))
    state = 8 * state_doubles(bits, _WIDEST) + HUGE_PAGE
    own = 8 * (column_doubles(bits, _WIDEST) + part_doubles(bits))
    answers = 8 * batch * (1 + (4 if gradient else 2) * layers)
    return (8 << bits) + together * state * (2 if gradient else 1) + threads * own + answers + _SMALL
