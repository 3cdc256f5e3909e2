"""The pages of a long table."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from starlette.requests import Request

_MOST = 1_000_000
Rows = list[dict[str, Any]]


class Paging(Struct, frozen=True):
    """Which page of how many, and how many rows there are in all."""

    number: int
    pages: int
    total: int

    @classmethod
    def of(cls, number: int, total: int, size: int) -> "Paging":
        """The page of that number of `total` rows, `size` a page."""
        return cls(number, max(-(-total // size), 1), total)


def page_of(number: int, size: int, ask: Callable[[int], Rows]) -> tuple[Rows, Paging]:
    """The rows of a page and where it is; of a number beyond the last the last.

    Args:
        number: what was asked for.
        size: rows of a page.
        ask: the rows behind so many others, each with the `total` of all.
    """
    rows = ask((number - 1) * size)
    if not rows and number > 1:
        first = ask(0)
        number = Paging.of(1, first[0]["total"] if first else 0, size).pages
        rows = first if number == 1 else ask((number - 1) * size)
    return rows, Paging.of(number, rows[0]["total"] if rows else 0, size)


def paging_of(request: Request) -> int:
    """The number of the page that is asked for; the first where none, or none that there can be."""
    text = request.query_params.get("page", "")
    return min(max(int(text), 1), _MOST) if text.isascii() and text.isdigit() and len(text) < 8 else 1  # noqa: PLR2004
