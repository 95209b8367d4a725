"""Operators from programs and from files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from qopt.errors import InputError
from qopt.problems import Operator, reference_of
from qopt.types import Sense

ROOT = Path(__file__).parents[2]
H2 = json.loads((ROOT / "tests" / "data" / "h2_spectrum.json").read_text())
TERMS = st.dictionaries(st.text("IXYZ", min_size=3, max_size=3), st.floats(-2, 2), min_size=1)


@given(terms=TERMS)
def test_a_file_says_what_a_program_would(terms: dict[str, float], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Labels and coefficients survive the file: Qiskit's own reading of them is the same operator."""
    path = tmp_path_factory.mktemp("operator") / "operator.json"
    path.write_text(json.dumps({"qubits": 3, "terms": list(terms.items())}))
    assert Operator.from_file(path).hamiltonian().to_list() == SparsePauliOp.from_list(list(terms.items())).to_list()


def test_h2_has_its_spectrum() -> None:
    """The hydrogen file holds total energies: its whole spectrum is that of full configuration interaction."""
    problem = Operator.from_file(ROOT / "problems" / "molecules" / "h2_0.735_parity.json")
    spectrum = np.linalg.eigvalsh(problem.hamiltonian().to_matrix())
    assert spectrum == pytest.approx(H2["two_electron_singlets_and_triplet"], abs=1e-9)
    assert problem.units == "Ha"


def test_h2_gets_its_reference_by_diagonalisation() -> None:
    """An operator with X terms is diagonalised, and both ends are told."""
    reference = reference_of(Operator.from_file(ROOT / "problems" / "molecules" / "h2_0.735_parity.json"))
    assert reference is not None
    assert reference.kind == "exact diagonalisation"
    assert (reference.value, reference.worst) == pytest.approx((H2["ground"], 0.4950577416181095), abs=1e-9)


def test_a_maximised_operator_is_negated_inside() -> None:
    """What is minimised inside is minus the operator, and the reference is in the operator's own sense."""
    problem = Operator(SparsePauliOp.from_list([("ZI", 2.0), ("IX", 1.0)]), sense=Sense.MAXIMISE)
    assert problem.hamiltonian().coeffs.real.tolist() == [-2.0, -1.0]
    reference = reference_of(problem)
    assert reference is not None
    assert (reference.value, reference.worst) == pytest.approx((3.0, -3.0))


def test_a_diagonal_operator_is_enumerated() -> None:
    """Of I and Z alone: brute force, with the rightmost character as variable 0."""
    problem = Operator(SparsePauliOp.from_list([("IZ", 1.0), ("ZI", 0.25)]))
    assert problem.energy("10") == -0.75
    reference = reference_of(problem)
    assert reference is not None
    assert (reference.value, reference.kind) == (-1.25, "brute force")


def test_nothing_affordable_is_no_reference() -> None:
    """Fifteen qubits with X terms are neither enumerated nor diagonalised."""
    assert reference_of(Operator(SparsePauliOp.from_list([("X" * 15, 1.0)]))) is None


@pytest.mark.parametrize("coefficient", [1j, np.nan])
def test_what_is_not_hermitian_is_refused(coefficient: complex) -> None:
    """Complex and undefined coefficients make no Hamiltonian."""
    with pytest.raises(InputError, match="expected a finite real number"):
        Operator(SparsePauliOp.from_list([("X", coefficient)]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"qubits": 2}', r":1:1: the key 'terms' is missing"),
        ('{"qubits": 2,\n "term": []}', r":2:10: unknown key 'term', did you mean 'terms'\?"),
        ('{"qubits": 2, "terms": [["ZI", 1],\n ["ZII", 1]]}', r":2:3: got 'ZII', expected 2 of the letters"),
        ('{"qubits": 2, "terms": [["ZI", 1],\n ["ZI", 1]]}', r":2:3: ZI is given a second time"),
        ('{"qubits": 2, "terms": [["ZA", 1]]}', r":1:26: got 'ZA'"),
        ('{"qubits": 2, "terms": [["ZI", [0, 1]]]}', r":1:25: expected a Pauli string and a real number"),
        ('{"qubits": 2, "terms": [["ZI", 1e999]]}', r":1:32: got inf, expected a finite number"),
        ('{"qubits": true, "terms": []}', r":1:12: expected an integer"),
        ('{"qubits": 2, "terms": []}', r":1:24: expected a list of terms"),
        ('{"qubits": 1, "terms": [["Z", 1]], "sense": "maximize"}', r":1:45: got 'maximize'.*did you mean 'maximise'"),
        ('{"qubits": 2,\n', r":2:1: this is not JSON"),
        ("[1, 2]", r":1:1: expected an object"),
    ],
)
def test_a_mistake_in_a_file_is_told_at_its_place(tmp_path: Path, text: str, message: str) -> None:
    """Every refusal begins with path, line and column."""
    path = tmp_path / "operator.json"
    path.write_text(text)
    with pytest.raises(InputError, match=rf"operator\.json{message}"):
        Operator.from_file(path)


def test_a_missing_file_suggests_its_neighbour(tmp_path: Path) -> None:
    """A misspelt path is met with the nearest name in the folder."""
    (tmp_path / "water.json").write_text("{}")
    with pytest.raises(InputError, match=r"did you mean 'water\.json'"):
        Operator.from_file(tmp_path / "watre.json")


def test_a_parametrised_operator_is_refused() -> None:
    """A Hamiltonian with a free parameter has no energy yet."""
    with pytest.raises(InputError, match="assign_parameters"):
        Operator(SparsePauliOp(["Z"], np.array([Parameter("field")])))
