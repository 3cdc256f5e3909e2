"""What an inspector looks at in each case, as `projections/reference/inspection_items.csv` lists it."""

from functools import cache
from typing import Literal

import polars as pl
from msgspec import Struct, convert

from regaudit.catalogue.content import projections_dir


class InspectionItem(Struct, frozen=True):
    """An item of the form.

    Attributes:
        item: its name in events.
        title: Chinese.
        severity: of a fault: minor or major.
        basis: what says so.
        about: what is looked at (Chinese).
    """

    item: str
    title: str
    severity: Literal["minor", "major"]
    basis: str
    about: str


@cache
def inspection_items() -> dict[str, InspectionItem]:
    """Every item by its name, in the order of the form."""
    rows = pl.read_csv(
        projections_dir() / "reference" / "inspection_items.csv", infer_schema=False
    ).to_dicts()
    return {item.item: item for item in convert(rows, list[InspectionItem])}
