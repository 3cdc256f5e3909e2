"""Makes the log of a workspace, and its first key."""

from pathlib import Path
from typing import cast

from eventsourcing.persistence import PersistenceError

from regaudit.base.errors import LogError, UsageError
from regaudit.base.folders import Folders
from regaudit.base.settings import Store
from regaudit.eventlog.proven_log import FORMAT
from regaudit.eventlog.sqlite.recorder import AppendOnlyRecorder
from regaudit.eventlog.stores import advice, open_store
from regaudit.eventlog.tree import keys
from regaudit.eventlog.tree.merkle import hasher
from regaudit.eventlog.tree.notes import Checkpoint, Signer, is_key_name, sign_note


def make_log(home: Path, *, origin: str = "", hash_name: str = "sha256", store: Store | None = None) -> None:
    """Make the log of a workspace with its keys; one whose making was cut off is finished, a whole one kept.

    Args:
        home: an existing folder.
        origin: the centre's name in checkpoints; without one it is made from the public key.
        hash_name: one of `merkle.HASHES`.
        store: where it is to be; without it, where the settings say, or SQLite.

    Raises:
        UsageError: the origin has white space or a plus sign in it.
        LogError: it is no event log or cannot be written.
        KeyFileError: there is a private key that cannot be read.
    """
    if origin and not is_key_name(origin):
        raise UsageError(f"--origin {origin!r} 不可用:不应有空白和加号")
    application, place = open_store(home, store, is_new=True)
    recorder = cast("AppendOnlyRecorder", application.recorder)
    try:
        path = Folders(home).keys / keys.PRIVATE
        if recorder.facts() or recorder.max_notification_id():
            if not path.exists() and not Folders(home).log.exists():
                raise LogError(f"{place} 中已有事件日志,不是本工作区的:请另取一个模式名(store.schema)")
            return
        private = keys.read_key(path) if path.exists() else keys.make_key(home, keys.PRIVATE)
        name = origin or f"regaudit-{private.public_key().public_bytes_raw()[:4].hex()}"
        signer = Signer(name, private)
        keys.write_public(home, [signer.verifier])
        empty = Checkpoint(name, 0, hasher(hash_name).root([]), hash_name)
        recorder.write_facts(
            {"format": FORMAT, "hash": hash_name, "origin": name, "key": signer.verifier.text()},
            sign_note(empty.text(), [signer]),
        )
    except PersistenceError as error:
        raise LogError(f"事件日志 {place} 无法建立:{error}。{advice(error)}") from error
    finally:
        application.close()
