"""The tools that make archives, and archives without wheels."""

from pathlib import Path

from tooling import tool

ROOT = Path(__file__).resolve().parents[1]


WHEELS, BUNDLE = tool("wheels"), tool("bundle")
EVERY = [WHEELS.Platform(name, python) for name in WHEELS.PLATFORMS for python in BUNDLE.PYTHONS]
