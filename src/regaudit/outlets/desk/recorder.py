"""Hands the access record over to the log while the pages are served."""

import threading

from regaudit.base.errors import RegauditError
from regaudit.base.failures import STORAGE_ERRORS
from regaudit.outlets.desk.desk import Desk

_LOOK = 1.0


class Recorder:
    """A thread that puts waiting lines into the log: after some seconds, or when they are many."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._ends = desk, threading.Event()
        self._thread = threading.Thread(target=self._run, name="access record", daemon=True)

    def __enter__(self) -> "Recorder":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def hand_over(self) -> None:
        """Hand over what waits; what the log does not take now waits on."""
        desk = self._desk
        try:
            desk.access.hand_over(desk.steps.record_access, desk.settings.desk.access_lines)
        except (RegauditError, *STORAGE_ERRORS):
            return

    def _run(self) -> None:
        settings, waited = self._desk.settings.desk, 0.0
        while not self._ends.wait(_LOOK):
            waited += _LOOK
            if waited >= settings.access_seconds or self._desk.access.count() >= settings.access_lines:
                self.hand_over()
                waited = 0.0
        self.hand_over()
