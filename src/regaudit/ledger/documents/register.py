"""Makes the documents of entries, archives them, and records them: each is an event of its entry.

They are made after the step that they come with, outside the lock of an append: a step waits for no document,
and what is missing on a machine keeps no step from being taken.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from threading import get_ident

from msgspec import Struct
from msgspec.structs import replace

from regaudit.base.archive import archive_content, restore, safe_name
from regaudit.base.archive_id import archive_id
from regaudit.base.errors import RefusedFileError, UnreadableFileError
from regaudit.base.folders import Folders
from regaudit.base.in_place import put_in_place
from regaudit.base.press import NoPressError
from regaudit.catalogue.event_types import EntryDocumented
from regaudit.eventlog.tree.notes import parse_checkpoint
from regaudit.ledger.clocks import clocks_of
from regaudit.ledger.documents.exhibits import SHOWN, Exhibits
from regaudit.ledger.documents.frozen import Frozen
from regaudit.ledger.documents.kinds import REFERRED, check_made, is_urged, kind_of, needed_kind, same
from regaudit.ledger.documents.paper import paper
from regaudit.ledger.documents.sheets import sheet
from regaudit.ledger.documents.wording import SERIES, Kind
from regaudit.ledger.entry import Entry
from regaudit.ledger.people import read_people
from regaudit.ledger.request import Author
from regaudit.ledger.rights import RefusedStepError
from regaudit.ledger.service import Ledger
from regaudit.ledger.states import Light

_TRIES = 3


class Made(Struct, frozen=True, kw_only=True):
    """A document of an entry: its number, hash, the PDF's path; `is_new` where it was not there before."""

    entry: str
    kind: str
    document_no: str
    sha256: str
    path: Path
    is_new: bool


class _TakenError(Exception):
    """Somebody made a document of the same number meanwhile."""


