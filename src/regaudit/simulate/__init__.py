"""Synthetic registration platforms with known truth, for demonstrations, back-tests and benchmarks."""

from regaudit.simulate.generate import RULES, Simulation, simulate

__all__ = ["RULES", "Simulation", "simulate"]
