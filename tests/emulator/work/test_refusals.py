"""What a user can do wrong ends as a failed job with a sentence, and never as anything else."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from tests.emulator.clients import CLIENT_SIDE
from tests.emulator.work import posts

from qopt.emulator.work import Done, Work, WorkFailed, perform

if TYPE_CHECKING:
    from collections.abc import Callable

BACKEND = "fake_manila"
NDARRAY = {"__type__": "ndarray", "__value__": "not base 64"}


def turned() -> QuantumCircuit:
    """A qubit with a parameter, measured."""
    circuit = QuantumCircuit(5, 1)
    circuit.rz(Parameter("angle"), 0)
    circuit.measure(0, 0)
    return circuit


def a_sampler() -> dict[str, Any]:
    """A job as it should be."""
    return posts.sampler(BACKEND, [(turned(), [0.1], 5)])


def an_estimator() -> dict[str, Any]:
    """Another one."""
    circuit = turned()
    circuit.remove_final_measurements()
    return posts.estimator(BACKEND, [(circuit, {"IIIIZ": 1.0}, [0.1], 0.5)])


def foreign(build: Callable[[QuantumCircuit], object], *, width: int = 5) -> dict[str, Any]:
    """A Sampler's job with a circuit that the client would not have let through."""
    circuit = QuantumCircuit(width, 1)
    build(circuit)
    circuit.measure(0, 0)
    return posts.raw_sampler(circuit)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "at least one PUB"),
        ({"pubs": []}, "at least one PUB"),
        ({"pubs": [5]}, "PUB 0 is int"),
        ({"pubs": [["OPENQASM 3.0;"]]}, "OpenQASM is not emulated"),
        ({"pubs": [[{"__type__": "QuantumCircuit", "__value__": "eJwr"}]]}, "can't be read as QPY"),
        (foreign(lambda circuit: circuit.h(0)), r"the instruction h on qubits \(0,\) is not supported"),
        (foreign(lambda circuit: circuit.cx(0, 4)), r"the instruction cx on qubits \(0, 4\) is not supported"),
        (foreign(lambda circuit: circuit.x(0), width=6), "6 qubits and fake_manila has 5"),
        (foreign(lambda circuit: circuit.delay(1.5, 0, "ns")), "QPY.*dt"),
        (foreign(lambda circuit: circuit.if_test((circuit.clbits[0], 1), QuantumCircuit(1), [0], [])), "control flow 'if_else'"),
    ],
)
def test_a_job_that_cannot_be_executed_fails_with_a_sentence(params: dict[str, Any], said: str) -> None:
    """PUBs and circuits that the device has no use for."""
    with pytest.raises(WorkFailed, match=said) as failure:
        perform(Work("sampler", params, BACKEND, 1))
    assert failure.value.code == 1517


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        (1, None, r"shape \(0,\) for a circuit with 1 parameters"),
        (1, [0.1, 0.2], r"shape \(2,\) for a circuit with 1 parameters: the last axis must be 1"),
        (1, [float("nan")], "not finite"),
        (1, ["pi"], "no numbers"),
        (1, NDARRAY, "can't be decoded"),
        (2, 0, "asks for 0 shots"),
        (2, 2.5, r"asks for 2\.5 shots"),
        (2, 10_000_001, "10000001 executions, more than 10000000"),
    ],
)
def test_a_samplers_pub_with_impossible_numbers_is_refused(part: int, value: object, said: str) -> None:
    """Unbound parameters, wrong shapes, too many shots."""
    params = a_sampler()
    params["pubs"][0][part] = value
    with pytest.raises(WorkFailed, match=said):
        perform(Work("sampler", params, BACKEND, 1))


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        (1, {"ZZ": 1.0}, "5 letters of IXYZ are expected"),
        (1, {"IIII0": 1.0}, "5 letters of IXYZ are expected"),
        (1, {"IIIIZ": "one"}, "the coefficient 'one'"),
        (1, {}, "a mapping of Pauli strings"),
        (1, [[{"IIIIZ": 1.0}], []], "a ragged array"),
        (2, [[0.1], [0.2], [0.3]], None),
        (3, 0, "the precision 0"),
        (3, 1e-200, "the precision 1e-200, which takes more than 10000000 shots"),
        (3, "fine", "the precision 'fine'"),
    ],
)
def test_an_estimators_pub_with_impossible_numbers_is_refused(part: int, value: object, said: str | None) -> None:
    """Observables that don't fit the circuit, and precisions that are none."""
    params = an_estimator()
    params["pubs"][0][part] = value
    if said is None:
        params["pubs"][0][1] = [{"IIIIZ": 1.0}, {"IIIZI": 1.0}]
        said = "not broadcastable"
    with pytest.raises(WorkFailed, match=said):
        perform(Work("estimator", params, BACKEND, 1))


@pytest.mark.parametrize(
    ("program", "options", "said"),
    [
        ("sampler", {"default_precision": 0.1}, "the options of the sampler are not valid.*default_precision"),
        ("estimator", {"resilience": {"magic": True}}, "the options of the estimator are not valid.*magic"),
        ("sampler", {"execution": {"meas_type": "kerneled"}}, "the measurement type 'kerneled' is not emulated"),
        ("sampler", [1], "the options are list"),
    ],
)
def test_options_that_the_primitive_does_not_know_are_refused(program: str, options: object, said: str) -> None:
    """By name, as the client's own classes say it."""
    params = (a_sampler() if program == "sampler" else an_estimator()) | {"options": options}
    with pytest.raises(WorkFailed, match=said):
        perform(Work(program, params, BACKEND, 1))


