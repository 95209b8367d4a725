"""What a run will cost and how it should be sent: QPU time foretold, corrected by bills, and the mode that suits the work. No I/O."""

from qopt.planning.calibration import Bill, Calibration, Forecast, Wallet
from qopt.planning.cost import Extra, Timing, executions, job_seconds, timing_of
from qopt.planning.modes import Decision, PlanFacts, Work, decide

__all__ = [
    "Bill",
    "Calibration",
    "Decision",
    "Extra",
    "Forecast",
    "PlanFacts",
    "Timing",
    "Wallet",
    "Work",
    "decide",
    "executions",
    "job_seconds",
    "timing_of",
]
