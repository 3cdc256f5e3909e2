"""Forms that were sent after their session had ended: kept, and offered after the next login."""

from io import BytesIO

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.requests import Request

from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.sessions import KeptFile, KeptForm

_OWN = "_"


def keep_sent(desk: Desk, login: str, request: Request, form: FormData) -> None:
    """Keep a form of a user, with its files."""
    fields = [
        (name, value)
        for name, value in form.multi_items()
        if isinstance(value, str) and not name.startswith(_OWN)
    ]
    files = [
        KeptFile(name, value.filename or "", value.file.read())
        for name, value in form.multi_items()
        if isinstance(value, UploadFile) and value.size
    ]
    desk.sessions.keep_form(login, request.url.path, fields, files, desk.now())


def kept_form(desk: Desk, login: str, form_id: str) -> KeptForm | None:
    """A kept form of a user."""
    return next((kept for kept in desk.sessions.kept_forms(login) if kept.form_id == form_id), None)


def restored(kept: KeptForm) -> FormData:
    """A kept form as it was sent."""
    files = [
        (
            file.field,
            UploadFile(BytesIO(file.content), size=len(file.content), filename=file.name, headers=Headers()),
        )
        for file in kept.files
    ]
    return FormData([*kept.fields, *files])
