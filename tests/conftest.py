"""What holds for every test: one thread of linear algebra each, no window, no account; how many examples a property gets."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Workers share the cores already, and threads of their own would only get in each other's way. Set before NumPy is imported.
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
os.environ["MPLBACKEND"] = "Agg"
# No test may reach a real account through what the environment of its author happens to hold.
for _name in [name for name in os.environ if name.startswith(("QISKIT_IBM_", "QOPT_"))]:
    del os.environ[_name]

# No deadline: a slow machine is no bug. Derandomized, so that a commit passes or fails for everybody alike.
settings.register_profile(
    "everyday", deadline=None, derandomize=True, max_examples=50, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("nightly", settings.get_profile("everyday"), derandomize=False, max_examples=2000)
settings.load_profile("everyday")
