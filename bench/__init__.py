"""Benchmarks, run by `make bench`. They print measurements next to the goals, and never fail."""
