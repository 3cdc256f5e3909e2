"""Reports as tests ask for them: made by the command, read from the files that it names."""

import json
import subprocess
from pathlib import Path
from typing import Any

import needs
from conftest import Desk

from regaudit.base.press import NoPressError
from regaudit.outlets.reports.report_paper import report_press

SAMPLE = Path(__file__).parents[1] / "sample_logs"


def need_press() -> None:
    """End the test where no report can be set."""
    try:
        report_press()
    except NoPressError as error:
        (needs.FONT if "字体" in str(error) else needs.TYPST).lack()


def sample_desk(home: Path) -> Desk:
    """The workspace of the sample logs after one night behind their quarter."""
    need_press()
    desk = Desk(home).make()
    desk.ok("nightly", SAMPLE / "roster.csv", SAMPLE / "steps.csv", "--as-of", "2026-04-03")
    return desk


def made(desk: Desk, *words: str) -> dict[str, dict[str, Any]]:
    """What `report` says of each report, by office."""
    return {told["office"]: told for told in desk.facts("report", *words)}


def facts_of(told: dict[str, Any]) -> dict[str, Any]:
    """What the JSON of a report says."""
    facts: dict[str, Any] = json.loads(Path(told["paths"]["json"]).read_text(encoding="utf-8"))
    return facts


def files_of(told: dict[str, Any]) -> dict[str, bytes]:
    """The files of a report."""
    return {kind: Path(path).read_bytes() for kind, path in told["paths"].items()}


def pdf_text(path: str) -> str:
    """The text of a PDF, without white space."""
    tool = needs.program("pdftotext", needs.PDF)
    done = subprocess.run([tool, "-raw", path, "-"], capture_output=True, text=True, check=True)
    return "".join(done.stdout.split()).replace("\u200b", "")
