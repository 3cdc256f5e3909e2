"""Changes one thing of the rules' SQL at a time, and tells which changes no test notices.

The cases of `tests/rules` are run without any change first, and their warehouses kept in `.mutants`. A change
is tried in those: a case whose table stays the same row by row cannot notice it. Where it differs the case is
run with the change, those of the nearest rule first, and the first that fails has killed it. What all cases
let live is tried on the property tests, and late-entry on its journey. No file of the projections is touched.

`--again FILE` tries those that lived by what an earlier run printed into that file: after a case was written.
`tools/mutants-equal.toml` lists changes after which the SQL still says the same, and why: they are not tried.
"""

import argparse
import random
import re
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import duckdb
from msgspec import Struct
from mutant_trials import OF_RESULTS, ROOT, Mutant, Trials
from sql_mutations import mutations

from regaudit.catalogue.sqlfile import load_sql_files, result_texts

EQUAL = ROOT / "tools" / "mutants-equal.toml"
WANTED_SHARE = 0.97


class Equal(Struct, frozen=True, forbid_unknown_fields=True):
    """A change after which the SQL says the same, and why."""

    file: str
    before: str
    after: str
    why: str
    nth: int = 1


def selects() -> dict[str, str]:
    """The SELECTs to change, by file."""
    found = {f"{f.layer}/{f.name}.sql": f.select for f in load_sql_files() if f.layer in ("core", "findings")}
    return found | {f"results/{name}.sql": result_texts()[name] for name in OF_RESULTS}


def all_mutants(texts: dict[str, str]) -> list[Mutant]:
    """Every change of every file."""
    return [Mutant(file, texts[file], one) for file in sorted(texts) for one in mutations(texts[file])]


def chosen(known: Sequence[Mutant], seed: int) -> list[Mutant]:
    """They in the order in which a seed tries them."""
    return random.Random(seed).sample(known, len(known))  # noqa: S311 - no secret


def equals(known: Sequence[Mutant], path: Path = EQUAL) -> set[Mutant]:
    """Those that are known to say the same.

    Raises:
        ValueError: an entry names a change that cannot be made, or one that another names.
    """
    by_words = {(m.file, m.mutation.before, m.mutation.after, m.mutation.nth): m for m in known}
    entries = [Equal(**entry) for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("equal", [])]
    found = set()
    for entry in entries:
        mutant = by_words.pop((entry.file, entry.before, entry.after, entry.nth), None)
        if mutant is None or not entry.why.strip():
            raise ValueError(f"{path.name}: no such change, or twice, or without why: {entry}")
        found.add(mutant)
    return found


def main() -> int:
    """Try some; returns 1 where too many live."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--number", type=int, default=300, help="how many are tried (300)")
    arguments.add_argument("--seed", type=int, default=1, help="which ones (1)")
    arguments.add_argument("--again", type=Path, help="of those alone that lived by what this file says")
    arguments.add_argument("files", nargs="*", help="of these files alone: core/cases.sql")
    given = arguments.parse_args()
    texts = selects()
    known = all_mutants(texts)
    equal = equals(known)
    wanted = [mutant for mutant in known if mutant.file in (given.files or texts)]
    if given.again:
        lived = survivors(given.again.read_text(encoding="utf-8"))
        wanted = [mutant for mutant in wanted if words_of(mutant) in lived]
    fates: Counter[str] = Counter()
    trials = Trials()
    for mutant in chosen(wanted, given.seed):
        if fates["killed"] + fates["LIVED"] == given.number:
            break
        begun = time.process_time()
        fate, by = _fate(trials, mutant, equal)
        fates[fate] += 1
        print(f"{words_of(mutant)}\n  {fate}{by} [{time.process_time() - begun:.1f} s]", flush=True)
    return _sum_up(fates)


def survivors(printed: str) -> set[str]:
    """Those that lived, in the words in which they were printed."""
    return {*re.findall(r"^(\S.*\n  - .*\n  \+ .*)\n  LIVED", printed, re.MULTILINE)}


def _fate(trials: Trials, mutant: Mutant, equal: set[Mutant]) -> tuple[str, str]:
    if mutant in equal:
        return "equal", ""
    try:
        killer = trials.killer(mutant)
    except duckdb.Error as error:
        return "invalid", f": {str(error).splitlines()[0]}"
    except TimeoutError as error:
        return "killed", f": {error}"
    return ("LIVED", "") if killer is None else ("killed", f" by {killer}")


def words_of(mutant: Mutant) -> str:
    """How a change is printed."""
    one = mutant.mutation
    nth = f" ({one.nth})" if one.nth > 1 else ""
    return f"{mutant.file} {one.kind}{nth}\n  - {one.before}\n  + {one.after}"


def _sum_up(fates: Counter[str]) -> int:
    tried = fates["killed"] + fates["LIVED"]
    share = fates["killed"] / tried if tried else 1.0
    print(
        f"{tried} tried, {fates['killed']} killed ({share:.1%}), {fates['LIVED']} lived; "
        f"not counted: {fates['equal']} equal, {fates['invalid']} invalid"
    )
    return int(share < WANTED_SHARE)


if __name__ == "__main__":
    sys.exit(main())
