"""What goes wrong with mails, told to the person who must put it right."""

from regaudit.base.errors import RegauditError


class MailError(RegauditError):
    """A mail could not be written or sent; the message says what to do and never holds the password."""


class AllRefusedError(MailError):
    """The server took a mail for nobody, and said so of each recipient.

    Attributes:
        put_off: its answer for those refused for now.
        refused: its answer for those refused for good.
    """

    def __init__(
        self, message: str, put_off: dict[str, tuple[int, bytes]], refused: dict[str, tuple[int, bytes]]
    ) -> None:
        super().__init__(message)
        self.put_off, self.refused = put_off, refused
