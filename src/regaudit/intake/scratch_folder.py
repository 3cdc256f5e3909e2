"""Where a reader lays out archived files for a moment, beside whoever else works in the workspace."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock

from regaudit.base.folders import Folders

_SCRATCH, _IN_USE = "trace-", "trace.lock"


@contextmanager
def scratch_folder(home: Path) -> Iterator[Path]:
    """A folder in the workspace or, where one may only read there, in the system's place for such files.

    One in the workspace is locked for as long as it is used, see `clear_scratch`.
    """
    with ExitStack() as stack:
        try:
            Folders(home).work.mkdir(exist_ok=True)
            made = tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=Folders(home).work)
            folder = Path(stack.enter_context(made))
            stack.enter_context(FileLock(folder / _IN_USE).acquire(timeout=0))
        except OSError:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=_SCRATCH)))
        yield folder


def clear_scratch(home: Path) -> None:
    """Remove the folders of readers that were killed; one in use is locked."""
    for folder in Folders(home).work.glob(f"{_SCRATCH}*"):
        with suppress(OSError), FileLock(folder / _IN_USE).acquire(timeout=0):
            shutil.rmtree(folder, ignore_errors=True)
