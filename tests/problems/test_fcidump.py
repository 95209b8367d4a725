"""FCIDUMP files: read back as written, headers of all kinds, and every way to be damaged refused at its line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.simulate.excitations.cases import random_integrals

from qopt.errors import InputError
from qopt.problems.fcidump import read_fcidump, write_fcidump

if TYPE_CHECKING:
    from qopt.problems.integrals import Integrals

H2 = Path(__file__).parents[1] / "data" / "fcidump" / "h2.fcidump"
INTEGRALS = "0.67 1 1 1 1\n0.18 2 1 2 1\n0.66 1 1 2 2\n0.70 2 2 2 2\n-1.26 1 1 0 0\n-0.48 2 2 0 0\n0.72 0 0 0 0\n"
HEADER = "&FCI NORB=2,NELEC=2,MS2=0,\n ORBSYM=1,1,\n ISYM=1,\n&END\n"


def read(folder: Path, text: str) -> Integrals:
    """The integrals of a file with this text."""
    path = folder / "some.fcidump"
    path.write_text(text, encoding="utf-8")
    return read_fcidump(path)


def same(left: Integrals, right: Integrals) -> bool:
    """Whether every number is the same."""
    return (
        (left.constant, left.electrons) == (right.constant, right.electrons)
        and np.array_equal(left.one_body, right.one_body)
        and np.array_equal(left.two_body, right.two_body)
    )


@given(norb=st.integers(1, 5), seed=st.integers(0, 2**32 - 1), data=st.data())
def test_what_was_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, norb: int, seed: int, data: st.DataObject) -> None:
    """Every bit of every integral survives, and so do the numbers of electrons of either spin."""
    electrons = data.draw(st.tuples(st.integers(0, norb), st.integers(0, norb)))
    integrals = random_integrals(norb, electrons, np.random.default_rng(seed))
    path = tmp_path_factory.mktemp("fcidump") / "some.fcidump"
    write_fcidump(integrals, path)
    assert same(read_fcidump(path), integrals)


def test_a_file_of_pyscf_has_its_integrals_at_all_equivalent_places() -> None:
    """H2: the numbers of the file, in all eight orders."""
    integrals = read_fcidump(H2)
    assert (integrals.norb, integrals.electrons) == (2, (1, 1))
    assert integrals.constant == 0.7199689944489797
    for order in ((0, 1, 0, 1), (1, 0, 0, 1), (0, 1, 1, 0), (1, 0, 1, 0)):
        assert integrals.two_body[order] == pytest.approx(0.1809312, abs=1e-6)
    assert integrals.two_body[0, 0, 1, 1] == integrals.two_body[1, 1, 0, 0] == pytest.approx(0.6645817, abs=1e-6)


@pytest.mark.parametrize(
    "header",
    [
        "&FCI NORB=2,NELEC=2,MS2=0 /\n",
        " &fci norb=2,nelec=2,ms2=0,orbsym=1,1,isym=1 &end\n",
        "$FCI NORB = 2 , NELEC = 2 , MS2 = 0 $END\n",
        "&FCI\n MS2=0\n ISYM=1\n ORBSYM=1,\n1\n NELEC=2\n NORB=2\n/\n",
        "&FCI NORB=2 NELEC=2\n/\n\n",
        "&FCI NORB=2,NELEC=+2,MS2=0,UHF=.FALSE.,IUHF=0,NPROP= 1 1 1, ! of some program\n ORBSYM=2*1,\n /\n",
    ],
)
def test_headers_come_in_all_kinds(tmp_path: Path, header: str) -> None:
    """Keys in any order and case, over any lines, with commas or without, closed in three ways."""
    assert same(read(tmp_path, header + INTEGRALS), read(tmp_path, HEADER + INTEGRALS))


@pytest.mark.parametrize("word", ["6.7D-01", "0.067d+1", ".67", "+0.67E0", "67.-2", "0.67"])
def test_numbers_are_written_as_fortran_does(tmp_path: Path, word: str) -> None:
    """D and d are exponents, and a sign alone is one, too."""
    assert read(tmp_path, HEADER + INTEGRALS.replace("0.67 ", f"{word} ")).two_body[0, 0, 0, 0] == pytest.approx(0.67, abs=1e-15)


def test_orbital_energies_and_equal_copies_are_passed_over(tmp_path: Path) -> None:
    """Lines `value i 0 0 0` change nothing, and an integral may be there in several equivalent orders."""
    more = INTEGRALS.replace("-1.26", "0.18 1 2 2 1\n-0.5 1 0 0 0\n0.6 2 0 0 0\n\n-1.26")
    assert same(read(tmp_path, HEADER + more), read(tmp_path, HEADER + INTEGRALS))


def test_line_ends_of_windows_are_line_ends(tmp_path: Path) -> None:
    """A file that went through Windows is the same file."""
    (tmp_path / "dos.fcidump").write_bytes((HEADER + INTEGRALS).replace("\n", "\r\n").encode())
    assert same(read_fcidump(tmp_path / "dos.fcidump"), read(tmp_path, HEADER + INTEGRALS))


def test_spin_is_in_the_header(tmp_path: Path) -> None:
    """MS2 is the number of unpaired electrons, of spin alpha where it is positive."""
    assert read(tmp_path, "&FCI NORB=2,NELEC=3,MS2=1 /\n" + INTEGRALS).electrons == (2, 1)
    assert read(tmp_path, "&FCI NORB=2,NELEC=2,MS2=-2 /\n" + INTEGRALS).electrons == (0, 2)


def test_every_truncation_is_refused_or_complete(tmp_path: Path) -> None:
    """However many bytes are missing at the end, nobody computes with a part of a molecule."""
    text = H2.read_text(encoding="utf-8")
    whole, complete = read_fcidump(H2), 0
    for length in range(len(text)):
        try:
            integrals = read(tmp_path, text[:length])
        except InputError as error:
            assert str(error).startswith(f"{tmp_path / 'some.fcidump'}:")  # noqa: PT017 - each is looked at
        else:
            assert same(integrals, whole)
            complete += 1
    assert complete == 1, "the file without its last line end"


REFUSALS = {
    ":1:1: got 'hello', expected an FCIDUMP file": "hello",
    ":1:1: got '', expected an FCIDUMP file": "",
    ":1:1: the header does not end": "&FCI NORB=2,NELEC=2",
    ":1000:1: the header does not end": "&FCI NORB=2,NELEC=2" + "\n" * 2000 + "/",
    ":1:1: the header gives 'nothing' for NORB": "&FCI NELEC=2 /\n",
    ":1:1: the header gives 'two' for NORB": "&FCI NORB=two,NELEC=2 /\n",
    ":1:1: the header gives '2 3' for NORB": "&FCI NORB=2,3,NELEC=2 /\n",
    ":1:1: the header gives '' for NELEC": "&FCI NORB=2,NELEC=,MS2=0 /\n",
    ":1:1: NORB is 999999999, expected 1 to 48": "&FCI NORB=999999999,NELEC=2 /\n",
    ":1:1: NORB is 0, expected 1 to 48": "&FCI NORB=0,NELEC=0 /\n",
    ":1:1: NELEC is 3 and MS2 is 0": "&FCI NORB=2,NELEC=3 /\n",
    ":1:1: NELEC is 2 and MS2 is 4": "&FCI NORB=2,NELEC=2,MS2=4 /\n",
    ":1:1: NELEC is 4 and MS2 is 2": "&FCI NORB=2,NELEC=4,MS2=2 /\n",
    ":1:1: NELEC is -2": "&FCI NORB=2,NELEC=-2 /\n",
    ":1:1: IUHF is set: these are integrals of an unrestricted calculation": "&FCI NORB=2,NELEC=2,IUHF=1 /\n" + INTEGRALS,
    ":1:1: UHF is set": "&FCI NORB=2,NELEC=2,UHF=.TRUE. /\n" + INTEGRALS,
    ":12:1: there are further integrals after the constant energy `value 0 0 0 0` of line 11": HEADER + INTEGRALS + "0.0 0 0 0 0\n",
    ":5:1: got 4 word": HEADER + "0.67 1 1 1\n",
    ":5:1: got 6 word": HEADER + "0.67 1 1 1 1 1\n",
    ":5:1: got the complex number '(0.67,0.0)'": HEADER + "(0.67,0.0) 1 1 1 1\n",
    ":5:1: got the indices '1 1 1 3', expected four integers from 0 to NORB = 2": HEADER + "0.67 1 1 1 3\n",
    ":5:1: got the indices '1 1 1 -1'": HEADER + "0.67 1 1 1 -1\n",
    ":5:1: got the indices '1 1 1 1.0'": HEADER + "0.67 1 1 1 1.0\n",
    ":5:1: the indices 1 1 1 0 mean nothing": HEADER + "0.67 1 1 1 0\n",
    ":5:1: the indices 0 1 0 0 mean nothing": HEADER + "0.67 0 1 0 0\n",
    ":5:1: the indices 1 0 1 1 mean nothing": HEADER + "0.67 1 0 1 1\n",
    ":5:1: got '0.6x7', expected a finite real number": HEADER + "0.6x7 1 1 1 1\n",
    ":5:1: got 'nan', expected a finite real number": HEADER + "nan 1 1 1 1\n",
    ":5:1: got '1e999', expected a finite real number": HEADER + "1e999 1 1 1 1\n",
    ":6:1: the integral (2, 2, 1, 1) is 0.3 here and was 0.66 before": HEADER + "0.66 1 1 2 2\n0.3 2 2 1 1\n",
    ":11:1: the file ends without the constant energy": HEADER + INTEGRALS.replace("0.72 0 0 0 0\n", ""),
}


@pytest.mark.parametrize("message", REFUSALS)
def test_a_damaged_file_is_refused_at_its_line(tmp_path: Path, message: str) -> None:
    """Each refusal begins with file, line and column, and says what was got."""
    with pytest.raises(InputError) as refusal:
        read(tmp_path, REFUSALS[message])
    assert str(refusal.value).removeprefix(str(tmp_path / "some.fcidump")).startswith(message)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A name that isn't there is told, with one like it."""
    (tmp_path / "lih.fcidump").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"did you mean 'lih\.fcidump'"):
        read_fcidump(tmp_path / "lhi.fcidump")


@pytest.mark.parametrize(
    "text", ["&FCI " + "A" * 2_000_000, "&FCI " + "=" * 2_000_000 + "/", "&FCI NORB=" + "1" * 2_000_000 + " /", HEADER + "9" * 2_000_000]
)
def test_hostile_files_are_refused_in_linear_time(tmp_path: Path, text: str) -> None:
    """Megabytes of nonsense are read once; a quadratic reader would not come back."""
    with pytest.raises(InputError):
        read(tmp_path, text)
