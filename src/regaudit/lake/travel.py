"""Which events leave their workspace, and in which form.

Findings need what exports brought, what nights were and what they found. Who may use the ledger, what was
done in it, who looked at what and who was mailed stays where it is: of these events the lake has the leaf
hash alone, enough for the root and for nothing else.
"""

from collections.abc import Iterable
from hashlib import sha256

import pyarrow as pa
import pyarrow.compute as pc

from regaudit.eventlog.batches import LEAFED_SCHEMA

TRAVEL = frozenset(
    (
        *("step-recorded", "step-altered", "step-extended", "step-vanished", "roster-entry-recorded"),
        *("import-recorded", "rows-rejected", "quarantine-dismissed"),
        *("export-missed", "export-delivered", "office-silent"),
        *("run-completed", "night-withdrawn", "key-introduced"),
        *("finding-opened", "finding-changed", "finding-gone", "finding-reopened"),
        *("inspection-frozen", "inspection-drawn", "inspection-examined", "report-made"),
    )
)
"""The topics of events that travel whole."""
STAY = frozenset(
    (
        *("user-added", "user-locked", "role-granted", "role-ended", "deputy-named", "secret-changed"),
        *("entry-opened", "entry-noted", "entry-stepped", "entry-documented", "ledger-begun"),
        *("access-recorded", "original-shown", "mismatch-acknowledged"),
        *("mail-sent", "mail-kept"),
        # Both name the mail addresses and users that somebody changed.
        *("settings-changed", "night-judged"),
    )
)
"""The topics of events that travel as leaf hashes; so does every topic that stands in neither list."""
_TOLD = ("originator_id", "originator_version", "topic", "state")


def travelling(events: pa.Table) -> pa.Table:
    """Events of `batches.LEAFED_SCHEMA` as the lake has them: of those that stay, position and leaf."""
    travels = pc.is_in(events.column("topic"), pa.array(sorted(TRAVEL)))
    columns = [
        pc.if_else(travels, events.column(name), None) if name in _TOLD else events.column(name)
        for name in LEAFED_SCHEMA.names
    ]
    return pa.table(columns, schema=LEAFED_SCHEMA)


def hidden_digest(events: Iterable[pa.Table | pa.RecordBatch]) -> str:
    """SHA-256 over the positions of the events that are a hash alone, eight bytes each, in order."""
    digest = sha256()
    for some in events:
        hidden = some.column("position").filter(pc.is_null(some.column("topic")))
        digest.update(b"".join(position.to_bytes(8, "little") for position in hidden.to_pylist()))
    return digest.hexdigest()
