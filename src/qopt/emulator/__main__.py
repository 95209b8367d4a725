"""Makes `python -m qopt.emulator` the command."""

from qopt.emulator.cli import app

app(prog_name="qopt emulator")
