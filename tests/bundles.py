"""The tools that make archives, and archives without wheels."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]


def _tool(name: str) -> ModuleType:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(ROOT / "tools"))


WHEELS, BUNDLE = _tool("wheels"), _tool("bundle")
EVERY = [WHEELS.Platform(name, python) for name in WHEELS.PLATFORMS for python in BUNDLE.PYTHONS]
