"""What an examination says."""

from typing import Literal

from msgspec import Struct

Status = Literal["ok", "note", "warning", "failed"]


class Check(Struct, frozen=True, kw_only=True):
    """One thing that was looked at.

    Attributes:
        check: its name for programs.
        title: its name for people (Chinese).
        status: `ok`; `note`, what is optional and not there; `warning`, what works and should be mended;
            `failed`, what regaudit cannot work with.
        found: what is there (Chinese).
        advice: what to do; empty where nothing is to be done.
    """

    check: str
    title: str
    status: Status
    found: str
    advice: str = ""


def judged(check: str, title: str, *, wrong: Status | None, found: str, advice: str) -> Check:
    """A check whose advice is for where something is wrong: how gravely, or None."""
    return Check(check=check, title=title, status=wrong or "ok", found=found, advice=advice if wrong else "")
