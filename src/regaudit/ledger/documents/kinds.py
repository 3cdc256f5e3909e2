"""Which documents an entry has or lacks."""

from regaudit.catalogue.event_types import EntryDocumented
from regaudit.ledger.documents.wording import KINDS, Kind
from regaudit.ledger.entry import Entry
from regaudit.ledger.rights import RefusedStepError
from regaudit.ledger.states import LIGHTS, Light

REFERRED = "referred"
"""The state of entries that nobody is shown any more."""
_URGED_FROM: Light = "yellow"
_LIGHTS = list(LIGHTS)


def is_urged(light: Light) -> bool:
    """Whether somebody is urged with a light."""
    return _LIGHTS.index(light) >= _LIGHTS.index(_URGED_FROM)


def kind_of(entry: Entry) -> Kind | None:
    """The kind of document that its last step comes with which comes with one; None where none does."""
    kinds = (kind for step in reversed(entry.steps) for kind in KINDS if kind == step.step)
    return next(kinds, None)


def needed_kind(entry: Entry) -> Kind:
    """As `kind_of`.

    Raises:
        RefusedStepError: no step of it comes with a document.
    """
    kind = kind_of(entry)
    if kind is None:
        raise RefusedStepError(f"{entry.number} 还没有交办,没有文书可以制作")
    return kind


def check_made(entry: Entry, kind: Kind) -> None:
    """Refuse a document that an entry cannot have.

    Raises:
        RefusedStepError: its step was not taken, or nobody is shown the entry any more.
    """
    if entry.now.state == REFERRED:
        raise RefusedStepError(f"{entry.number} 已移交,不再制作或重印文书")
    if not version_of(entry, kind):
        raise RefusedStepError(f"{entry.number} 没有{KINDS[kind]}:尚未作出相应的办理")


def version_of(entry: Entry, kind: Kind) -> int:
    """Up to which version of an entry a document tells: its step's, of an urge the last; 0 without a step."""
    if kind == "urge":
        return entry.told_version
    return next((step.originator_version for step in reversed(entry.steps) if step.step == kind), 0)


def same(entry: Entry, kind: Kind, light: Light = "none") -> EntryDocumented | None:
    """The document of this kind that was made already.

    An urge is the same as long as the light is and the entry has not moved on to another state.
    """
    for document in reversed(entry.documents):
        if document.kind != kind:
            continue
        if kind == "urge":
            return (
                document if document.light == light and _since(entry, document) == entry.now.since else None
            )
        if document.of_version == version_of(entry, kind):
            return document
    return None


def _since(entry: Entry, document: EntryDocumented) -> object:
    """When the entry came into the state in which it was urged."""
    then = Entry(entry.number, (e for e in entry.history if e.originator_version <= document.of_version))
    return then.now.since
