"""What an entry is after its events: documents beside its steps, and who took part in it."""

from documented import NUMBER, opened

from regaudit.catalogue.event_types import EntryDocumented, EntryStepped
from regaudit.ledger.entry import Entry, EntryEvent


def stepped(version: int, name: str, person: str, **facts: object) -> EntryStepped:
    told: dict[str, object] = {
        "at": f"2026-04-01T09:{version:02}:00",
        "recorded_at": f"2026-04-01T09:{version:02}:00",
        "by": person.lower(),
        "role": "post",
        "door": "command",
        "system_user": "regaudit",
        "machine": "centre-1",
        "seen_version": version - 1,
    }
    return EntryStepped(f"entry:{NUMBER}", version, step=name, person=person, **(told | facts))  # type: ignore[arg-type]


def documented(version: int, of_version: int) -> EntryDocumented:
    return EntryDocumented(
        f"entry:{NUMBER}",
        version,
        document_no=f"{NUMBER}-交办-1",
        kind="assign",
        of_version=of_version,
        sha256="0" * 64,
        size=1,
        made_at="2026-04-01T10:00:00",
        door="command",
        office_name="150602",
        checkpoint_size=3,
        checkpoint="0000 0000 0000 0000",
        maker="typst",
    )


def test_a_document_moves_the_version_and_nothing_else() -> None:
    events: list[EntryEvent] = [opened(), stepped(2, "assign", "P100", to="person:P001", kind="by_date")]
    before, after = Entry(NUMBER, events), Entry(NUMBER, [*events, documented(3, 2)])
    assert (before.version, before.told_version) == (2, 2)
    assert (after.version, after.told_version) == (3, 2)
    assert (after.now, after.steps) == (before.now, before.steps)
    assert [document.document_no for document in after.documents] == [f"{NUMBER}-交办-1"]


def test_who_corrected_and_who_was_corrected_took_part() -> None:
    entry = Entry(
        NUMBER,
        [
            opened(),
            stepped(2, "assign", "P100", to="person:P001", kind="by_date"),
            stepped(3, "correct", "P103"),
            stepped(4, "assign", "P101", to="person:P001", kind="by_date"),
        ],
    )
    assert entry.actors == {"P100", "P103", "P101"}
    assert [step.person for step in entry.steps] == ["P101"]
