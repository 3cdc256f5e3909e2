"""What the archive has of the ledger, attachments and documents, is held against the log by `verify`."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from conftest import Desk
from documented import NUMBER, POST, Days, Office, evidence, ledger_of, opened, users
from zstandard import ZstdCompressor

from regaudit.catalogue.event_types import EntryDocumented
from regaudit.ledger.attachments import attach

PDF = b"%PDF-1.7 as made"


@pytest.fixture
def copies(desk: Desk, tmp_path: Path) -> dict[str, Path]:
    """The archive's copies of a paper that two steps name, and of a document; the workspace is whole."""
    paper, pdf = tmp_path / "说明.pdf", tmp_path / "交办单.pdf"
    paper.write_bytes(b"signed")
    pdf.write_bytes(PDF)
    positions = evidence(desk, 2)
    days = Days(datetime(2026, 4, 1, 9))
    with ledger_of(desk, days) as ledger:
        ledger.log.append_all([*users(), opened(positions=positions)])
        office = Office(ledger, days)
        [attached] = attach(desk.home, [paper])
        office.assign()
        office.rectify(attachments=[attached])
        office.take(POST, "review", "材料不全", verdict="return", attachments=[attached])
        [document] = attach(desk.home, [pdf])
        ledger.log.append_all([documented(document.sha256)])
    assert desk.facts("verify")["is_whole"]
    names = {"attachment": attached.sha256, "document": document.sha256}
    return {name: desk.home / "archive" / f"{digest}.zst" for name, digest in names.items()}


def documented(digest: str) -> EntryDocumented:
    return EntryDocumented(
        f"entry:{NUMBER}",
        8,
        document_no=f"{NUMBER}-交办-1",
        kind="assign",
        of_version=2,
        sha256=digest,
        size=len(PDF),
        made_at="2026-04-01T10:00:00",
        door="command",
        office_name="150602",
        checkpoint_size=3,
        checkpoint="0000 0000 0000 0000",
        maker="typst",
    )


def altered(path: Path) -> None:
    path.write_bytes(ZstdCompressor().compress(b"another"))


@pytest.mark.parametrize("harm", [Path.unlink, altered])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("attachment", (f"台账 {NUMBER} 的附件 说明.pdf", "由提交人再交一份")),
        ("document", (f"台账 {NUMBER} 的文书 {NUMBER}-交办-1", "regaudit ledger document")),
    ],
)
def test_a_copy_that_is_gone_or_altered_is_told(
    desk: Desk, copies: dict[str, Path], harm: Callable[[Path], None], name: str, words: tuple[str, str]
) -> None:
    told, advice = words
    before = desk.facts("verify")["archived_files"]
    harm(copies[name])
    found = desk.facts("verify", status=1)
    [damage] = found["damages"]
    assert damage["kind"] == "归档"
    assert damage["problem"].startswith(told)
    assert ("没有" if harm is Path.unlink else "已被改动") in damage["problem"]
    assert advice in damage["advice"]
    assert damage["stream"] == f"entry:{NUMBER}"
    assert found["archived_files"] == before - (harm is Path.unlink)
    if name == "attachment":
        assert "第 6 版" in damage["problem"]
        assert "第 7 版" in damage["problem"]
    # The log by itself is whole.
    assert desk.facts("verify", "--log-only")["is_whole"]


def test_the_copies_bear_the_names_that_the_events_have(desk: Desk, copies: dict[str, Path]) -> None:
    [document] = desk.events("entry-documented")
    assert copies["document"].stem == document.state["sha256"] == sha256(PDF).hexdigest()
    named = [a["sha256"] for step in desk.events("entry-stepped") for a in step.state.get("attachments", [])]
    assert set(named) == {copies["attachment"].stem}
    assert len(named) == 2
