"""What people read of a proof is bound to what the log holds: nobody shows another subject, row or history.

Whoever has a proof may change every leaf of it; whoever has the log's key may sign it anew as well.
"""

import json
import runpy
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from conftest import Desk, ordinary_case, step
from documented import HEAD, NUMBER, POST, Days, Office, ledger_of, opened, users
from mutations import mutations

from regaudit.catalogue.event_types import EntryNoted, NotedEvidence
from regaudit.catalogue.events import catalogue
from regaudit.eventlog.tree.keys import read_key
from regaudit.eventlog.tree.notes import Signer, sign_note
from regaudit.ledger import states
from regaudit.ledger.attachments import attach
from regaudit.ledger.documents.wording import KINDS
from regaudit.ledger.steps import STEPS, VOID
from regaudit.proof.event_lines import CODES, ENTRY_CODES, ENTRY_LABELS, LABELS, plain
from regaudit.proof.proof_file import statement_of

TOOL = Path(__file__).parents[2] / "tools" / "verify_proof.py"
DAY = "2026-03-02"
ACTS = (("accept", "09"), ("review", "10"), ("book", "11"))
ALONE = [step("Z1", name, f"{DAY} {hour}:00:00", "zhang", operator="张三") for name, hour in ACTS]
NAMES = ["case", "finding", "entry"]
Facts = dict[str, Any]
standalone = runpy.run_path(str(TOOL))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A workspace after a night."""
    desk = Desk(tmp_path_factory.mktemp("proofs") / "home").make()
    desk.ok("nightly", "--as-of", "2026-03-31", desk.export("steps.csv", [*ordinary_case("A1"), *ALONE]))
    paper = tmp_path_factory.mktemp("papers") / "说明.pdf"
    paper.write_bytes(b"signed")
    deal_with(desk, paper)
    return desk


def deal_with(desk: Desk, paper: Path) -> None:
    """An entry on what the night found, from its opening by that night to a judgement that is noted."""
    [finding] = desk.facts("findings", "--rule", "one-person")
    [run] = desk.events("run-completed")
    at, position, days = run.state["as_of"], finding["evidence"][0], Days(datetime(2026, 4, 1, 9))
    note = EntryNoted(
        f"entry:{NUMBER}",
        3,
        at=at,
        recorded_at="2026-04-01T09:30:00",
        run_no=1,
        log_position=7,
        kind="evidence",
        finding_id=finding["finding_id"],
        rule="one-person",
        evidence=[NotedEvidence(position=finding["evidence"][1], role="act")],
        text="新增一条",
    )
    with ledger_of(desk, days) as ledger:
        office = Office(ledger, days)
        first = opened(positions=[position], at=at, finding_ids=[finding["finding_id"]])
        ledger.log.append_all([*users(), first])
        office.assign("请说明")
        ledger.log.append_all([note])
        office.take(HEAD, "answer", "三人共用一个账号", attachments=attach(desk.home, [paper]))
        office.take(POST, "judge", "共用账号不是理由", verdict="upheld", severity="minor")


@pytest.fixture(scope="module")
def made(desk: Desk) -> dict[str, bytes]:
    """A proof of a case, one of a finding, and one of an entry."""
    [finding] = desk.facts("findings", "--rule", "one-person")
    made = {}
    for name, subject in (("case", "150602/A1"), ("finding", finding["finding_id"]), ("entry", NUMBER)):
        desk.ok("prove", subject, "-o", desk.home / "proof.json")
        made[name] = (desk.home / "proof.json").read_bytes()
    return made


@pytest.fixture
def proofs(made: dict[str, bytes]) -> dict[str, Facts]:
    return {name: json.loads(content) for name, content in made.items()}


def key_of(desk: Desk) -> Path:
    return desk.home / "keys" / "log.pub"


def said(desk: Desk, capsys: pytest.CaptureFixture[str], facts: Facts) -> list[list[str]]:
    """What each of both verifiers prints of a proof, line by line; nothing where it refuses it."""
    path = desk.home / "changed.json"
    path.write_text(json.dumps(facts), encoding="utf-8")
    ours = desk.run("verify-proof", path, "--key", key_of(desk))
    capsys.readouterr()
    theirs = standalone["main"]([str(path), str(key_of(desk))])
    out = capsys.readouterr().out
    assert {ours.status, theirs} <= {0, 1}
    assert out.startswith("BAD: ") == bool(theirs)
    return [[] if ours.status else ours.out.splitlines(), [] if theirs else out.splitlines()]


def signed(desk: Desk, facts: Facts) -> Facts:
    """What whoever has the log's private key makes of a changed proof."""
    facts = {name: value for name, value in facts.items() if name != "statement"}
    origin = key_of(desk).read_text(encoding="utf-8").partition("+")[0]
    signer = Signer(origin, read_key(desk.home / "keys" / "log.key"))
    return facts | {"statement": sign_note(statement_of(facts), [signer])}


