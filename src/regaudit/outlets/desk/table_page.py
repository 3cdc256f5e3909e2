"""The pages of a long table."""

from msgspec import Struct
from starlette.requests import Request

_MOST = 1_000_000


class Paging(Struct, frozen=True):
    """Which page of how many, and how many rows there are in all."""

    number: int
    pages: int
    total: int

    @classmethod
    def of(cls, number: int, total: int, size: int) -> "Paging":
        """The page of that number of `total` rows, `size` a page."""
        return cls(number, max(-(-total // size), 1), total)


def paging_of(request: Request) -> int:
    """The number of the page that is asked for; the first where none, or none that there can be."""
    text = request.query_params.get("page", "")
    return min(max(int(text), 1), _MOST) if text.isascii() and text.isdigit() and len(text) < 8 else 1  # noqa: PLR2004