class Register:
    """The documents of a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._log = ledger, ledger.log
        self._folders = Folders(ledger.home)
        self._exhibits = Exhibits(self._log)

    def make(self, wanted: Mapping[str, Kind | None], author: Author) -> list[Made]:
        """The documents of some entries, one each, made where they are not there yet.

        Args:
            wanted: the kind by the entry's number; None: that of its last step that comes with one.
            author: who has them made; of the night, the login is empty.

        Raises:
            RefusedStepError: an entry has no such document (Chinese); nothing was made.
            NoPressError: typst or a font is missing.
            RefusedFileError: a document that was made cannot be made again.
            LogError: nothing was stored.
        """
        for _ in range(_TRIES):
            try:
                return self._make(wanted, author)
            except _TakenError:
                continue
        raise RefusedStepError("别人同时在为同一项制作文书:请稍后重试")

    def unmade(self, entries: Iterable[Entry]) -> dict[str, Kind]:
        """Entries whose last step comes with a document that was never made, with its kind."""
        found: dict[str, Kind] = {}
        for entry in entries:
            kind = kind_of(entry)
            if kind and entry.now.state != REFERRED and same(entry, kind) is None:
                found[entry.number] = kind
        return found

    def urgent(self, entries: Iterable[Entry]) -> dict[str, Kind]:
        """Entries whose light calls for an urge that was not made yet, with its kind."""
        found: dict[str, Kind] = {}
        for entry in entries:
            light = self._light(entry)
            if not entry.is_final and is_urged(light) and same(entry, "urge", light) is None:
                found[entry.number] = "urge"
        return found

    def content(self, entry: Entry, document: EntryDocumented) -> bytes:
        """The PDF of a document: its archived copy, or made again from the log.

        Raises:
            RefusedFileError: there is no copy, and what is made again is not the same.
            NoPressError: it would have to be made again, and typst or a font is missing.
        """
        try:
            return self._archived(document.sha256)
        except UnreadableFileError:
            raise
        except RefusedFileError as error:
            pdf = self._set(entry, document)
            if sha256(pdf).hexdigest() != document.sha256:
                raise RefusedFileError(
                    f"{error}。重新制作的 {document.document_no} 与当时的不同:当时由 {document.maker} 制作,"
                    f"本机是 {paper().maker}"
                ) from error
        # A copy that is no longer what it was would be taken for the one that is there.
        (self._folders.archive / f"{document.sha256}.zst").unlink(missing_ok=True)
        archive_content(pdf, self._folders.archive, by=_draft())
        return pdf

    def _make(self, wanted: Mapping[str, Kind | None], author: Author) -> list[Made]:
        entries = self._ledger.entries(wanted)
        known: dict[str, EntryDocumented] = {}
        drafts: dict[str, tuple[EntryDocumented, bytes]] = {}
        frozen: Frozen | None = None
        for number, kind in wanted.items():
            entry = entries.get(number)
            if entry is None:
                raise RefusedStepError(f"台账中没有 {number} 这一项")
            found = kind or needed_kind(entry)
            check_made(entry, found)
            document = same(entry, found, self._light(entry))
            if document is not None:
                known[number] = document
                continue
            frozen = frozen or self._frozen(author)
            draft = frozen.draft(entry, found, _next_no(entry, found))
            pdf = self._set(entry, draft)
            digest = archive_content(pdf, self._folders.archive, by=_draft())
            drafts[number] = replace(draft, sha256=digest, size=len(pdf)), pdf
        self._record(drafts)
        made = []
        for number in wanted:
            document, pdf = drafts.get(number) or (
                known[number],
                self.content(entries[number], known[number]),
            )
            path = self._put(document.document_no, pdf)
            made.append(
                Made(
                    entry=number,
                    kind=document.kind,
                    document_no=document.document_no,
                    sha256=document.sha256,
                    path=path,
                    is_new=number in drafts,
                )
            )
        return made

    def _light(self, entry: Entry) -> Light:
        measure = self._ledger.calendars.of(entry.opened.office)
        return clocks_of(entry, measure).light(self._ledger.workspace.now().date())

    def _frozen(self, author: Author) -> Frozen:
        size, note = self._log.last_checkpoint()
        return Frozen(
            author=author,
            settings=self._ledger.workspace.settings,
            calendars=self._ledger.calendars,
            people=read_people(self._log),
            at=self._ledger.workspace.now(),
            checkpoint_size=size,
            checkpoint=parse_checkpoint(note).fingerprint(),
            maker=paper().maker,
            archive=archive_id(self._ledger.home),
        )

    def _record(self, drafts: Mapping[str, tuple[EntryDocumented, bytes]]) -> None:
        """Store the events of new documents, in one transaction.

        Raises:
            _TakenError: one of the numbers is no longer free.
        """

        def make() -> Sequence[EntryDocumented]:
            events, entries = [], self._ledger.entries(drafts)
            for number, (draft, _) in drafts.items():
                entry = entries[number]
                if any(document.document_no == draft.document_no for document in entry.documents):
                    raise _TakenError
                events.append(replace(draft, originator_version=entry.version + 1))
            return events

        if drafts:
            self._log.append_next(make)

    def _set(self, entry: Entry, document: EntryDocumented) -> bytes:
        then = Entry(entry.number, (e for e in entry.history if e.originator_version <= document.of_version))
        evidence = {(e.position, e.role) for e in then.opened.evidence}
        evidence |= {(e.position, e.role) for note in then.notes for e in note.evidence}
        left_out = max(len({position for position, _ in evidence}) - SHOWN, 0)
        facts = sheet(then, document, self._exhibits.of(evidence), left_out)
        return paper().set(facts, datetime.fromisoformat(document.made_at))

    def _archived(self, digest: str) -> bytes:
        draft = self._folders.documents / f".{_draft()}{digest}"
        draft.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        restore(self._folders.archive, digest, draft)
        try:
            return draft.read_bytes()
        finally:
            draft.unlink()

    def _put(self, document_no: str, pdf: bytes) -> Path:
        """A copy for people, whole or not at all."""
        path = self._folders.documents / f"{safe_name(document_no)}.pdf"
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{_draft()}{path.name}")
        draft.write_bytes(pdf)
        put_in_place(draft, path)
        return path


def papers_of(ledger: Ledger, wanted: Mapping[str, Kind | None], author: Author) -> tuple[list[Made], str]:
    """The documents that come with steps just taken; where none can be made, why, and what to do (Chinese).

    Raises:
        LogError: they could not be recorded; the steps are.
    """
    try:
        return Register(ledger).make(wanted, author), ""
    except (NoPressError, RefusedFileError) as error:
        return [], f"办理已经记入,文书没有制作:{error}"


def _next_no(entry: Entry, kind: Kind) -> str:
    number = sum(document.kind == kind for document in entry.documents) + 1
    return f"{entry.number}-{SERIES[kind]}-{number}"


def _draft() -> str:
    """Part of the names of drafts in the archive: two threads of one process write their own."""
    return f"step-{get_ident()}-"
