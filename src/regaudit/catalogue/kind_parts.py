"""What the file of a kind of export says apart from its columns: vanished rows, two writings, guesses."""

from msgspec import Struct


class Vanished(Struct, frozen=True, forbid_unknown_fields=True):
    """The event for a row that an export lacks of a period it claims to cover.

    Its fields are the columns of the stream, the kind's `id`, `position` (of the event that recorded the row)
    and `import_no`.
    """

    topic: str
    position: str


class Same(Struct, frozen=True, forbid_unknown_fields=True):
    """The columns in which two writings of one action may differ.

    `time` may be written less exactly (to the minute, to the day); `login` in another case, absent beside the
    same `name`, or another of the same person.
    """

    time: str
    login: str
    name: str


class Guess(Struct, frozen=True, forbid_unknown_fields=True):
    """What a draft of a mapping looks at, by column.

    `usual` has names that platforms give, `looks` a pattern of its cells. A column of `needed` (as every time
    and name) is none without the looks; one of `repeating` has few values, one of `varying` not just one.
    `never` has patterns of names that a column cannot have: a planned date is no time of an action. One of
    `changing` is not the same on all rows of a case: then it is the case's, and tells nobody who acted.
    """

    usual: dict[str, list[str]] = {}
    looks: dict[str, str] = {}
    needed: list[str] = []
    repeating: list[str] = []
    varying: list[str] = []
    never: dict[str, str] = {}
    changing: list[str] = []
