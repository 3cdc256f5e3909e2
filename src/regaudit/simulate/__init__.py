"""Synthetic registration platforms with known truth, for demonstrations, back-tests and benchmarks."""

from regaudit.simulate.generate import RULES, RULES_OFF, Simulation, simulate
from regaudit.simulate.reexport import RULES_REEXPORT
from regaudit.simulate.shapes import ALL, CANONICAL, SHAPES

__all__ = ["ALL", "CANONICAL", "RULES", "RULES_OFF", "RULES_REEXPORT", "SHAPES", "Simulation", "simulate"]
