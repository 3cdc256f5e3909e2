"""A registration centre whose nights are in order, for somebody to attack: its log is a file.

Two offices work every day. The platform exports each day as an archive of two tables; a mapping reads it. One
case is late and stands on the ledger, so that there is something to get rid of; the last night was green.
"""

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from conftest import Desk, as_csv, ordinary_case, step

# The Monday before is the day of the first cases; a case of that day is due on 03-09.
FIRST, SECOND, LAST, NIGHT, NEXT = "2026-03-09", "2026-03-10", "2026-03-11", "2026-03-12", "2026-03-13"
DAYS = [f"2026-03-{day:02}" for day in (2, 3, 4, 5, 6, 9)]
OFFICES = ("150602", "150603")
NAMES = ("li", "wang", "zhao")
MAIN, REVIEWS = "受理登簿", "审核"
"""The two tables of an export."""
TITLES = {
    "case_no": "业务编码",
    "office": "办理区县",
    "step": "环节代码",
    "occurred_at": "完成时刻",
    "started_at": "开始时刻",
    "account": "登录名",
    "operator": "经办人",
    "registration_type": "业务大类",
    "right_type": "权利大类",
    "pause_kind": "挂起种类",
    "result": "办理结论",
    "reason": "缘由",
    "batch_no": "打包编号",
    "terminal": "终端地址",
    "serial_no": "证书编号",
}
MAPPING = 'title = "平台"\n[columns]\n' + "".join(f'{ours} = "{theirs}"\n' for ours, theirs in TITLES.items())
SETTINGS = """
[[sources]]
name = "平台"
path = "exports/*"
mapping = "mappings/platform.toml"
due = "20:00"

[[sources]]
name = "名册"
path = "roster.csv"

[[offices]]
office = "150602"
name = "东胜区中心"

[[offices]]
office = "150603"
name = "康巴什中心"

[[mail.routes]]
office = "150602"
to = ["east@example.org"]

[[mail.routes]]
office = "*"
to = ["post@example.org"]
"""
Row = dict[str, str]
OPEN = [
    row
    for case, day in (("L1", "2026-03-02"), ("L2", "2026-03-05"))
    for row in (
        step(case, "accept", f"{day} 09:00:00", "li2", registration_type="200"),
        step(case, "review", f"{day} 10:00:00", "wang2", started_at=f"{day} 09:50:00"),
    )
]
"""Two cases that are not booked: one is late from the second night on, one will be on the night after."""
ALONE = [
    row
    for case, second in (("G1", "li2"), ("G2", "lb2"))
    for row in (
        step(case, "accept", f"{FIRST} 09:00:00", "li2", registration_type="200"),
        step(case, "review", f"{FIRST} 10:00:00", second, started_at=f"{FIRST} 09:50:00"),
        step(case, "book", f"{FIRST} 11:00:00", second),
    )
]
"""Two cases of one person alone: with one account, and with two."""


def work(day: str) -> list[Row]:
    """A day of both offices: some cases each, accepted, reviewed and booked by three persons."""
    short = day[-2:]
    return [
        {**row, "office": office, "account": f"{row['account']}{office[-1]}"}
        for office in OFFICES
        for number in range(2)
        for row in ordinary_case(f"{office[-1]}{short}{number}", day)
    ]


def roster() -> list[Row]:
    """Whose the accounts are: every one a person's of the centre."""
    people = {f"{name}{office[-1]}": (f"{name}{office[-1]}", office) for office in OFFICES for name in NAMES}
    people["lb2"] = ("li2", "150602")
    return [
        {
            "account": account,
            "person_id": f"P-{name}",
            "person_name": name,
            "office": office,
            "org_kind": "center",
            "valid_from": "2026-01-01",
        }
        for account, (name, office) in people.items()
    ]


@dataclass(frozen=True)
class Told:
    """What a night told: its light, its reasons, and all texts beside them."""

    light: str
    because: list[dict[str, Any]]
    beside: str = ""

    def texts(self, code: str) -> str:
        """What is said under a code, and what changed."""
        return "\n".join(r["text"] for r in self.because if r["code"] == code) + "\n" + self.beside


