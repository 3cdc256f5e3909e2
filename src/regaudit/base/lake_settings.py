"""Whither each night carries what it has."""

from msgspec import Struct


class LakeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The lake of a province.

    Attributes:
        path: a folder, relative to the workspace, or an address such as `s3://bucket/lake`, to which each
            night adds what is new of the log; empty: nights add to none.
    """

    path: str = ""
