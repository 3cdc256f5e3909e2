"""What goes wrong with mails, told to the person who must put it right."""

from regaudit.base.errors import RegauditError


class MailError(RegauditError):
    """A mail could not be written or sent; the message says what to do and never holds the password."""


class PartlyRefusedError(MailError):
    """The server took the mail for some recipients and refused it for others.

    The mail is delivered to the others: sending it again would reach them twice.

    Attributes:
        refused: the addresses that were refused.
    """

    def __init__(self, message: str, refused: list[str]) -> None:
        super().__init__(message)
        self.refused = refused
