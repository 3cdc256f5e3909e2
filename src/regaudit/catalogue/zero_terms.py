"""What a profile says of the zero return (六不准 零报告): which rule speaks against which prohibition."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

_Text = Annotated[str, Meta(min_length=1)]

REPORTS = {"monthly": "质量监管报告", "zero": "六不准零报告"}
"""The kinds of reports."""
DECLARATIONS = {"zero": "零报告", "nonzero": "非零报告"}
"""What the return on prohibitions may be signed as."""


class Ban(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is forbidden, as a notice says it; an entry of the rule contradicts a zero.

    Attributes:
        ban: the prohibition (Chinese); several rules may have the same one.
        basis: where it stands.
        verbatim: whether these are the words of the place's own prohibitions; false where nobody read those.
    """

    ban: _Text
    basis: _Text
    verbatim: bool = True


def rules_by_ban(bans: Mapping[str, Ban]) -> dict[str, tuple[Ban, list[str]]]:
    """The prohibitions in the order of the profile, each with its rules."""
    found: dict[str, tuple[Ban, list[str]]] = {}
    for rule, ban in bans.items():
        found.setdefault(ban.ban, (ban, []))[1].append(rule)
    return found
