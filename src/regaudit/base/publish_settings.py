"""Whom the published database is handed to."""

from typing import Annotated

from msgspec import Meta, Struct


class Publish(Struct, frozen=True, forbid_unknown_fields=True):
    """Without either, the published database is the owner's alone.

    Attributes:
        group: a group of the system that may read it (0640).
        texts: what people wrote in the ledger is published, too: answers, reasons, appeals.
        path: where a copy of it is put as well, relative to the workspace; a folder of the analysts.
    """

    group: Annotated[str, Meta(pattern=r"^[^\s:/]*$")] = ""
    path: str = ""
    texts: bool = False