def test_a_level_of_resilience_that_is_none_is_refused() -> None:
    """The levels are 0, 1 and 2."""
    with pytest.raises(WorkFailed, match="the options of the estimator are not valid"):
        perform(Work("estimator", an_estimator() | {"resilience_level": 3}, BACKEND, 1))


def test_a_circuit_that_measures_nothing_is_refused() -> None:
    """A Sampler has nothing to say about it."""
    with pytest.raises(WorkFailed, match="measures nothing"):
        perform(Work("sampler", posts.raw_sampler(QuantumCircuit(5)), BACKEND, 1))


def test_a_readout_no_better_than_chance_is_refused_where_it_is_to_be_corrected() -> None:
    """A broken qubit can be measured, but not mitigated."""
    target = posts.device("ibm_cusco").target
    broken = next(qubits[0] for qubits, found in target["measure"].items() if found.error >= 0.5)
    pub = (QuantumCircuit(127), "I" * (126 - broken) + "Z" + "I" * broken)
    params = posts.estimator("ibm_cusco", [pub], precision=0.5)
    with pytest.raises(WorkFailed, match=f"the readout of qubit {broken} of ibm_cusco is no better than chance"):
        perform(Work("estimator", params, "ibm_cusco", 1))
    assert abs(posts.answer("estimator", params | {"resilience_level": 0}, "ibm_cusco", noise=True)[0].data.evs) <= 1


def test_what_is_too_wide_to_simulate_is_refused() -> None:
    """25 qubits that gates connect are one too many; the sentence says which number fits."""
    circuit = QuantumCircuit(133, 1)
    target = posts.device("ibm_torino").target
    edges = {tuple(sorted(edge)) for edge in target["cz"]}
    joined = {0}
    while len(joined) < 25:
        one, other = next(edge for edge in sorted(edges) if (edge[0] in joined) != (edge[1] in joined))
        circuit.cz(*((one, other) if (one, other) in target["cz"] else (other, one)))
        joined |= {one, other}
    circuit.measure(0, 0)
    with pytest.raises(WorkFailed, match="uses 25 qubits of ibm_torino and the emulator can simulate 24"):
        perform(Work("sampler", posts.raw_sampler(circuit), "ibm_torino", 1))


@pytest.mark.parametrize(("program", "backend", "said"), [("vqe", BACKEND, "no program 'vqe'"), ("sampler", "ibm_nowhere", "no fake twin")])
def test_unknown_programs_and_backends_are_refused(program: str, backend: str, said: str) -> None:
    """By name."""
    with pytest.raises(WorkFailed, match=said):
        perform(Work(program, a_sampler(), backend, 1))


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=True) | st.text(max_size=3) | st.just(NDARRAY),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["options", "execution", "__type__", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)


SAMPLER_OPTIONS: dict[str, Any] = {
    "default_shots": 5,
    "simulator": {"seed_simulator": 1},
    "execution": {"rep_delay": 1e-4, "init_qubits": True},
    "dynamical_decoupling": {"enable": True},
    "twirling": {"enable_gates": True, "num_randomizations": "auto"},
}
ESTIMATOR_OPTIONS: dict[str, Any] = {
    "default_precision": 0.5,
    "simulator": {"seed_simulator": 1},
    "execution": {"rep_delay": 1e-4},
    "resilience": {
        "measure_mitigation": True,
        "measure_noise_learning": {"num_randomizations": 2, "shots_per_randomization": 3},
        "zne_mitigation": True,
        "zne": {"noise_factors": [1, 2, 3], "extrapolator": "linear"},
        "pec": {"max_overhead": 10},
    },
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something can be put into a JSON value."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [path, *(place for key in keys for place in places(value[key], (*path, key)))]


@given(st.data())
def test_whatever_is_posted_ends_as_done_or_failed(data: st.DataObject) -> None:
    """Anything in any place of a job's parameters gives a result or a sentence, never another exception."""
    programs = {"sampler": a_sampler() | {"options": SAMPLER_OPTIONS}, "estimator": an_estimator() | {"options": ESTIMATOR_OPTIONS}}
    if CLIENT_SIDE:
        programs["executor"] = posts.client_estimator(BACKEND, [(QuantumCircuit(5), "IIIIZ")], precision=0.5)
    program = data.draw(st.sampled_from(sorted(programs)))
    params = copy.deepcopy(programs[program])
    path = data.draw(st.sampled_from([place for place in places(params) if place]))
    inside = params
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = data.draw(JUNK)
    ended = end_of(Work(program, params, BACKEND, 1))
    assert "\n" not in ended if isinstance(ended, str) else np.isfinite(ended.quantum_seconds)
    assert ended


def end_of(work: Work) -> Done | str:
    """What is left of a job: its results, or why it has none."""
    try:
        return perform(work)
    except WorkFailed as failure:
        return failure.message
