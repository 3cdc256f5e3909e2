"""What a kind of export says of one of its canonical columns."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Form = Literal["text", "id", "name", "code", "time", "date"]


class Column(Struct, frozen=True, forbid_unknown_fields=True, rename={"form": "is"}):
    """A canonical column of a kind.

    Attributes:
        names: its Chinese names; the first is its title.
        form: what stands in it. `id` is a number that identifies: digits and letters that an input method
            left in full width are made ordinary. `name` is a person's. Of a `code` the vocabulary lists the
            values and their Chinese names. A `time` may be a date alone; a `date` never has a time.
        required: a row without it is rejected.
        unless: by column, a code: rows that have any of them may lack this one.
        printable: a row with a control character in it is rejected.
        literal: `0`, `/`, `-` and `无` mean themselves; elsewhere they are blank.
        without: a text that must not stand in it.
        not_before: a date or time column that this one must not precede.
        listed: a value that the vocabulary does not list is rejected; else it stays as it is.
        decides: rules hang on what it says: values that nobody knows are counted and told with each import.
        any_case: codes are known in capitals, too.
        identifies: as `id` in that a row is rejected whose cell a spreadsheet has spoilt; its text stays.
        open_ended: a date so far off that it means no end (`9999-12-31`), or a word for it (长期), is blank.
        narrow: as `id`, for codes that are numbers.
        shared: where one row stands for several actions, each of them has it.
        added: it came when there were logs already: a known row that a later export fills it of is the same
            row, told more fully, and no other content of it.
    """

    names: Annotated[list[str], Meta(min_length=1)]
    form: Form = "text"
    required: bool = False
    unless: dict[str, str] = {}
    printable: bool = False
    literal: bool = False
    without: str = ""
    not_before: str = ""
    listed: bool = False
    decides: bool = False
    any_case: bool = False
    identifies: bool = False
    open_ended: bool = False
    narrow: bool = False
    shared: bool = False
    added: bool = False

    @property
    def title(self) -> str:
        """What people call it."""
        return self.names[0]

    @property
    def is_moment(self) -> bool:
        """Whether it is a time or a date."""
        return self.form in ("time", "date")

    @property
    def is_identifier(self) -> bool:
        """Whether it is compared and never counted, so that a cut number makes one of many."""
        return self.identifies or self.form == "id"

    @property
    def is_narrow(self) -> bool:
        """Whether full-width digits and letters in it are made ordinary."""
        return self.narrow or self.form == "id"
