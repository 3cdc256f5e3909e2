"""The files of an entry: attachments and documents as they were archived, new documents, and its proof."""

from pathlib import Path
from tempfile import TemporaryDirectory

from starlette.requests import Request
from starlette.responses import Response

from regaudit.base.archive import restore, safe_name
from regaudit.base.folders import Folders
from regaudit.catalogue.event_types import EntryDocumented, EntryOpened, EntryStepped
from regaudit.ledger.documents.wording import KINDS
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.doors import Room
from regaudit.outlets.desk.downloads import ANY, PDF, download
from regaudit.outlets.desk.entry_page import is_withheld
from regaudit.outlets.desk.pages import missing, moved
from regaudit.outlets.desk.rooms.entry import makes_documents, seen_entry, supervises
from regaudit.outlets.desk.rooms.ledger import ROOM
from regaudit.outlets.desk.viewer import Viewer


def attachment(request: Request) -> Response:
    """A file that was attached to a step which the viewer reads."""
    desk: Desk = request.app.state.desk
    seen = seen_entry(request)
    if seen is None or not seen.reads:
        return missing(request)
    wanted = request.path_params["sha256"]
    is_supervisor = supervises(request, seen)
    for event in seen.entry.history:
        if not isinstance(event, EntryOpened | EntryStepped):
            continue
        if isinstance(event, EntryStepped) and is_withheld(event, seen.entry, is_supervisor=is_supervisor):
            continue
        for each in event.attachments:
            if each.sha256 == wanted:
                return download(_archived(desk.home, wanted), each.name, ANY)
    return missing(request)


def document(request: Request) -> Response:
    """A document of it as it was made."""
    desk: Desk = request.app.state.desk
    seen = seen_entry(request)
    if seen is None or not seen.is_open:
        return missing(request)
    wanted = request.path_params["sha256"]
    for event in seen.entry.history:
        if isinstance(event, EntryDocumented) and event.sha256 == wanted:
            return download(_archived(desk.home, wanted), f"{safe_name(event.document_no)}.pdf", PDF)
    return missing(request)


def make_document(request: Request) -> Response:
    """Make a document of it that was not made yet."""
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    seen = seen_entry(request)
    kind = next((kind for kind in KINDS if kind == request.state.form.get("kind")), None)
    if seen is None or not seen.is_open or kind is None or not makes_documents(viewer, seen.entry):
        return missing(request)
    desk.steps.documents({seen.entry.number: kind}, desk.author(viewer.login))
    return moved(f"/ledger/{seen.entry.number}?made={kind}#files")


def proof(request: Request) -> Response:
    """The proof of it, which has everything that anybody wrote."""
    desk: Desk = request.app.state.desk
    seen = seen_entry(request)
    if seen is None or not seen.is_open or not supervises(request, seen):
        return missing(request)
    number = seen.entry.number
    return download(desk.steps.prove(number), f"{safe_name(number)}-证明.json", "application/json")


def _archived(home: Path, sha256: str) -> bytes:
    """An archived file.

    Raises:
        RefusedFileError: the archive has it no longer, or changed.
    """
    with TemporaryDirectory(prefix="regaudit-shown-") as folder:
        target = Path(folder) / sha256
        restore(Folders(home).archive, sha256, target)
        return target.read_bytes()


ROOMS: list[Room] = []
routes = [
    ROOM.get("/ledger/{number}/attachments/{sha256}", attachment),
    ROOM.get("/ledger/{number}/documents/{sha256}", document),
    ROOM.post("/ledger/{number}/documents", make_document, who=lambda viewer: viewer.takes_steps),
    ROOM.get("/ledger/{number}/proof", proof),
]
