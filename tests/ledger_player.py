"""Plays a simulated script: runs its nights, and lets its people act through the ledger's one door."""

import csv
from pathlib import Path
from typing import Any

from conftest import Desk
from ledger_staff import day, enlist, opened

from regaudit.ledger.clocks import clocks_of
from regaudit.ledger.entries import read_entries
from regaudit.ledger.request import Author, Request
from regaudit.ledger.rights import RefusedStepError
from regaudit.ledger.service import Ledger

Row = dict[str, str]


def rows_of(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def play(desk: Desk, folder: Path, as_of: str) -> list[str]:
    """Play it to its end; gives what went otherwise than the script says."""
    offices = {
        (row["login"], row["person_id"], row["role"]): row["office"] for row in rows_of(folder / "users.csv")
    }
    for office in sorted(set(offices.values())):
        enlist(
            desk,
            {login: (person, role) for (login, person, role), at in offices.items() if at == office},
            office,
        )
    deeds = rows_of(folder / "deeds.csv")
    exports = {path.stem: path for path in (folder / "later").glob("*.csv")}
    [end] = {row["night"] for row in rows_of(folder / "ledger_truth.csv")}
    wrong = []
    for night in sorted({as_of, end, *exports, *(deed["night"] for deed in deeds)}):
        files = [exports[night]] if night in exports else []
        if night == as_of:
            files = [folder / "roster.csv", folder / "steps.csv"]
        run = desk.run("nightly", *files, "--as-of", night)
        assert run.status in (0, 3), run
        wrong += [told for deed in deeds if deed["night"] == night for told in do(desk, deed)]
    return wrong


def of_matter(found: dict[str, Any], rule: str, subject: str) -> list[str]:
    """The entries of a rule and a subject, in order."""
    return [
        number
        for number, entry in found.items()
        if entry.opened.rule == rule and subject in (*entry.opened.case_nos, entry.opened.account)
    ]


def do(desk: Desk, deed: Row) -> list[str]:
    """Let it be done; gives what is wrong with it."""
    with opened(desk, deed["at"]) as workspace:
        numbers = of_matter(read_entries(workspace.log), deed["rule"], deed["subject"])
        if len(numbers) < int(deed["nth"]):
            return [f"no entry: {deed}"]
        request = Request(
            due=day(deed["due"]) if deed["due"] else None,
            step=deed["step"],
            verdict=deed["verdict"],
            to=deed["to"],
            kind=deed["kind"],
            text=deed["text"],
        )
        author = Author(login=deed["login"], door="command", system_user="t", machine="m")
        try:
            Ledger(workspace).take({numbers[int(deed["nth"]) - 1]: request}, author)
        except RefusedStepError as refused:
            return [] if deed["expected"] == "refused" else [f"{refused}: {deed}"]
        return [] if deed["expected"] == "taken" else [f"taken: {deed}"]


def against_truth(desk: Desk, folder: Path) -> list[str]:
    """Where state or light of an entry, in the log and as published, is another than the truth."""
    wrong = []
    published = {
        number: told for number, *told in desk.query("SELECT entry, state, light FROM ledger_entries")
    }
    with opened(desk) as workspace:
        entries = read_entries(workspace.log)
        measures = Ledger(workspace).calendars
    for row in rows_of(folder / "ledger_truth.csv"):
        numbers = of_matter(entries, row["rule"], row["subject"])
        wanted = [row["state"], row["light"]]
        if int(row["nth"]) > len(numbers):
            wrong.append(f"no entry: {row}")
            continue
        entry = entries[numbers[int(row["nth"]) - 1]]
        light = clocks_of(entry, measures.of(entry.opened.office)).light(day(row["night"]))
        if not [entry.now.state, light] == wanted == published[entry.number]:
            wrong.append(f"{entry.now.state} {light} {published[entry.number]}: {row}")
        if int(row["nth"]) > 1 and entry.opened.recurs_of != numbers[int(row["nth"]) - 2]:
            wrong.append(f"no relapse: {row}")
    return wrong
