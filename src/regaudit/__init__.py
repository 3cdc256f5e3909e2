"""Audits the step logs of real-estate registration centres."""

__version__ = "0.1.0"
