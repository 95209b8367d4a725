"""The contenders: one module each, imported in the contender's own environment alone.

A module has `PACKAGES`, whose versions are printed, and `prepare(problem, threads)`, which takes a problem of `instances.py` and returns a
solver: `energies(points)` for `(k, n)` points, and `gradient(point)`, the energy and its `(n,)` gradient, where the package has one. Each
module says how it maps the conventions of `instances.py` to its own; that energies and gradients agree is checked before anything is timed.
"""
