"""FCIDUMP, the text format in which quantum chemistry programs exchange integrals: a reader that trusts nothing, and a writer."""

from __future__ import annotations

import math
import re
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from qopt.problems.integrals import MAX_ORBITALS, Integrals
from qopt.problems.text_file import TextFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

Row: TypeAlias = tuple[int, float, tuple[int, int, int, int]]
"""Line number, value and the indices i, j, k, l, counted from 1."""

_NUMBER = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:[eEdD]([+-]?[0-9]{1,9})|([+-][0-9]{1,9}))?")
_INDEX = re.compile(r"[0-9]{1,9}")
_NO = ("0", "F", ".F.", ".FALSE.")
_HEADER_LINES = 1000
_HEADER_WIDTH = 10_000
_COLUMNS = 5
_TWICE = 1e-8


def read_fcidump(path: Path | str) -> Integrals:
    """Read the integrals of a restricted calculation over real orbitals.

    The header is a Fortran namelist `&FCI NORB=.., NELEC=.., MS2=.., ... /` over any number of lines, closed by `/` or `&END`; keys come in
    any order and case, and those beside `NORB`, `NELEC` and `MS2` (0 where it is missing) are not used. Then follow lines `value i j k l`:
    the integral (ij|kl), the integral h_ij where k = l = 0, an orbital energy (not used) where only i is not 0, and last of all the
    constant energy where all are 0. Integrals that are left out are 0. Nothing but the line of the constant shows that a file is whole, so
    that line has to be there, at the end.

    Raises:
        InputError: If the file can't be read, is damaged, cut off, unrestricted or complex; the message begins with `path:line:column`
            where the contents are at fault.

    References:
        Knowles, Handy 1989, Computer Physics Communications 54, 75.
    """
    file = TextFile.read(path)
    header, first = _header(file)
    norb, electrons = _size(file, header)
    one_body, two_body = np.full((norb,) * 2, np.nan), np.full((norb,) * 4, np.nan)
    constant: tuple[int, float] | None = None
    for number, value, indices in _rows(file, first, norb):
        if indices[1:] == (0, 0, 0) and indices[0]:
            continue
        if constant is not None:
            raise file.at(number, 1, _after_the_constant(constant[0]))
        if not any(indices):
            constant = (number, value)
        else:
            _store(file, (number, value, indices), one_body, two_body)
    if constant is None:
        message = "the file ends without the constant energy, a last line `value 0 0 0 0`: it was cut off, write it again"
        raise file.at(file.text.count("\n") + 1, 1, message)
    return Integrals(constant[1], np.nan_to_num(one_body), np.nan_to_num(two_body), electrons)


def write_fcidump(integrals: Integrals, path: Path | str) -> None:
    """Write every integral that isn't 0 once, with all of its digits."""
    norb, (n_alpha, n_beta) = integrals.norb, integrals.electrons
    lines = [
        f"&FCI NORB={norb},NELEC={n_alpha + n_beta},MS2={n_alpha - n_beta},",
        f" ORBSYM={'1,' * norb}",
        " ISYM=1,",
        "&END",
    ]
    pairs = [(p, q) for p in range(norb) for q in range(p + 1)]
    for index, (p, q) in enumerate(pairs):
        for r, s in pairs[: index + 1]:
            if value := float(integrals.two_body[p, q, r, s]):
                lines.append(f"{value!r} {p + 1} {q + 1} {r + 1} {s + 1}")
    for p, q in pairs:
        if value := float(integrals.one_body[p, q]):
            lines.append(f"{value!r} {p + 1} {q + 1} 0 0")
    lines.append(f"{integrals.constant!r} 0 0 0 0")
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _header(file: TextFile) -> tuple[dict[str, list[str]], int]:
    """Words by upper-case key, and how many lines the header takes."""
    words: list[str] = []
    number = 1
    for number, line in islice(file.lines(), _HEADER_LINES):
        if number == 1 and not line.lstrip().upper().startswith(("&FCI", "$FCI")):
            raise file.at(1, 1, f"got {line[:40]!r}, expected an FCIDUMP file that begins with `&FCI NORB=..,NELEC=..,MS2=..,`")
        text = line[:_HEADER_WIDTH].split("!")[0]
        end = re.search(r"/|[&$]END", text, re.IGNORECASE)
        words.append(text[: end.start()] if end else text)
        if end:
            return _assignments(" ".join(words).lstrip()[len("&FCI") :]), number
    raise file.at(number, 1, "the header does not end, expected `/` or `&END` before the integrals: the file was cut off, write it again")


