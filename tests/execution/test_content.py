"""What a job came back with, where a service answers what no run of qopt would have asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from qiskit.primitives import BitArray, DataBin, PrimitiveResult, PubResult

from qopt.errors import BackendError
from qopt.execution.executor import Waiting
from qopt.execution.ibm.content import Counts, Expectation, content
from qopt.execution.ibm.patience import Caller


@dataclass
class Job:
    """A job that is done."""

    answer: Any

    def result(self, timeout: float) -> Any:
        """What it came back with."""
        assert timeout > 0
        return self.answer


class Account:
    """An account with one job, of which any answer can be had."""

    def __init__(self, answer: Any) -> None:
        self.caller = Caller(Waiting(call=5.0, service=0.1), lambda: None)
        self._job = Job(answer)

    def job(self, _: str) -> Job:
        """The one job."""
        return self._job


def read(*data: DataBin) -> list[Counts | Expectation]:
    """The content of a result with these PUBs."""
    return content(Account(PrimitiveResult([PubResult(item) for item in data])), "d1")  # type: ignore[arg-type]  # all that is asked of it


def test_every_register_of_every_pub_is_read_under_its_own_name() -> None:
    """Without parameters there is one set and no index; the most frequent string comes first, equal ones by their bits."""
    alpha = BitArray.from_samples(["01", "11", "11", "00"], num_bits=2)
    beta = BitArray.from_samples(["0", "1", "1", "1"], num_bits=1)
    assert read(DataBin(alpha=alpha, beta=beta), DataBin(beta=beta)) == [
        Counts(0, "alpha", (), 4, {"11": 2, "00": 1, "01": 1}),
        Counts(0, "beta", (), 4, {"1": 3, "0": 1}),
        Counts(1, "beta", (), 4, {"1": 3, "0": 1}),
    ]
    assert list(read(DataBin(alpha=alpha))[0].to_json()["counts"]) == ["11", "00", "01"]


def test_expectation_values_are_read_along_all_axes() -> None:
    """With their errors, or with none where the primitive gives none."""
    evs, stds = np.array([[0.5, -0.5]]), np.array([[0.1, 0.2]])
    assert read(DataBin(evs=evs, stds=stds, shape=(1, 2))) == [Expectation(0, (0, 0), 0.5, 0.1), Expectation(0, (0, 1), -0.5, 0.2)]
    assert read(DataBin(evs=np.array(0.25))) == [Expectation(0, (), 0.25, None)]


def test_what_is_neither_counts_nor_expectation_values_is_refused() -> None:
    """Such as the analogue levels of a register; with its name and what to do."""
    with pytest.raises(BackendError, match="register levels of PUB 0 of job d1 is a ndarray"):
        read(DataBin(levels=np.zeros(4)))


@pytest.mark.parametrize(("answer", "told"), [(None, "nothing"), ("{half of", "a str"), ({"a": 1}, "a dict")])
def test_what_is_no_result_is_refused(answer: object, told: str) -> None:
    """A private job that was read before, a body that was cut, the result of another program."""
    with pytest.raises(BackendError, match=f"the result of job d1 is {told}"):
        content(Account(answer), "d1")  # type: ignore[arg-type]  # as above