@pytest.mark.parametrize("name", NAMES)
def test_both_verifiers_tell_who_did_what_and_when(
    desk: Desk, proofs: dict[str, Facts], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    shown = said(desk, capsys, proofs[name])
    assert all(shown)
    lines = [[line.strip() for line in lines if line.strip().startswith("[")] for lines in shown]
    assert lines[0] == lines[1]
    assert len(lines[0]) == len(proofs[name]["events"])
    text = "".join(lines[0])
    if name == "case":
        assert "操作时间「2026-03-02 10:00:00」环节「审核」账号「wang」" in text
    elif name == "entry":
        for told in (
            f"挂账「entry:{NUMBER}」第 1 版:时间「2026-03-31 23:59:59",
            "办理「交办」类别「限期整改」办理人「wang」自然人「P100」身份「质量监管岗」内容「请说明」",
            "办理「认定」结论「成立」办理人「wang」",
            "内容「共用账号不是理由」",
            "系统提示「",
            "类别「新增证据」",
            f"附件「说明.pdf {sha256(b'signed').hexdigest()} 6」",
            "环节「受理」操作人「张三」",
            "检查运行「runs」第 1 版:",
        ):
            assert told in text, told
    else:
        assert "环节「登簿」操作人「张三」账号「zhang」" in text
        assert "问题立账「finding:" in text
        assert "规则「one-person」等级「" in text
        assert "检查运行「runs」第 1 版:" in text


def test_the_standalone_verifier_has_our_words() -> None:
    table = standalone["table"]
    assert [*table(standalone["LABELS"]).items()] == [*LABELS.items()]
    assert {name: table(words) for name, words in standalone["CODES"].items()} == {
        name: table(words) for name, words in CODES.items()
    }
    assert [*table(standalone["ENTRY_LABELS"]).items()] == [*ENTRY_LABELS.items()]
    assert {name: table(words) for name, words in standalone["ENTRY_CODES"].items()} == {
        name: table(words) for name, words in ENTRY_CODES.items()
    }
    titles = {topic: kind.title for topic, kind in catalogue().items()}
    assert table(standalone["TITLES"]).items() <= titles.items()


def test_the_words_of_proofs_are_those_of_the_ledger() -> None:
    table = standalone["table"]
    words = {name: table(text) for name, text in ENTRY_CODES.items()}
    assert words["step"] == {name: step.title for name, step in STEPS.items()} | {
        VOID: states.STATES["voided"]
    }
    assert words["verdict"] == states.VERDICTS
    assert words["kind"] == states.KINDS | states.ASSIGNMENTS | states.NOTES | KINDS
    assert words["role"].items() <= {str(role): title for role, title in states.ROLES.items()}.items()
    assert (words["door"], words["light"]) == (states.DOORS, states.LIGHTS)
    fields = set().union(*(kind.fields for kind in catalogue().values() if kind.topic.startswith("entry-")))
    assert fields >= ENTRY_LABELS.keys()


def test_what_stands_in_an_event_cannot_forge_a_line() -> None:
    for text in ("a\n[9] 登簿", "a\u202eb", "a」操作人「b", "a\x1b[2Jb", "a\u200bb", "\ue000"):
        assert plain(text) == standalone["plain"](text)
        assert not set(plain(text)) & set("\n\u202e」「\x1b\u200b\ue000")
    assert plain("张三 (3)") == "张三 (3)"


# Each of these three passed both verifiers while a proof was of the old format.
def test_another_subject(desk: Desk, proofs: dict[str, Facts], capsys: pytest.CaptureFixture[str]) -> None:
    other = signed(desk, proofs["finding"] | {"subject": "0123456789abcdef"})
    assert said(desk, capsys, other) == [[], []]


def test_an_edited_row(desk: Desk, proofs: dict[str, Facts], capsys: pytest.CaptureFixture[str]) -> None:
    proofs["case"]["rows"][1]["cells"]["account"] = "innocent"
    assert said(desk, capsys, proofs["case"]) == [[], []]


def test_a_missing_middle_version(
    desk: Desk, proofs: dict[str, Facts], capsys: pytest.CaptureFixture[str]
) -> None:
    assert proofs["case"]["events"].pop(1)["originator_version"] == 2
    proofs["case"]["rows"].pop(1)
    assert said(desk, capsys, signed(desk, proofs["case"])) == [[], []]


@pytest.mark.parametrize("name", NAMES)
def test_every_leaf_of_a_proof_is_bound(
    desk: Desk, proofs: dict[str, Facts], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Whatever is changed is refused, or nothing of what is printed changes."""
    before = said(desk, capsys, proofs[name])
    assert all(before)
    refused = 0
    for place, changed in mutations(proofs[name]):
        now = said(desk, capsys, changed)
        for lines, unchanged in zip(now, before, strict=True):
            assert lines in ([], unchanged), place
        refused += now == [[], []]
    assert refused > 300


@pytest.mark.parametrize("name", NAMES)
def test_the_key_binds_no_other_event(
    desk: Desk, proofs: dict[str, Facts], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Who has the key may leave off the last version, and write rows; of the events nothing else changes."""
    shown = said(desk, capsys, proofs[name])
    assert all(shown)
    before = [*map(events_of, shown)]
    last = max(i for i, e in enumerate(proofs[name]["events"]) if is_subject(e))
    refused = 0
    for place, changed in mutations({k: v for k, v in proofs[name].items() if k != "statement"}):
        now = said(desk, capsys, signed(desk, changed))
        if place[:3] == ("events", last, "removed"):
            continue
        for lines, unchanged in zip(map(events_of, now), before, strict=True):
            assert lines in ([], unchanged), place
        refused += now == [[], []]
    assert refused > 150


def is_subject(event: Facts) -> bool:
    return str(event["originator_id"]).startswith(("case:", "finding:", "entry:"))


def events_of(lines: list[str]) -> list[str]:
    """What is printed of subject, checkpoint, key and events."""
    words = ("[", "证明的对象", "检查点", "签名")
    return [line for line in lines if line.strip().startswith(words)]


@pytest.mark.parametrize("version", [2, 4])
def test_a_step_of_an_entry_cannot_be_left_out(
    desk: Desk, proofs: dict[str, Facts], capsys: pytest.CaptureFixture[str], version: int
) -> None:
    kept = [e for e in proofs["entry"]["events"] if not (is_entry(e) and e["originator_version"] == version)]
    assert len(kept) == len(proofs["entry"]["events"]) - 1
    assert said(desk, capsys, signed(desk, proofs["entry"] | {"events": kept})) == [[], []]


@pytest.mark.parametrize("left_out", ["evidence", "noted evidence", "run", "import", "opening"])
def test_nothing_that_belongs_to_an_entry_can_be_left_out(
    desk: Desk, proofs: dict[str, Facts], capsys: pytest.CaptureFixture[str], left_out: str
) -> None:
    events = proofs["entry"]["events"]
    steps = [event for event in events if event["originator_id"].startswith("case:")]
    [victim] = {
        "evidence": steps[:1],
        "noted evidence": steps[1:],
        "run": [event for event in events if event["originator_id"] == "runs"],
        "import": [event for event in events if event["originator_id"] == "imports"],
        "opening": [event for event in events if event["topic"] == "entry-opened"],
    }[left_out]
    rows = [row for row in proofs["entry"]["rows"] if row["position"] != victim["position"]]
    changed = proofs["entry"] | {"events": [e for e in events if e is not victim], "rows": rows}
    assert said(desk, capsys, signed(desk, changed)) == [[], []]


def test_nothing_else_can_be_slipped_into_an_entrys_proof(
    desk: Desk, proofs: dict[str, Facts], capsys: pytest.CaptureFixture[str]
) -> None:
    own = {event["position"] for event in proofs["entry"]["events"]}
    for other in (e for e in proofs["case"]["events"] if e["position"] not in own):
        events = sorted([*proofs["entry"]["events"], other], key=lambda event: event["position"])
        assert said(desk, capsys, signed(desk, proofs["entry"] | {"events": events})) == [[], []]


def test_an_entry_that_is_not_there_cannot_be_proven(desk: Desk) -> None:
    run = desk.run("prove", f"{NUMBER}9", "-o", desk.home / "none.json")
    assert run.status == 2
    assert "这一项" in run.text
    assert not (desk.home / "none.json").exists()


def is_entry(event: Facts) -> bool:
    return str(event["originator_id"]).startswith("entry:")
