"""Every path of a workspace, by what lies there."""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

SETTINGS_FILE = "regaudit.toml"
LOG_FILE = "events.sqlite"
MARK_FILE = "log.checkpoint"
NUMBERS_FILE = "ledger.numbers"
VERIFIED_FILE = "log.verified"
DATABASE = "regaudit.duckdb"
SECRETS_FILE = "desk.sqlite"
RUN_LOCK = "regaudit.lock"
IMPORT_LOCK = "import.lock"
APPEND_LOCK = "append.lock"
RESIDENT_LOCK = "schedule.lock"
FETCHED = "import-"
"""What the folders in `.work` begin with that hold what a query fetched: exports, if only for a moment."""
_LOCKS = (RUN_LOCK, IMPORT_LOCK, APPEND_LOCK, RESIDENT_LOCK)
_OWN = frozenset((".work", "archive", "outbox", "keys", "calendar", "profiles", "reports", *_LOCKS))
_OWN_BEGINNINGS = (
    *(SETTINGS_FILE, LOG_FILE, MARK_FILE, NUMBERS_FILE, VERIFIED_FILE, DATABASE, SECRETS_FILE),
)
"""Files of databases have others beside them: `-wal`, `-shm`, `.wal`."""
_EDITED = (SETTINGS_FILE, "calendar", "profiles", "quarantine")


class Folders(Struct, frozen=True):
    """The paths of the workspace at `home`; none of them is made by being named."""

    home: Path

    @property
    def settings(self) -> Path:
        """What the user decides: `regaudit.toml`."""
        return self.home / SETTINGS_FILE

    @property
    def log(self) -> Path:
        """The event log, unless the settings name a server."""
        return self.home / LOG_FILE

    @property
    def mark(self) -> Path:
        """The last checkpoint that this workspace wrote into the log, wherever that is."""
        return self.home / MARK_FILE

    @property
    def numbers(self) -> Path:
        """The highest numbers that this workspace gave to entries of the ledger."""
        return self.home / NUMBERS_FILE

    @property
    def verified(self) -> Path:
        """What the last verification said."""
        return self.home / VERIFIED_FILE

    @property
    def secrets(self) -> Path:
        """Password hashes, second factors and sessions of users."""
        return self.home / SECRETS_FILE

    @property
    def documents(self) -> Path:
        """Documents of the ledger."""
        return self.reports / "ledger"

    @property
    def database(self) -> Path:
        """The published database that analysts open."""
        return self.home / DATABASE

    @property
    def archive(self) -> Path:
        """Every imported file, compressed, named by its SHA-256."""
        return self.home / "archive"

    @property
    def quarantine(self) -> Path:
        """Rejected rows, a file an import."""
        return self.home / "quarantine"

    @property
    def outbox(self) -> Path:
        """Mails that no server took."""
        return self.home / "outbox"

    @property
    def reports(self) -> Path:
        """What is too large for a mail."""
        return self.home / "reports"

    @property
    def keys(self) -> Path:
        """What the log's checkpoints are signed with."""
        return self.home / "keys"

    @property
    def public_key(self) -> Path:
        """Every public key of the log, for whoever wants to check it."""
        return self.keys / "log.pub"

    @property
    def calendar(self) -> Path:
        """Years of working days that the centre imported."""
        return self.home / "calendar"

    @property
    def profiles(self) -> Path:
        """The centre's own profiles."""
        return self.home / "profiles"

    @property
    def work(self) -> Path:
        """What can be thrown away and made again."""
        return self.home / ".work"

    @property
    def warehouse(self) -> Path:
        """The private tables that the night computes with."""
        return self.work / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """The private copy of the published tables that the next night follows on."""
        return self.work / "published.duckdb"

    def own_entries(self) -> Iterator[Path]:
        """What there is under `home` that is the workspace's own, `quarantine/` too."""
        for entry in sorted(self.home.iterdir()):
            name = entry.name.removesuffix(".json")
            if name in _OWN or name == self.quarantine.name or name.startswith(_OWN_BEGINNINGS):
                yield entry

    def is_edited(self, path: Path) -> bool:
        """Whether people edit it with programs of their own, or it is in a folder of such files."""
        return path != self.home and path.relative_to(self.home).parts[0] in _EDITED

    def owner_of(self, path: Path) -> str | None:
        """The name under `home` of what belongs to the workspace itself, where `path` is or leads to it.

        Exports may lie beside it, and corrected quarantine files come back from `quarantine/`.
        """
        home, real = self.home.resolve(), path.resolve()
        if real == home or home.is_relative_to(real):
            return str(home)
        if not real.is_relative_to(home):
            return None
        first, *below = real.relative_to(home).parts
        if first == ".work" and below and below[0].startswith(FETCHED):
            return None
        is_own = first in _OWN or first.startswith(_OWN_BEGINNINGS)
        return first if is_own else None
