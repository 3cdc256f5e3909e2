"""Puts a finished file in the place of another in one step, where the system lets us.

Windows does not, as long as any program has the old file open: a reader, a virus scanner, a backup. Most let
go in a moment, so it is tried again for a while.
"""

import os
import time
from itertools import count
from pathlib import Path

from regaudit.base.errors import is_in_use

_PATIENCE = 5.0
_LOOK = 0.1


def put_in_place(draft: Path, target: Path, *, patience: float = _PATIENCE) -> Path:
    """Rename a draft to its target, which it replaces; readers of the old file keep that.

    Args:
        draft: the finished file, on the same disk.
        target: its place.
        patience: for how many seconds it is tried again while another program has the target open.

    Returns:
        The target.

    Raises:
        OSError: it cannot be replaced; the draft and the old file are as they were.
    """
    for look in count():
        try:
            return draft.replace(target)
        except OSError as error:
            if not is_in_use(error) or look * _LOOK >= patience:
                raise
        time.sleep(_LOOK)
    raise AssertionError


def sync_file(path: Path) -> None:
    """Bring what was written into a file to the disk; Windows does so for files alone that may be written."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())
