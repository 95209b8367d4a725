"""What the questions of a course are expected to cost on a device: each by its own circuits, not by those of the energies."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from qiskit.quantum_info import SparsePauliOp

import qopt
from qopt import remote
from qopt.ansatze.overlap import overlap_circuit
from qopt.assemble import physics
from qopt.config import molecules as models
from qopt.courses.commutators import Commutators, commutators, on_circuit
from qopt.durable import Stage
from qopt.execution.isa import freeze
from qopt.ledger import Ledger
from qopt.overlaps import Overlap
from qopt.planning.cost import Timing, seconds_for
from qopt.problems.molecular_data import shipped
from qopt.problems.molecule import Molecule
from qopt.spec import Spec, prepare, specify

if TYPE_CHECKING:
    from qopt.programs import Frozen
    from qopt.purse import Purse

SHOTS = 100
HYDROGEN = Molecule(shipped("h2"), mapper="parity", tapering=False)
ANSATZ = qopt.hardware_efficient(2, reps=1)
OTHER = qopt.hardware_efficient(2, reps=2)
FAST, SLOW = Timing(1e-6), Timing(5e-6)


class Account:
    """Of a plan without a limit."""

    def allowance(self) -> SimpleNamespace:
        """Nothing is limited."""
        return SimpleNamespace(remaining=None)


@dataclass
class Asking:
    """What a purse looks at of a durable run: its stages, the circuit that is asked about now, and what is known of the time it takes."""

    frozen: Frozen
    stages: dict[str, Stage] = field(default_factory=dict)
    timings: dict[int, tuple[Frozen, Timing]] = field(default_factory=dict)
    purse: Purse | None = None
    ledger: Ledger = field(default_factory=lambda: Ledger(()))

    def ask(self, name: str, frozen: Frozen, objective: object, timing: Timing = FAST) -> None:
        """Turn to a circuit, as a question does."""
        self.stages[name] = Stage(name, objective, frozen, ("", ""), HYDROGEN.energies)
        self.frozen, self.timings[id(frozen)] = frozen, (frozen, timing)
        self.purse = remote.purse_of(SPEC, self, frozen, SimpleNamespace(usage=lambda: None), 1, first=False)


def specified() -> Spec:
    """A run on a device."""
    spec = specify(HYDROGEN, ansatz=ANSATZ, objective=qopt.Expectation(SHOTS), sqd=None)
    return replace(spec, device=replace(spec.device, account=Account()))


SPEC = specified()


@pytest.fixture
def asking() -> Asking:
    """A run that has asked for energies."""
    frozen = prepare(specify(HYDROGEN, ansatz=ANSATZ, objective=qopt.Expectation(SHOTS)))
    made = Asking(frozen)
    made.ask("main", frozen, qopt.Expectation(SHOTS))
    return made


def test_energies_take_a_circuit_for_each_group(asking: Asking) -> None:
    """And a stage that is not known yet is taken to be like them."""
    assert asking.purse is not None
    for stage in ("main", "overlap"):
        assert asking.purse.executions(stage, 3) == 3 * len(asking.frozen.groups) * SHOTS
    assert len(asking.frozen.groups) > 1


def test_an_overlap_takes_one_circuit_for_each_pair(asking: Asking) -> None:
    """Though energies take several; energies cost what they did."""
    groups = len(asking.frozen.groups)
    asking.ask("overlap", freeze(overlap_circuit(ANSATZ), (), 0.0, sampled=True), Overlap(SHOTS), SLOW)
    assert asking.purse is not None
    assert asking.purse.executions("overlap", 6) == 6 * SHOTS
    assert asking.purse.executions("main", 3) == 3 * groups * SHOTS
    assert asking.purse.predicted(6, "overlap") == pytest.approx(seconds_for(6 * SHOTS, SLOW))


def test_a_pool_takes_the_bases_of_its_commutators(asking: Asking) -> None:
    """Another number than that of the energies."""
    config = models.AdaptAnsatz(type="adapt", pool="qubit")
    pool = physics.adapt_of(config, HYDROGEN).pool
    measured = commutators(HYDROGEN.hamiltonian(), [pool.generator(index) for index in range(len(pool.names))])
    groups = len(asking.frozen.groups)
    asking.ask("pool", on_circuit(measured, asking.frozen, SHOTS), Commutators(SHOTS, measured))
    assert asking.purse is not None
    assert asking.purse.executions("pool", 1) == len(measured.observables(SHOTS)) * SHOTS
    assert len(measured.observables(SHOTS)) != groups
    assert asking.purse.executions("main", 1) == groups * SHOTS


def test_a_circuit_that_has_grown_has_a_timing_of_its_own(asking: Asking) -> None:
    """Energies are counted on it from then on."""
    assert asking.purse is not None
    begun = asking.purse
    asking.ask("main", freeze(OTHER, ((SparsePauliOp("ZZ"),),), 0.0, sampled=False), qopt.Expectation(SHOTS), SLOW)
    assert asking.purse.executions("main", 2) == 2 * SHOTS
    assert (begun.timing, asking.purse.timing) == (FAST, SLOW)


def test_samples_after_the_end_are_kept_back_for(asking: Asking) -> None:
    """As a job of their own."""
    assert asking.purse is not None
    without = asking.purse.reserve
    assert replace(asking.purse, samples=5000).reserve == pytest.approx(without + seconds_for(5000, FAST))
