"""The errors that a user can act on.

Every message is Chinese, names the file, row or column concerned and says what to do; the command line
prints it and exits with `exit_status`. Anything else that escapes is a defect of ours.
"""


class RegauditError(Exception):
    """A failure with a message for the user. The command exits with 1."""

    exit_status = 1


class UsageError(RegauditError):
    """The command's words are wrong: an unknown rule, profile or time. The command exits with 2."""

    exit_status = 2


class RefusedFileError(RegauditError):
    """A file as a whole cannot be imported: not a step log, unreadable, empty."""


class WorkspaceBusyError(RegauditError):
    """Another process writes in this workspace."""


class LogError(RegauditError):
    """The event log refused or failed a write; nothing of it was stored."""


class KeyFileError(RegauditError):
    """The private key that signs the log's checkpoints is missing, damaged or another log's."""


class MirrorMismatchError(RegauditError):
    """The warehouse's mirror differs from the event log it was copied from."""
