"""What becomes of entries of the ledger: invented matters after the export, and what people do about them.

Everything happens on working days, which are numbers here: limits and lights are differences of numbers. The
truth holds under the limits that the ledger has where nobody sets others.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

Light = Literal["none", "blue", "yellow", "orange", "red"]
LIMITS = {"assign": 3, "answer": 3, "judge": 5, "demand": 3, "review": 5, "decide": 15}
"""Working days within which each is to be done."""
ONE_PERSON, ACCEPTED_AND_REVIEWED, LEFT = "one-person", "accept-review-same", "inactive-account"
SECTION = "登记科"
SPAN = 45
"""Working days after the export in which people act."""
STAFF = {
    "head": ("head",),
    "post": ("post",),
    "post2": ("post",),
    "post3": ("post",),
    "leader": ("leader",),
    "leader2": ("leader",),
    "superior": ("superior",),
    "double": ("head",),
    "double2": ("post",),
}
"""The logins of an office with their roles; those of one natural person begin alike with `double`."""


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What somebody does to an entry, or tries to.

    Attributes:
        day: number of the working day after the export.
        nth: which entry of its rule and subject, from 1.
        due: number of a working day; None: none is said.
        is_refused: he may not.
    """

    day: int
    login: str
    step: str
    nth: int = 1
    verdict: str = ""
    to: str = ""
    kind: str = ""
    due: int | None = None
    is_refused: bool = False


@dataclass
class Life:
    """A matter with its entries, from the day on which it happens.

    Attributes:
        opened: the day of its night; of a relapse, `again` is that of the next.
        ends: state and light of each of its entries on the last day.
    """

    name: str
    rule: str
    opened: int
    again: int | None = None
    deeds: list[Deed] = field(default_factory=list)
    ends: list[tuple[str, Light]] = field(default_factory=list)

    def do(self, day: int, login: str, step: str, **words: str | int | bool) -> None:
        """Let somebody do something so many days after it was opened."""
        self.deeds.append(Deed(day=self.opened + day, login=login, step=step, **words))  # type: ignore[arg-type]