def _assignments(text: str) -> dict[str, list[str]]:
    """The namelist's `KEY = word, word, ...`: the last word in front of each `=` is the key of what follows."""
    parts = [part.replace(",", " ").split() for part in text.split("=")]
    keys = [part[-1].upper() if part else "" for part in parts[:-1]]
    return {key: part[:-1] for key, part in zip(keys, [*parts[1:-1], [*parts[-1], ""]], strict=True)}


def _size(file: TextFile, header: dict[str, list[str]]) -> tuple[int, tuple[int, int]]:
    """The number of orbitals, and of electrons of spin alpha and beta."""
    for key in ("IUHF", "UHF"):
        if any(word.upper() not in _NO for word in header.get(key, [])):
            raise file.at(
                1, 1, f"{key} is set: these are integrals of an unrestricted calculation, expected one set of orbitals for both spins"
            )
    norb, electrons, excess = _integer(file, header, "NORB"), _integer(file, header, "NELEC"), _integer(file, header, "MS2", 0)
    if not 1 <= norb <= MAX_ORBITALS:
        raise file.at(1, 1, f"NORB is {norb}, expected 1 to {MAX_ORBITALS} orbitals: choose an active space")
    if (electrons + excess) % 2 or not abs(excess) <= electrons <= 2 * norb - abs(excess):
        raise file.at(1, 1, f"NELEC is {electrons} and MS2 is {excess}: so many electrons with that spin don't exist in {norb} orbitals")
    return norb, ((electrons + excess) // 2, (electrons - excess) // 2)


def _integer(file: TextFile, header: dict[str, list[str]], key: str, default: int | None = None) -> int:
    if key not in header and default is not None:
        return default
    words = header.get(key, [])
    if len(words) != 1 or not re.fullmatch(r"[+-]?[0-9]{1,9}", words[0]):
        got = " ".join(words)[:40] if key in header else "nothing"
        raise file.at(1, 1, f"the header gives {got!r} for {key}, expected an integer as in `{key}=4`")
    return int(words[0])


def _rows(file: TextFile, header_lines: int, norb: int) -> Iterator[Row]:
    for number, line in file.lines():
        if number <= header_lines or not (words := line.split()):
            continue
        if words[0].startswith("("):
            raise file.at(number, 1, f"got the complex number {words[0][:40]!r}, expected integrals over real orbitals")
        if len(words) != _COLUMNS:
            raise file.at(number, 1, f"got {len(words)} word(s), expected `value i j k l`: the line is damaged or the file was cut off")
        indices = [int(word) if _INDEX.fullmatch(word) else norb + 1 for word in words[1:]]
        if max(indices) > norb:
            raise file.at(number, 1, f"got the indices {' '.join(words[1:])[:40]!r}, expected four integers from 0 to NORB = {norb}")
        i, j, k, l = indices  # noqa: E741 - the format's own names
        if (not i and any(indices)) or (not j and (k or l)) or (not k) != (not l):
            raise file.at(number, 1, f"the indices {i} {j} {k} {l} mean nothing, expected i j k l, i j 0 0, i 0 0 0 or 0 0 0 0")
        yield number, _value(file, number, words[0]), (i, j, k, l)


def _value(file: TextFile, number: int, word: str) -> float:
    match = _NUMBER.fullmatch(word)
    # Fortran writes 1.0D-05, and 1.0-105 where the exponent has three digits.
    value = float(f"{match[1]}e{match[2] or match[3] or 0}") if match else math.nan
    if not math.isfinite(value):
        raise file.at(number, 1, f"got {word[:40]!r}, expected a finite real number such as 0.367 or 1.0D-05")
    return value


def _store(file: TextFile, row: Row, one_body: NDArray[np.float64], two_body: NDArray[np.float64]) -> None:
    """Put an integral at all of its equivalent places."""
    number, value, indices = row
    p, q, r, s = (index - 1 for index in indices)
    known = one_body[p, q] if r < 0 else two_body[p, q, r, s]
    if abs(known - value) > _TWICE:
        raise file.at(number, 1, f"the integral {indices} is {value!r} here and was {float(known)!r} before, expected each once")
    if r < 0:
        one_body[p, q] = one_body[q, p] = value
        return
    for (a, b), (c, d) in (((p, q), (r, s)), ((r, s), (p, q))):
        two_body[a, b, c, d] = two_body[b, a, c, d] = two_body[a, b, d, c] = two_body[b, a, d, c] = value


def _after_the_constant(line: int) -> str:
    return (
        f"there are further integrals after the constant energy `value 0 0 0 0` of line {line}, expected it once and last: "
        "for an unrestricted calculation use one set of orbitals; else move that line to the end, which shows that the file is whole"
    )
