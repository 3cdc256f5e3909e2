"""An office's digest as the letter that the post office delivers."""

from collections.abc import Callable

from regaudit.base.settings import Settings
from regaudit.outlets.mail.compose import route_for
from regaudit.outlets.mail.digest import Digest
from regaudit.outlets.mail.letters import NO_RECIPIENT, Letter, Posting
from regaudit.outlets.mail.render import digest_fingerprint, message_id, render
from regaudit.outlets.mail.workbook import Book


def office_letter(
    digest: Digest, settings: Settings, *, run_no: int, book: Callable[[], Book | None]
) -> Letter:
    """The mail of an office.

    Args:
        digest: what to tell.
        settings: of the workspace.
        run_no: the night's run; 0 where the persons were not mailed before.
        book: makes the workbook that is enclosed, when the mail is made.
    """
    route = route_for(digest.office, settings)
    # Whoever heard of the office until a setting changed hears that it did.
    former = digest.report.former_recipients.get(digest.office, [])
    told = [*route.to, *(address for address in former if address not in route.to)]
    recipients, night, mail = told or [NO_RECIPIENT], digest.report.on, settings.mail
    key = "\n".join([route.name, *recipients])
    identity = message_id(digest.office, key, night, digest_fingerprint(digest))
    return Letter(
        posting=Posting(night=f"{night}", office=digest.office, run_no=run_no),
        night=night,
        to=told,
        identity=identity,
        name=digest.office,
        make=lambda sent_at: render(
            digest,
            sender=mail.sender,
            to=recipients,
            prefix=mail.subject_prefix,
            message_id=identity,
            sent_at=sent_at,
            book=book(),
        ),
    )
