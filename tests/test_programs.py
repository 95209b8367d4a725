"""Packing of bits and answers: what goes in comes out, and variable i stays variable i."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from qiskit.primitives import BitArray

from qopt.programs import distinct, from_bit_array, from_bytes, pack, to_bytes, to_counts, unpack

BITS = npst.arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 70)), elements=st.integers(0, 1))


@given(BITS)
def test_packing_round_trips(bits: np.ndarray) -> None:
    """Up to 70 variables, over the edges of bytes and words."""
    assert np.array_equal(unpack(pack(bits), bits.shape[1]), bits)


@given(BITS)
def test_counts_are_those_of_qiskit_turned_round(bits: np.ndarray) -> None:
    """Qiskit writes variable 0 last; qopt writes it first."""
    array = BitArray.from_bool_array(bits[:, ::-1].astype(bool))
    theirs = {key[::-1]: count for key, count in array.get_counts().items()}
    assert to_counts(from_bit_array(array.array), bits.shape[1]) == theirs


@given(BITS)
def test_distinct_strings_count_up_to_all_shots(bits: np.ndarray) -> None:
    """Every shot is in exactly one count."""
    strings, counts = distinct(pack(bits), bits.shape[1])
    assert counts.sum() == len(bits)
    assert len(np.unique(strings, axis=0)) == len(strings)


@given(npst.arrays(np.float64, (3, 2), elements=st.floats(allow_nan=False)), npst.arrays(np.uint8, (2, 4, 1)))
def test_answers_round_trip_bit_by_bit(evs: np.ndarray, samples: np.ndarray) -> None:
    """What the journal keeps is what the primitive answered."""
    first, second = from_bytes(to_bytes([{"evs": evs}, {"samples": samples}]))
    assert first["evs"].tobytes() == evs.tobytes()
    assert np.array_equal(second["samples"], samples)
