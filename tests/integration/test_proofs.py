"""Proofs that travel: what holds for whoever has a public key only, and how every change to them is told."""

import ast
import json
import runpy
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Desk, ordinary_case, step

TOOL = Path(__file__).parents[2] / "tools" / "verify_proof.py"
DAY = "2026-03-02"
ACTS = (("accept", "09"), ("review", "10"), ("book", "11"))
ALONE = [step("Z1", name, f"{DAY} {hour}:00:00", "zhang") for name, hour in ACTS]
Change = Callable[[dict[str, Any]], None]
independent: Callable[[list[str]], int] = runpy.run_path(str(TOOL))["main"]


@pytest.fixture
def proof(desk: Desk) -> Path:
    desk.ok("import", desk.export("steps.csv", [*ordinary_case("A1"), *ALONE]))
    return proven(desk, "150602/A1")


def proven(desk: Desk, subject: str) -> Path:
    path = desk.home / "proof.json"
    desk.ok("prove", subject, "-o", path)
    return path


def keys_of(desk: Desk) -> list[str]:
    return (desk.home / "keys" / "log.pub").read_text(encoding="utf-8").splitlines()


def holds(desk: Desk, path: Path, key: str | Path) -> bool:
    """What our verifier and the independent one say; they must agree."""
    ours, theirs = desk.run("verify-proof", path, "--key", key).status, independent([str(path), str(key)])
    assert ours == theirs
    return ours == 0


def changed(path: Path, change: Change) -> Path:
    facts = json.loads(path.read_bytes())
    change(facts)
    path.write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
    return path


def test_the_command_that_is_suggested_can_be_pasted(desk: Desk) -> None:
    desk.ok("import", desk.export("steps.csv", ordinary_case("A1")))
    path = desk.home / "a folder" / "it's.json"
    path.parent.mkdir()
    said = desk.ok("prove", "150602/A1", "-o", path).out.splitlines()
    [command] = [line for line in said if line.startswith("regaudit verify-proof")]
    _, *words = shlex.split(command)
    assert words == ["verify-proof", str(path), "--key", str(desk.home / "keys" / "log.pub")]
    assert desk.run(*words).status == 0


def test_a_case_is_proven_with_its_events_rows_and_files(desk: Desk, proof: Path) -> None:
    facts = json.loads(proof.read_bytes())
    stored = {event.position: event for event in desk.events()}
    assert [stored[e["position"]].topic for e in facts["events"]] == ["step-recorded"] * 3 + [
        "import-recorded"
    ]
    assert [row["row_no"] for row in facts["rows"]] == [2, 3, 4]
    assert facts["rows"][0]["cells"]["case_no"] == "A1"
    assert holds(desk, proof, keys_of(desk)[0])
    assert holds(desk, proof, desk.home / "keys" / "log.pub")


def test_a_finding_is_proven_by_its_evidence_and_its_life_in_the_ledger(desk: Desk, proof: Path) -> None:
    desk.ok("nightly", "--as-of", "2026-03-31", desk.home / "steps.csv")
    [finding] = desk.facts("findings", "--rule", "one-person")
    facts = json.loads(proven(desk, finding["finding_id"]).read_bytes())
    topics = [event["topic"] for event in facts["events"]]
    assert sorted(set(topics)) == [
        "finding-opened",
        "import-recorded",
        "run-completed",
        "step-recorded",
    ]
    assert {event["position"] for event in facts["events"]} >= set(finding["evidence"])
    assert holds(desk, proof, keys_of(desk)[0])


def test_a_proof_outlives_later_events(desk: Desk, proof: Path) -> None:
    desk.ok("import", desk.export("more.csv", ordinary_case("B1")))
    assert holds(desk, proof, keys_of(desk)[0])


@pytest.mark.usefixtures("proof")
def test_a_proof_after_a_change_of_keys_holds_for_who_knows_the_old_key(desk: Desk) -> None:
    old = keys_of(desk)[0]
    desk.ok("keys", "rotate")
    desk.ok("keys", "rotate")
    again = proven(desk, "150602/A1")
    assert len(keys_of(desk)) == 3
    assert all(holds(desk, again, key) for key in (old, *keys_of(desk)))
    changed(again, lambda p: p["keys"][1].update(introduction=p["keys"][2]["introduction"]))
    assert not holds(desk, again, old)


def test_a_log_hashed_with_sm3_is_proven_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "sm3")
    desk.ok("init", desk.home, "--hash", "sm3", "--origin", "150602.example")
    desk.ok("import", desk.export("steps.csv", ALONE))
    path = proven(desk, "150602/Z1")
    assert "hash sm3" in json.loads(path.read_bytes())["checkpoint"]
    assert holds(desk, path, keys_of(desk)[0])
    changed(path, lambda p: p["events"][0].update(state=p["events"][0]["state"].replace("zhang", "wang")))
    assert not holds(desk, path, keys_of(desk)[0])


