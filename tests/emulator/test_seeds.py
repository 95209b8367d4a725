"""Seeds of jobs: the same question gives the same noise, and asking once more gives new noise."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qopt.emulator import seeds

NUMBERS = st.recursive(st.integers() | st.floats(allow_nan=False), lambda inner: st.lists(inner, max_size=3), max_leaves=8)


def params(numbers: object, circuit: str = "qpy") -> dict[str, object]:
    """The parameters of a job, with a circuit in them."""
    return {"pubs": [[{"__type__": "QuantumCircuit", "__value__": circuit}, numbers, 100]], "options": {"simulator": {"seed_simulator": 3}}}


@given(NUMBERS)
def test_circuits_do_not_count(numbers: object) -> None:
    """Circuits are written with identifiers that are new every time, so they have no part in the digest."""
    assert seeds.digest("sampler", "ibm_fez", params(numbers, "one")) == seeds.digest("sampler", "ibm_fez", params(numbers, "two"))


@given(NUMBERS, NUMBERS)
def test_numbers_count(one: object, other: object) -> None:
    """Different numbers are different questions."""
    same = seeds.digest("sampler", "ibm_fez", params(one)) == seeds.digest("sampler", "ibm_fez", params(other))
    assert same == (repr(one) == repr(other))


@given(st.integers(0, 2**32), st.integers(0, 1000))
def test_a_seed_suits_a_simulator(server: int, ordinal: int) -> None:
    """Seeds are positive and have 31 bits; another ordinal or another server has another."""
    seed = seeds.seed(server, "digest", ordinal)
    assert 0 < seed < 2**31
    assert seed == seeds.seed(server, "digest", ordinal)
    assert len({seed, seeds.seed(server, "digest", ordinal + 1), seeds.seed(server + 1, "digest", ordinal)}) == 3


def test_names_that_the_client_counts_up_do_not_change_the_noise() -> None:
    """The same question from a process that is younger, and so has lower numbers, is the same question."""
    old = {"samplex_arguments": {f"basis_changes.basis{number}": number - 8 for number in (8, 9, 10, 11)}}
    young = {"samplex_arguments": {f"basis_changes.basis{number}": number for number in (0, 1, 2, 3)}}
    assert seeds.digest("executor", "ibm_fez", old) == seeds.digest("executor", "ibm_fez", young)
    other = {"samplex_arguments": {f"basis_changes.basis{number}": number for number in (3, 2, 1, 0)} | {"basis_changes.basis0": 7}}
    assert seeds.digest("executor", "ibm_fez", other) != seeds.digest("executor", "ibm_fez", young)


@given(NUMBERS, st.integers(0, 20), st.integers(0, 20))
def test_counters_of_the_client_do_not_count(numbers: object, one: int, other: int) -> None:
    """The client numbers the arguments of its programs from program to program; that is no part of the question."""
    digests = {
        seeds.digest("executor", "ibm_fez", {"items": [{"samplex_arguments": {f"basis{start}": numbers, f"basis{start + 1}": 2}}]})
        for start in (one, other)
    }
    assert len(digests) == 1
