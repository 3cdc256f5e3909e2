"""Which entries of the ledger somebody sees, as `desk_entries.sql` asks it; `Viewer` says the same of one."""

from regaudit.ledger.people import Held
from regaudit.outlets.desk.viewer import CASES, Viewer

_KNOWING = CASES - {"analyst"}
"""Who sees what an entry is about that was referred to others, unless it is about him."""


def scope_of(viewer: Viewer) -> dict[str, object]:
    """What a viewer sees of the ledger, as parameters of the query.

    `offices` are those of which he sees all entries, `knows` those of whose referred ones he sees what they
    are about; the empty one is all. `sections` are office and section that he heads, `own_sections` those in
    which he handles, `OFFICE/`: all, `OFFICE/?`: what nobody knows the section of. `own` is
    whose matters he sees wherever they are: what is about him, or was given to him.
    """
    return {
        "person": viewer.user.person_id,
        "own": viewer.user.person_id if viewer.takes_steps else "",
        "offices": sorted({held.office for held in viewer.held if held.role in CASES}),
        "knows": sorted({held.office for held in viewer.held if held.role in _KNOWING}),
        "sections": sorted(place for held in viewer.held if held.role == "head" for place in _places(held)),
        "own_sections": sorted(
            f"{held.office}/{held.section}" for held in viewer.held if held.role == "handler" and held.section
        ),
    }


def _places(held: Held) -> set[str]:
    return {f"{held.office}/{held.section}", f"{held.office}/?"} if held.section else {f"{held.office}/"}


def turns_of(viewer: Viewer) -> list[str]:
    """The roles of a viewer as the query compares them with whose turn an entry is."""
    return sorted({f"{held.role}:{place}" for held in viewer.held for place in _places(held)})
