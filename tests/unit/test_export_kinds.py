"""Kinds of exports: what their TOML says is what is stored, and a mistake in one is told."""

from pathlib import Path

import polars as pl
import pytest

from regaudit.catalogue.content import events_dir
from regaudit.catalogue.event_kinds import catalogue
from regaudit.catalogue.kinds import export_kinds, load_kind
from regaudit.intake.row_import import Workbench
from regaudit.sources.tables import ROW_NO

STEPS, ROSTER = ((events_dir() / "kinds" / f"{name}.toml").read_text("utf-8") for name in ("steps", "roster"))


def test_an_action_has_the_identity_that_it_always_had(tmp_path: Path) -> None:
    """It stands in every log: were it another, all that is known would be new."""
    kind, event = export_kinds()["steps"], catalogue()["step-recorded"]
    columns = {name: [event.example["action"].get(name)] for name in kind.columns}
    rows = pl.DataFrame({ROW_NO: [2]} | columns, schema_overrides=dict.fromkeys(columns, pl.String))
    with Workbench(tmp_path, import_no=1, kind=kind) as bench:
        bench.add(rows)
        [ids] = bench.row_ids()
        assert list(bench.streams()) == ["case:150602/202601010001"]
    assert ids.to_list() == [event.example["action_id"]] == ["1ec73fd0b075126b730a27b2618db101"]


def test_actions_and_entries_stand_in_the_streams_of_their_events() -> None:
    kinds, events = export_kinds(), catalogue()
    assert list(kinds) == ["steps", "roster"]
    for kind in kinds.values():
        assert [events[topic].stream for topic in kind.topics] == [kind.stream] * len(kind.topics)


@pytest.mark.parametrize(
    ("text", "old", "new", "told"),
    [
        (STEPS, 'title = "办件日志"', "", "required field `title`"),
        (STEPS, 'noun = "操作"', "noun = 操作", "Invalid value"),
        (STEPS, 'is = "time" }', 'is = "moment" }', "Invalid enum value 'moment'"),
        (STEPS, "shared = true", "common = true", "unknown field `common`"),
        (STEPS, 'day = "occurred_at"', 'day = "done_at"', "no such column: done_at"),
        (STEPS, 'day = "occurred_at"', 'day = "node"', "day = node is neither time nor date"),
        (STEPS, 'day = "occurred_at"', "", "action without day"),
        (STEPS, '["account", "operator"]', '["account", "person"]', "no such column: person"),
        (STEPS, '"office", "case_no", "step", "node"', '"office", "step", "node"', "case_no must be part"),
        (STEPS, 'node = { names = ["节点"] }', 'node = { names = ["环节"] }', "two columns are called 环节"),
        (STEPS, 'node = { names = ["节点"] }', '"no de" = { names = ["节点"] }', "no such column: node"),
        (STEPS, ', without = "/"', "", "must say without = '/'"),
        (STEPS, "{case_no}", "{node}", "node is no column that every row has"),
        (STEPS, 'altered = "step-altered"', "", "identity without altered"),
        (STEPS, 'altered = "step-altered"', 'altered = "step-changed"', "no such event: step-changed"),
        (STEPS, 'altered = "step-altered"', 'altered = "mail-sent"', "event mail-sent must have the fields"),
        (STEPS, 'position = "step_position"', 'position = "position"', "event step-vanished must have"),
        (STEPS, 'content = "action"', 'content = "row"', "must stand in the order of their names"),
        (STEPS, 'id = "action_id"', "", "are for rows that accumulate"),
        (STEPS, 'extended = "step-extended"', "", "added columns without extended"),
        (STEPS, 'extended = "step-extended"', 'extended = "mail-sent"', "event mail-sent must have"),
        (STEPS, 'names = ["节点"] }', 'names = ["节点"], added = true }', "node tells rows apart"),
        (STEPS, 'names = ["批准人"], ', 'names = ["批准人"], added = true, ', "approver cannot be added"),
        (ROSTER, 'content = "entry"', 'content = "entry"\nid = "entry_id"', "are for rows that accumulate"),
        (ROSTER, 'replaces = "whole"', "", "import_no is no column that every row has"),
        (ROSTER, "{import_no}", "{import_no}/{office}", "has {import_no}, and nothing else"),
        (ROSTER, 'not_before = "valid_from"', 'not_before = "valid"', "no such column: valid"),
        (ROSTER, "unless = { org_kind", "unless = { kind", "no such column: kind"),
        (ROSTER, "office = '^\\d{6}$'", 'place = "x"', "no such column: place"),
    ],
)
def test_a_mistake_in_a_kind_is_told(tmp_path: Path, text: str, old: str, new: str, told: str) -> None:
    path = tmp_path / "wrong.toml"
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=r"wrong\.toml") as raised:
        load_kind(path)
    assert told in str(raised.value)
