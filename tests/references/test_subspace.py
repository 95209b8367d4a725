"""The lowest eigenvalue among some basis states, against dense matrices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.quantum_info import SparsePauliOp

from qopt.errors import InputError
from qopt.references import lowest_in


def real_operator(qubits: int, terms: int, rng: np.random.Generator) -> SparsePauliOp:
    """Random strings with an even number of letters Y."""
    labels = ["".join(rng.choice(list("IXYZ"), qubits)) for _ in range(terms)]
    return SparsePauliOp([label.replace("Y", "X", label.count("Y") % 2) for label in labels], rng.normal(size=terms))


@given(qubits=st.integers(1, 5), terms=st.integers(1, 12), seed=st.integers(0, 2**32 - 1))
def test_it_is_that_of_the_block(qubits: int, terms: int, seed: int) -> None:
    """Whatever the states, in any order, and whether the Hamiltonian leads out of them or not."""
    rng = np.random.default_rng(seed)
    operator = real_operator(qubits, terms, rng)
    states = rng.permutation(2**qubits)[: rng.integers(1, 2**qubits + 1)]
    block = operator.to_matrix()[np.ix_(states, states)]
    assert lowest_in(operator, states) == pytest.approx(np.linalg.eigvalsh(block)[0], abs=1e-10)


def test_large_blocks_are_left_to_lanczos() -> None:
    """300 of 512 states, to the precision of the dense answer."""
    rng = np.random.default_rng(7)
    operator = real_operator(9, 60, rng)
    states = rng.permutation(512)[:300]
    block = operator.to_matrix()[np.ix_(states, states)]
    assert lowest_in(operator, states) == pytest.approx(np.linalg.eigvalsh(block)[0], abs=1e-9)


@pytest.mark.parametrize("count", [0, 50_001])
def test_none_and_too_many_are_refused(count: int) -> None:
    """The limit is told."""
    with pytest.raises(InputError, match=f"{count:,} basis states of 16 qubits, expected 1 to 50,000"):
        lowest_in(SparsePauliOp("Z" * 16), np.arange(count))