@dataclass
class Centre:
    """A copy of the centre, before the night that somebody attacks.

    Attributes:
        rows: the export of the night: may be changed.
        tables: its tables by name, made of rows: may be replaced.
    """

    desk: Desk
    rows: list[Row] = field(default_factory=lambda: work(NIGHT))
    titles: dict[str, str] = field(default_factory=lambda: dict(TITLES))
    members: Callable[[dict[str, bytes]], dict[str, bytes]] = lambda members: members

    @property
    def home(self) -> Path:
        return self.desk.home

    def settings(self, old: str, new: str) -> None:
        """Edit `regaudit.toml`."""
        replaced(self.home / "regaudit.toml", old, new)

    def add_settings(self, text: str) -> None:
        path = self.home / "regaudit.toml"
        path.write_text(f"{path.read_text('utf-8')}\n{text}\n", "utf-8")

    def case(self, number: str, *, office: str = "150602", day: str = NIGHT) -> list[Row]:
        """A case of the night in which nothing is wrong."""
        mine = [
            {**row, "office": office, "account": f"{row['account']}{office[-1]}"}
            for row in ordinary_case(number, day)
        ]
        self.rows += mine
        return mine

    def guilty(self, number: str = "X1") -> list[Row]:
        """A case that one person accepted, reviewed and booked."""
        mine = self.case(number)
        for row in mine:
            row["account"] = "li2"
        return mine

    def deliver(self, day: str = NIGHT, rows: Sequence[Row] | None = None) -> Path:
        """Put an export where the platform does."""
        tables = as_tables(self.rows if rows is None else rows, self.titles)
        return archive(self.home / "exports" / f"{day}.zip", self.members(tables))

    def night(self, as_of: str = NIGHT, *words: str | Path) -> Told:
        """Run a night with what lies there."""
        facts = self.desk.run("nightly", *words, "--as-of", as_of, "--json").facts
        changes = []
        if (self.home / "regaudit.duckdb").exists() and not facts["failures"]:
            changes = self.desk.query(
                f"SELECT what, old, new FROM setting_changes WHERE night = '{as_of[:10]}'"
            )
        beside = "\n".join(" ".join(map(str, change)) for change in changes)
        return Told(facts["light"], facts["because"], beside)

    def usual(self, day: str) -> Told:
        """A day as always and its night."""
        self.deliver(day, work(day))
        return self.night(day)

    def found(self, rule: str) -> list[Any]:
        """The cases, or accounts, of the findings of a rule that are not gone."""
        found = self.desk.query(
            f"SELECT coalesce(case_no, account) FROM findings WHERE rule = '{rule}' AND state <> 'gone'"
        )
        return [subject for (subject,) in found]


def as_tables(rows: Sequence[Row], titles: dict[str, str]) -> dict[str, bytes]:
    """An export's members: a table of reviews, and one of all else."""
    named = [{titles[column]: row.get(column, "") for column in titles} for row in rows]
    reviews = [row for row, own in zip(named, rows, strict=True) if own["step"] == "review"]
    others = [row for row, own in zip(named, rows, strict=True) if own["step"] != "review"]
    return {f"{MAIN}.csv": as_csv(others).encode(), f"{REVIEWS}.csv": as_csv(reviews).encode()}


def archive(path: Path, members: dict[str, bytes]) -> Path:
    """Write a ZIP."""
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def replaced(path: Path, old: str, new: str) -> None:
    """Edit a text file in one place."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def make_centre(home: Path) -> Centre:
    """The centre after three nights: the late case was news on the second, the third was green."""
    centre = Centre(Desk(home).make("--origin", "centre.example"))
    (home / "mappings").mkdir()
    (home / "mappings" / "platform.toml").write_text(MAPPING, "utf-8")
    centre.desk.configure(SETTINGS)
    centre.desk.export("roster.csv", roster())
    centre.deliver(FIRST, [*OPEN, *ALONE, *(row for day in DAYS for row in work(day))])
    centre.night(FIRST)
    told = centre.usual(SECOND)
    assert [(r["code"], r["light"]) for r in told.because] == [("new", "red")], told
    told = centre.usual(LAST)
    assert told.light == "green", told
    return centre


def mail_text(path: Path) -> str:
    """Subject and text of a mail."""
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    assert body is not None
    return f"{message['Subject']}\n{message['To']}\n{body.get_content()}"
