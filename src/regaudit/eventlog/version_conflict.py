"""What a store refuses because somebody was faster, told from whatever else it refuses."""

from collections.abc import Iterator
from contextlib import contextmanager

from eventsourcing.persistence import IntegrityError

# As SQLite names columns, and PostgreSQL the rule over them.
_NAMES = ("stored_events.originator_version", "originator_version_key")


class VersionTakenError(IntegrityError):
    """A recorder was given an event whose version its stream has already."""


@contextmanager
def noticing_conflicts() -> Iterator[None]:
    """While events are stored.

    Raises:
        VersionTakenError: a version is taken.
    """
    try:
        yield
    except IntegrityError as error:
        if any(name in str(error) for name in _NAMES):
            raise VersionTakenError from error
        raise
