"""How the platform says no: a status, and errors with a code, as its REST interface writes them."""

from __future__ import annotations

from typing import Any

SOLUTIONS = "https://quantum.cloud.ibm.com/docs/errors"


class Refused(Exception):
    """A request that the platform refuses.

    Args:
        status: Of HTTP.
        code: In IBM's registry of error codes.
        message: What is wrong.
        solution: What to do about it.
        retry_after: Seconds for the header of that name; None for no such header.
    """

    def __init__(self, status: int, code: int, message: str, *, solution: str = "", retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.solution = solution
        self.retry_after = retry_after

    def body(self, trace: str) -> dict[str, Any]:
        """The JSON that the client puts into its exceptions."""
        error = {"code": self.code, "message": self.message, "solution": self.solution, "more_info": f"{SOLUTIONS}#{self.code}"}
        return {"errors": [error], "trace": trace}
