"""A process of its own that takes random steps and says of each, once it is stored, what it was told."""

import sys
from pathlib import Path
from random import Random
from typing import Any

from regaudit.ledger.entries import read_entries
from regaudit.ledger.request import Author, Request
from regaudit.ledger.rights import RefusedStepError
from regaudit.ledger.service import Ledger
from regaudit.operation.open import open_workspace

ACTS: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
    "listed": [("gang", "assign", {"to": "section:登记科", "kind": "by_date"})],
    "assigned": [("ke", "answer", {}), ("ke", "dispute", {}), ("zhu", "correct", {})],
    "disputed": [("gang", "assign", {"to": "section:登记科", "kind": "at_once"})],
    "answered": [("gang", "judge", {"verdict": "upheld"}), ("gang2", "correct", {})],
    "upheld": [("gang2", "demand", {}), ("zhu", "correct", {})],
    "rectifying": [("ke", "report", {}), ("zhu", "correct", {})],
    "rectified": [("gang3", "review", {"verdict": "return"}), ("gang3", "review", {"verdict": "pass"})],
    "passed": [("zhu2", "correct", {}), ("zhu2", "strike", {})],
    "struck": [("shang", "correct", {})],
}
ANYWHERE: list[tuple[str, str, dict[str, Any]]] = [("ke", "delay", {}), ("ke", "serve", {})]


def main() -> None:
    home, seed, number = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    chance = Random(seed)  # noqa: S311 - not for secrets
    with open_workspace(home, "ledger", locks=()) as workspace:
        ledger = Ledger(workspace)
        for _ in range(number):
            entries = read_entries(workspace.log)
            entry = entries[chance.choice(sorted(entries))]
            acts = [*ACTS[entry.now.state] * 3, *ANYWHERE]
            login, step, words = chance.choice(acts)
            request = Request(step=step, text="说明", **words)
            author = Author(login=login, door="command", system_user="t", machine="m")
            seen = {entry.number: entry.version}
            try:
                [done] = ledger.take({entry.number: request}, author, seen=seen)
            except RefusedStepError as refused:
                print("refused", entry.number, entry.version, step, str(refused), sep="\t", flush=True)
            else:
                print("done", entry.number, done.version, step, done.state, sep="\t", flush=True)


main()
