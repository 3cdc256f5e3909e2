"""Which archive holds a copy: workspaces on several machines may share a log and not their archives.

A random id lies in the archive itself, so that workspaces that share the archive have the same, and one that
is moved or restored with its archive keeps it. A log in a file has one workspace, and no id.
"""

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from regaudit.base.archive import sync_folder
from regaudit.base.folders import Folders
from regaudit.base.in_place import put_in_place
from regaudit.base.settings import load_store

ID_FILE = "id"
_BYTES = 8
_FORM = re.compile(r"[0-9a-f]{16}\n")


def archive_id(home: Path) -> str:
    """The id of a workspace's archive, made where there is none; empty where the log is a file.

    Raises:
        OSError: it cannot be written.
    """
    if not load_store(home).url:
        return ""
    if known := known_archive_id(home):
        return known
    folder = Folders(home).archive
    folder.mkdir(exist_ok=True)
    path, draft = folder / ID_FILE, folder / f".incoming-run-{os.getpid()}.{ID_FILE}"
    with draft.open("w", encoding="ascii", newline="\n") as file:
        file.write(f"{secrets.token_hex(_BYTES)}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        # Another machine that shares the archive may be faster: then its id is the archive's.
        with suppress(OSError):
            os.link(draft, path)
        if not known_archive_id(home):
            put_in_place(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(folder)
    return known_archive_id(home)


def known_archive_id(home: Path) -> str:
    """The id of a workspace's archive; empty where there is none, or the log is a file."""
    if not load_store(home).url:
        return ""
    try:
        text = (Folders(home).archive / ID_FILE).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""
    return text.strip() if _FORM.fullmatch(text) else ""