def light_of(limit: str, since: int, *, due: int | None = None) -> Light:
    """The light on the last day of an entry whose limit runs since a day, or ends on `due`."""
    due = since + LIMITS[limit] if due is None else due
    missed = SPAN - due - 1
    if missed < 0:
        return "blue" if due - 1 <= SPAN else "none"
    pace: tuple[Light, ...] = ("yellow", "orange", "red", "red")
    if limit == "assign":
        pace = ("blue", "yellow", "orange", "red")
    return pace[min(missed // 3, 3)]


def higher(light: Light) -> Light:
    """The light of a relapse."""
    order: list[Light] = ["none", "blue", "yellow", "orange", "red"]
    return order[min(order.index(light) + 1, len(order) - 1)]


def lives() -> Iterator[Life]:
    """Each kind of life twice, the second ones some days later: their lights have come less far."""
    for number, tell in enumerate(_KINDS):
        for shift in (0, 6):
            opened = 1 + number % 5 + shift
            rule = (
                LEFT if tell is _relapses else (ONE_PERSON, ACCEPTED_AND_REVIEWED)[(number + shift // 6) % 2]
            )
            life = Life(tell.__name__.strip("_"), rule, opened)
            tell(life)
            yield life


def _until_demand(life: Life) -> int:
    """Up to the demand; gives its day."""
    life.do(1, "post", "assign", to=f"section:{SECTION}", kind="by_date")
    life.do(2, "head", "answer")
    life.do(4, "post", "judge", verdict="upheld")
    if life.rule != ACCEPTED_AND_REVIEWED:
        life.do(5, "post2", "judge", verdict="upheld", is_refused=True)
        life.do(5, "leader", "judge", verdict="upheld")
    life.do(6, "post", "demand", due=life.opened + 16)
    return 6


def _until_struck(life: Life) -> int:
    _until_demand(life)
    life.do(8, "head", "report")
    life.do(9, "post", "review", verdict="pass")
    life.do(10, "post", "strike", is_refused=True)
    life.do(10, "leader2", "strike")
    return 10


def _struck(life: Life) -> None:
    _until_struck(life)
    life.ends.append(("struck", "none"))


def _returned_twice(life: Life) -> None:
    _until_demand(life)
    for day in (8, 11):
        life.do(day, "head", "report")
        life.do(day + 1, "post", "review", verdict="return", due=SPAN + 5)
    life.ends.append(("rectifying", "orange"))


def _asks_thrice(life: Life) -> None:
    _until_demand(life)
    for number, day in enumerate((7, 9)):
        life.do(day, "head", "extend", verdict="ask", due=life.opened + 18 + 2 * number)
        life.do(day + 1, "leader", "extend", verdict="grant", due=life.opened + 18 + 2 * number)
    life.do(11, "head", "extend", verdict="ask", due=SPAN + 5)
    life.do(12, "leader", "extend", verdict="grant", is_refused=True)
    life.ends.append(("rectifying", "red"))


def _two_logins(life: Life) -> None:
    _until_demand(life)
    life.do(8, "double", "report")
    life.do(9, "double2", "review", verdict="pass", is_refused=True)
    life.ends.append(("rectified", light_of("review", life.opened + 8)))


def _never_assigned(life: Life) -> None:
    life.ends.append(("listed", light_of("assign", life.opened)))


def _silent(life: Life) -> None:
    life.do(22, "post", "assign", to=f"section:{SECTION}", kind="by_date")
    life.do(24, "post", "judge", verdict="upheld", is_refused=True)
    life.ends.append(("assigned", light_of("judge", life.opened + 22 + LIMITS["answer"])))


def _answered_lately(life: Life) -> None:
    lately = SPAN - 4 - life.opened % 4
    life.do(2, "post", "assign", to=f"section:{SECTION}", kind="by_date", due=lately)
    life.do(lately - life.opened, "head", "answer")
    life.ends.append(("answered", light_of("judge", lately)))


def _judged_in_silence(life: Life) -> None:
    life.do(1, "post", "assign", to=f"section:{SECTION}", kind="at_once")
    life.do(5, "post", "judge", verdict="unfounded")
    if life.rule != ACCEPTED_AND_REVIEWED:
        life.do(6, "leader", "judge", verdict="unfounded")
    life.ends.append(("unfounded", "none"))


def _disputed(life: Life) -> None:
    life.do(1, "post", "assign", to=f"section:{SECTION}", kind="by_date")
    life.do(3, "head", "dispute")
    life.do(5, "post2", "assign", to=f"section:{SECTION}", kind="by_date")
    life.do(6, "head", "dispute", is_refused=True)
    life.do(7, "head", "answer")
    life.ends.append(("answered", light_of("judge", life.opened + 7)))


def _appealed(life: Life) -> None:
    _until_demand(life)
    life.do(8, "head", "appeal")
    life.do(9, "leader", "decide", verdict="quashed", is_refused=life.rule != ACCEPTED_AND_REVIEWED)
    if life.rule != ACCEPTED_AND_REVIEWED:
        life.do(10, "superior", "decide", verdict="quashed")
    life.ends.append(("quashed", "none"))


def _appeals_late(life: Life) -> None:
    _until_struck(life)
    life.do(16, "head", "appeal")
    life.do(17, "leader2", "strike", is_refused=True)
    life.ends.append(("struck", light_of("decide", life.opened + 16)))


def _suspended(life: Life) -> None:
    life.do(1, "post", "assign", to=f"section:{SECTION}", kind="by_date")
    life.do(2, "leader", "suspend", due=SPAN - 5)
    life.do(3, "head", "answer", is_refused=True)
    life.ends.append(("suspended", light_of("judge", 0, due=SPAN - 5)))


def _resumed(life: Life) -> None:
    """Five days rest; the answer's limit, and the judge's after it, are so much later."""
    life.do(1, "post", "assign", to=f"section:{SECTION}", kind="by_date")
    life.do(2, "leader", "suspend", due=life.opened + 20)
    life.do(7, "leader", "resume")
    due = life.opened + 1 + LIMITS["answer"] + 5 + LIMITS["judge"]
    life.ends.append(("assigned", light_of("judge", 0, due=due)))


def _referred(life: Life) -> None:
    life.do(1, "post", "refer", to="纪检", is_refused=True)
    life.do(1, "leader", "refer", to="纪检")
    life.ends.append(("referred", "none"))


def _corrected(life: Life) -> None:
    _until_demand(life)
    life.do(7, "post2", "correct", is_refused=True)
    life.do(7, "leader", "correct")
    since = life.opened + (4 if life.rule == ACCEPTED_AND_REVIEWED else 5)
    life.ends.append(("upheld", light_of("demand", since)))


def _relapses(life: Life) -> None:
    _until_struck(life)
    life.again = life.opened + 14
    life.ends.append(("struck", "none"))
    life.deeds.append(
        Deed(day=life.again + 2, login="post", step="assign", nth=2, to=f"section:{SECTION}", kind="by_date")
    )
    life.deeds.append(Deed(day=life.again + 3, login="head", step="answer", nth=2))
    life.ends.append(("answered", higher(light_of("judge", life.again + 3))))


_KINDS: tuple[Callable[[Life], None], ...] = (
    *(_struck, _returned_twice, _asks_thrice, _two_logins, _never_assigned, _silent, _judged_in_silence),
    *(
        _answered_lately,
        _disputed,
        _appealed,
        _appeals_late,
        _suspended,
        _resumed,
        _referred,
        _corrected,
        _relapses,
    ),
)
