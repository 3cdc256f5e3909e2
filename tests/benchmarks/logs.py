"""The same rows as CSV and as an event log (XES): what that costs a whole preview and a whole import."""

import os
import subprocess
import sys
import time
from pathlib import Path
from xml.sax.saxutils import quoteattr

import polars as pl

COMMAND = [sys.executable, "-c", "from regaudit.cli import main; main()"]
KEYS = {
    "step": "concept:name",
    "occurred_at": "time:timestamp",
    "account": "org:resource",
    "result": "result",
}
MAPPING = """
[columns]
case_no = "case:concept:name"
step = "concept:name"
occurred_at = "time:timestamp"
account = "org:resource"
[constants]
office = "150602"
"""


def figures(steps: Path, folder: Path, rows: int) -> list[tuple[str, str]]:
    """Ratios of wall-clock and CPU seconds, XES to CSV; `rows` of the steps are written both ways."""
    (folder / "log.toml").write_text(MAPPING, encoding="utf-8")
    taken = pl.read_csv(steps, infer_schema=False).head(rows).select("case_no", *KEYS).fill_null("")
    taken.rename({"case_no": "case:concept:name", **KEYS}).write_csv(folder / "log.csv")
    _write_log(taken, folder / "log.xes")
    told = []
    for command in ("preview", "import"):
        csv, xes = (_seconds(command, folder / f"log.{suffix}", folder) for suffix in ("csv", "xes"))
        ratios = f"{xes[0] / csv[0]:.1f}× wall, {xes[1] / csv[1]:.1f}× CPU"
        told.append((f"{command} of XES against the same as CSV", ratios))
    return told


def _write_log(rows: pl.DataFrame, path: Path) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.write("<log>\n")
        for (case_no,), events in rows.group_by("case_no", maintain_order=True):
            out.write(f'<trace><string key="concept:name" value={quoteattr(str(case_no))}/>\n')
            for event in events.iter_rows(named=True):
                values = (
                    f'<string key="{key}" value={quoteattr(event[name])}/>' for name, key in KEYS.items()
                )
                out.write(f"<event>{''.join(values)}</event>\n")
            out.write("</trace>\n")
        out.write("</log>\n")


def _seconds(command: str, path: Path, folder: Path) -> tuple[float, float]:
    """Wall-clock and CPU seconds of a command in a new workspace."""
    home = folder / f"{command}-{path.suffix[1:]}"
    subprocess.run([*COMMAND, "init", str(home)], check=True, stdout=subprocess.DEVNULL)
    words = [command, str(path), "--mapping", str(folder / "log.toml"), "--home", str(home)]
    started = time.perf_counter()
    with subprocess.Popen([*COMMAND, *words], stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)}: exit status {process.returncode}")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime
