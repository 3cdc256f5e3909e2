"""The forms of a draw as files: one workbook, and a PDF a case where this machine can set them."""

from pathlib import Path

from msgspec import Struct

from regaudit.base.archive import safe_name
from regaudit.base.press import NoPressError
from regaudit.base.settings import Settings
from regaudit.catalogue.profiles import Profile
from regaudit.ledger.people import People
from regaudit.ledger.workbook import keep_workbook
from regaudit.outlets.database import AnalystDatabase
from regaudit.outlets.inspection.form_paper import form_press, set_form
from regaudit.outlets.inspection.form_sheet import make_forms
from regaudit.outlets.inspection.forms import FormHead, heads_of
from regaudit.outlets.inspection.inspections import Form, Inspection


class Exported(Struct, frozen=True, kw_only=True):
    """What was written; `unset` (Chinese): why there are no PDFs."""

    workbook: Path
    forms: int
    papers: list[Path]
    unset: str = ""


def export_forms(
    home: Path, inspection: Inspection, path: Path, *, settings: Settings, profile: Profile, people: People
) -> Exported:
    """Write the forms of the draw in force: the workbook, and the PDFs into a folder of its name beside it.

    Raises:
        RegauditError: nothing was drawn, nothing is published, or a file cannot be written.
    """
    inspection.needed_draw()
    with AnalystDatabase(home) as db:
        heads = heads_of(db.rows, settings, inspection, inspection.forms())
    path.parent.mkdir(parents=True, exist_ok=True)
    keep_workbook(make_forms(heads), path)
    try:
        form_press()
    except NoPressError as error:
        return Exported(workbook=path, forms=len(heads), papers=[], unset=str(error))
    folder = path.with_suffix("")
    folder.mkdir(exist_ok=True)
    papers = []
    for head in heads:
        paper = folder / f"{safe_name(head.form.number)}.pdf"
        keep_workbook(set_paper(head, profile, people), paper)
        papers.append(paper)
    return Exported(workbook=path, forms=len(heads), papers=papers)


def set_paper(head: FormHead, profile: Profile, people: People) -> bytes:
    """The PDF of a form, with the name of who examined it.

    Raises:
        NoPressError: typst or a font is missing.
    """
    return set_form(head, profile.inspection.grades, inspector=inspector_of(head.form, people))


def inspector_of(form: Form, people: People) -> str:
    """Who examined a form, by name; empty: nobody yet."""
    if form.examined is None:
        return ""
    user = people.get(form.examined.by)
    return (user.person_name if user else "") or form.examined.by