def test_another_logs_key_does_not_verify(desk: Desk, proof: Path, new_desk: Callable[[str], Desk]) -> None:
    assert not holds(desk, proof, keys_of(new_desk("other"))[0])


CHANGES: dict[str, Change] = {
    "the state of an event": lambda p: p["events"][1].update(
        state=p["events"][1]["state"].replace("wang", "li")
    ),
    "a position": lambda p: p["events"][1].update(position=9),
    "an index": lambda p: p["events"][1].update(index=0),
    "a position and its index": lambda p: p["events"][1].update(position=1, index=0),
    "a version": lambda p: p["events"][1].update(originator_version=7),
    "a topic": lambda p: p["events"][1].update(topic="step-altered"),
    "a stream": lambda p: p["events"][3].update(originator_id="runs"),
    "the border between stream and topic": lambda p: p["events"][3].update(
        originator_id="import", topic="simport-recorded"
    ),
    "a hash of a proof": lambda p: p["events"][0]["hashes"].reverse(),
    "a proof cut short": lambda p: p["events"][0]["hashes"].pop(),
    "a proof made longer": lambda p: p["events"][0]["hashes"].append(p["events"][0]["hashes"][0]),
    "a hash that is no Base64": lambda p: p["events"][0]["hashes"].insert(0, "?"),
    "the size": lambda p: p.update(checkpoint=p["checkpoint"].replace("\n7\n", "\n8\n")),
    "the signature": lambda p: p.update(checkpoint=p["checkpoint"][:-10] + "AAAAAA==\n"),
    "a checkpoint without signature": lambda p: p.update(checkpoint=p["checkpoint"].partition("\u2014")[0]),
    "no events": lambda p: p.update(events=[]),
    "another subject": lambda p: p.update(subject="150602/A2"),
    "another format": lambda p: p.update(format="regaudit-proof/3"),
    "no checkpoint": lambda p: p.pop("checkpoint"),
    "an event of the wrong type": lambda p: p["events"].append(7),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_proof_does_not_hold(desk: Desk, proof: Path, name: str) -> None:
    before = proof.read_bytes()
    assert changed(proof, CHANGES[name]).read_bytes() != before
    assert not holds(desk, proof, keys_of(desk)[0])


def test_the_first_event_that_does_not_hold_is_named(desk: Desk, proof: Path) -> None:
    changed(proof, CHANGES["the state of an event"])
    run = desk.run("verify-proof", proof, "--key", keys_of(desk)[0])
    assert "位置2的事件(step-recorded)不在检查点所说的日志中" in run.text


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"format": 1}'])
def test_what_is_no_proof_is_refused(desk: Desk, content: bytes) -> None:
    path = desk.home / "proof.json"
    path.write_bytes(content)
    run = desk.run("verify-proof", path, "--key", keys_of(desk)[0])
    assert run.status == 1
    assert "不是regauditprove写出的证明" in run.text
    assert independent([str(path), keys_of(desk)[0]]) == 1


def test_what_is_no_key_is_a_usage_error(desk: Desk, proof: Path) -> None:
    key = keys_of(desk)[0]
    for wrong in ("", "abc", key[:-4], key.replace("+", "-", 1)):
        assert desk.run("verify-proof", proof, "--key", wrong).status == 2


@pytest.mark.parametrize("subject", ["150602/NONE", "0000000000000000"])
def test_what_the_log_has_not_cannot_be_proven(desk: Desk, proof: Path, subject: str) -> None:
    desk.ok("check", "--as-of", "2026-03-31")
    proof.unlink()
    refused = desk.run("prove", subject, "-o", proof)
    assert (refused.status, proof.exists()) == (2, False)
    if "/" in subject:
        assert refused.text == desk.run("trace", subject).text


@pytest.mark.usefixtures("proof")
def test_a_proof_without_the_archive_says_that_rows_are_missing(desk: Desk) -> None:
    for archived in (desk.home / "archive").glob("*"):
        archived.unlink()
    path = proven(desk, "150602/A1")
    rows = json.loads(path.read_bytes())["rows"]
    assert all(row["problem"] for row in rows)
    assert holds(desk, path, keys_of(desk)[0])


def test_the_independent_verifier_is_short_and_imports_nothing_of_ours() -> None:
    text = TOOL.read_text(encoding="utf-8")
    # The words that lines are made of take sixty: one file is to be handed to a stranger.
    assert len(text.splitlines()) < 350
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module).split(".")[0])
    assert names - set(sys.stdlib_module_names) == {"cryptography"}
