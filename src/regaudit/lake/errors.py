"""What can be wrong with a lake or with a log in it."""

from regaudit.base.errors import RegauditError


class LakeError(RegauditError):
    """The lake cannot be read or written, or must not be added to."""


class BrokenLogError(RegauditError):
    """A log in the lake is not what its checkpoint says; `state` is the code of what is wrong with it."""

    def __init__(self, state: str, told: str) -> None:
        self.state = state
        super().__init__(told)
