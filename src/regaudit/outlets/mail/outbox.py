"""The `outbox/` folder: mails as whole `.eml` files, written before they are sent.

A file appears under its name only when all of it is on the disk. What a crash leaves behind is a temporary
file that `pending` does not list and the next `put` or `remove` deletes. One process at a time writes
here: the one that holds the workspace.
"""

import hashlib
import os
import unicodedata
from contextlib import suppress
from datetime import date
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from regaudit.base.archive import sync_folder
from regaudit.base.errors import reason_of
from regaudit.base.in_place import put_in_place
from regaudit.outlets.mail.errors import MailError

OFFICE_LENGTH = 40
KEY_LENGTH = 12
_TEMPORARY = ".tmp"


class Outbox:
    """The mails of a workspace that are not delivered, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, message: EmailMessage, *, night: date, office: str) -> Path:
        """Write `message` as `<night>-<office>-<key>.eml`; the same mail replaces itself.

        The key is taken from the Message-ID, which differs between nights, offices, routes and contents.

        Raises:
            MailError: the folder cannot be written; the message names it.
        """
        content = message.as_bytes()
        key = _key(str(message["Message-ID"] or "").encode() or content)
        path = self.folder / f"{night.isoformat()}-{file_name_part(office)}-{key}.eml"
        temporary = path.with_name(f".{path.name}{_TEMPORARY}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._clean()
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            put_in_place(temporary, path)
            sync_folder(self.folder)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise MailError(f"邮件无法写入 {path}:{reason_of(error)}。请检查磁盘空间和文件夹权限") from error
        return path

    def has(self, message_id: str) -> bool:
        """Whether a mail lies here."""
        return any(self.folder.glob(f"*-{_key(message_id.encode())}.eml"))

    def pending(self) -> list[Path]:
        """The mails that wait, the earliest night first."""
        return sorted(path for path in self.folder.glob("*.eml") if path.is_file() and path.name[0] != ".")

    def read(self, path: Path) -> tuple[EmailMessage, str]:
        """The mail in `path`, and the SHA-256 of the file.

        Raises:
            MailError: the file is gone or cannot be read.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise MailError(f"待发邮件 {path} 无法读取:{reason_of(error)}") from error
        return message_from_bytes(content, policy=SMTP), hashlib.sha256(content).hexdigest()

    def remove(self, path: Path) -> None:
        """Delete a mail that was delivered; one that is gone already is no error.

        Raises:
            MailError: the file cannot be deleted, so it would be sent again.
        """
        try:
            path.unlink(missing_ok=True)
            self._clean()
            if self.folder.is_dir():
                sync_folder(self.folder)
        except OSError as error:
            raise MailError(
                f"已发出的邮件 {path} 无法删除:{reason_of(error)}。请手工删除,以免重复发送"
            ) from error

    def _clean(self) -> None:
        """Delete what an interrupted `put` left."""
        for path in self.folder.glob(f".*{_TEMPORARY}"):
            path.unlink(missing_ok=True)


def _key(told: bytes) -> str:
    """What tells the mails of one night and office apart."""
    return hashlib.sha256(told).hexdigest()[:KEY_LENGTH]


def file_name_part(text: str) -> str:
    """`text` as part of a file name on any system: letters, digits, `-` and `_` of any script."""
    normal = unicodedata.normalize("NFC", text)
    kept = "".join(char if char.isalnum() or char in "-_" else "_" for char in normal)
    return kept[:OFFICE_LENGTH].strip("_") or "office"
