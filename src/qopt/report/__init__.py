"""Everything that a person sees of a run: progress, tables, CSV, figures. Reads journals and results; measures and records nothing.

Import the modules themselves: `list` and `show` are to answer before qiskit or matplotlib could be imported.
"""
