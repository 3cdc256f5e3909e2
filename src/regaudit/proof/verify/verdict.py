"""From what a scan showed to the first bad record: which it is, and what was done to it."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.stored import FANOUT_BITS
from regaudit.intake.imports import States
from regaudit.proof.verify.chain import Chain, Signed
from regaudit.proof.verify.mirrored import Mirror
from regaudit.proof.verify.report import CUT_ADVICE, RESTORE_ADVICE, Damage, Kind
from regaudit.proof.verify.scan import Scanned


class Evidence(Struct, frozen=True, kw_only=True):
    """All that the judgement rests on; `size` is the log's last position, `given` the highest ever given."""

    log: EventLog
    mirror: Mirror | None
    scanned: Scanned
    chain: Chain
    signed: Sequence[Signed]
    size: int
    given: int
    imports: States


def judge(evidence: Evidence) -> Iterator[Damage]:
    """The damages of the records and of the tree; the first bad record comes first."""
    scanned, chain = evidence.scanned, evidence.chain
    wrong = [signed for signed in evidence.signed if _is_wrong(evidence, signed)]
    # Where a checkpoint from elsewhere does not hold, those of the log itself may have been made anew.
    is_remade = bool(wrong) and all(signed.source for signed in wrong)
    right = [
        signed.size
        for signed in evidence.signed
        if _is_right(evidence, signed) and (signed.source or not is_remade)
    ]
    records = _before_first(evidence) or _records(evidence, wrong, right)
    if records is not None:
        yield named(evidence, records)
    elif scanned.wrong_leaf:
        text = f"{scanned.wrong_leaves} 条记录旁存放的叶散列与记录不符,记录本身与检查点相符:散列被改动"
        yield named(evidence, _damage("叶散列", scanned.wrong_leaf, text))
    if scanned.malformed:
        return
    if scanned.wrong_node is not None and records is None:
        level, number = scanned.wrong_node
        first = (number << level * FANOUT_BITS) + 1
        text = f"存放的树节点(第 {level} 层第 {number} 个,自第 {first} 条起)缺失或被改动,记录与检查点相符"
        yield named(evidence, _damage("树节点", first, text))
    elif records is None and evidence.log.inspection.node_count() != scanned.nodes:
        yield _damage("树节点", 0, "存放的树节点比应有的多:有节点是后加的")
    if records is None and scanned.version_fault:
        yield named(evidence, _damage("版本", scanned.version_fault, "所在流的版本不连续,或次序与位置不符"))
    if records is None and scanned.bad_form:
        yield named(evidence, _damage("格式", scanned.bad_form, "内容不是 JSON,或事件种类不在目录中"))
    # A leaf that was wrong already when it was remembered is one damage, told above.
    in_mirror = 0 if scanned.mirror_differs == scanned.wrong_leaf else scanned.mirror_differs
    if records is None and not wrong and chain.end and in_mirror:
        text = "镜像与日志不同,日志与检查点相符:镜像损坏或被改动"
        advice = "日志无误:用 regaudit check --rebuild 重建镜像"
        yield replace(named(evidence, _damage("镜像", in_mirror, text)), advice=advice)


def _is_wrong(evidence: Evidence, signed: Signed) -> bool:
    return signed.size <= evidence.size and evidence.scanned.roots.get(signed.size) != signed.root


def _is_right(evidence: Evidence, signed: Signed) -> bool:
    return signed.size <= evidence.size and not _is_wrong(evidence, signed)


def _before_first(evidence: Evidence) -> Damage | None:
    """A record that no reading in the order of the log comes by, but the reading of its stream does."""
    position = evidence.log.inspection.before_first()
    text = "记录的位置在第 1 条之前:不是由本程序写入的"
    return None if position is None else _damage("插入", position, text)


def _records(evidence: Evidence, wrong: Sequence[Signed], right: Sequence[int]) -> Damage | None:
    """The first record that is not what was signed; None where all are."""
    scanned, end = evidence.scanned, evidence.chain.end
    if scanned.malformed:
        return _damage("改动", scanned.malformed, "字段的类型不对,其后的记录未再核对")
    behind = end + 1 if evidence.size > end and not _lacks_checkpoint(evidence) else 0
    sizes = [signed.size for signed in evidence.signed]
    lacking = max([*sizes, end, evidence.given, evidence.mirror.mirrored if evidence.mirror else 0])
    # Without any checkpoint a leaf and the mirror are all that still tells.
    is_told = not sizes and bool(scanned.wrong_leaf or scanned.mirror_differs)
    if not wrong and not scanned.missing and not behind and not is_told and lacking <= evidence.size:
        return None
    first_wrong = min(wrong, key=lambda signed: signed.size, default=None)
    good = max((size for size in right if first_wrong is None or size < first_wrong.size), default=0)
    # What one can point at, if anything: a gap, a leaf, a difference from the mirror, a break in a stream.
    changed_leaf = scanned.wrong_leaf if scanned.wrong_leaf > good else 0
    in_mirror = scanned.mirror_differs if scanned.mirror_differs > good else 0
    exact = [place for place in (scanned.missing, changed_leaf, in_mirror) if place]
    if exact and not 0 < behind <= min(exact):
        position = min(exact)
        kind = _kind_by_mirror(evidence, position) if in_mirror == position else None
        kind = kind or ("缺失" if scanned.missing == position else "改动")
        return _damage(kind, position, _how(evidence, kind, wrong))
    if first_wrong is not None:
        return _within(evidence, good, first_wrong.size, wrong)
    if lacking > evidence.size:
        by = next((signed.source for signed in evidence.signed if signed.size == lacking), "")
        then = f" {by} 证明曾有" if by else "曾有"
        text = f"日志只到第 {evidence.size} 条,而{then} {lacking} 条:末尾的记录被删除"
        return _damage("截短", evidence.size + 1, text)
    return _damage("插入", behind, "末尾的记录不属于任何检查点:不是由本程序以其密钥写入的")


def _lacks_checkpoint(evidence: Evidence) -> bool:
    """Whether the last event had a checkpoint of its own, or none is left: then that is the damage."""
    chain = evidence.chain
    return not chain.count or any(
        one.kind == "检查点" and one.position == evidence.size for one in chain.damages
    )


def _within(evidence: Evidence, good: int, upto: int, wrong: Sequence[Signed]) -> Damage:
    """The records between two checkpoints are not what was signed, and nothing points at one of them."""
    fault = evidence.scanned.version_fault
    fault = fault if good < fault <= upto else 0
    kind: Kind = "历史被改写" if all(signed.source for signed in wrong) else "改动"
    damage = _damage(kind, fault or good + 1, _how(evidence, kind, wrong))
    return damage if fault or upto == good + 1 else replace(damage, upto=upto)


def _how(evidence: Evidence, kind: Kind, wrong: Sequence[Signed]) -> str:
    scanned = evidence.scanned
    parts = {
        "改动": "记录的内容与写入时不同",
        "缺失": "记录被删除",
        "插入": "记录是后来插入的",
        "顺序": "记录的次序被调换",
        "历史被改写": "日志自洽,但与更早传出的检查点不符:历史被重写并重新签名",
    }
    words = [parts[kind]]
    if scanned.wrong_leaves and kind != "历史被改写":
        words.append(f"{scanned.wrong_leaves} 条记录与其散列不符")
    if wrong:
        first = min(wrong, key=lambda signed: signed.size)
        which = f"{first.source} 中的检查点" if first.source else "检查点"
        words.append(f"{which}(第 {first.size} 条处)不再成立")
    return ";".join(words)


def _kind_by_mirror(evidence: Evidence, position: int) -> Kind | None:
    """What was done to a record, from whether it and its copy are found elsewhere on the other side."""
    mirror, inspection = evidence.mirror, evidence.log.inspection
    if mirror is None:
        return None
    now, then = inspection.event_at(position), mirror.copy_at(position)
    if then is None:
        return "插入" if now is not None else None
    is_kept = mirror.is_of(then, inspection.event_of(then.stream, then.version))
    if now is None:
        return "缺失"
    before = mirror.copy_of(now[0], now[1])
    was_there = before is not None and mirror.is_of(before, now)
    kinds: dict[tuple[bool, bool], Kind] = {
        (False, False): "改动",
        (False, True): "缺失",
        (True, False): "插入",
        (True, True): "顺序",
    }
    return kinds[is_kept, was_there]


def named(evidence: Evidence, damage: Damage) -> Damage:
    """The damage with the stream, the topic and the origin of its record, as far as they are known."""
    if damage.upto or not damage.position:
        return damage
    row = None if damage.kind in ("缺失", "截短") else evidence.log.inspection.event_at(damage.position)
    if row is not None:
        stream, version, topic, state = row
        origin = _origin(evidence, str(topic), version, state)
    else:
        copy = evidence.mirror.copy_at(damage.position) if evidence.mirror else None
        if evidence.mirror is None or copy is None:
            return damage
        stream, version, topic = copy.stream, copy.version, copy.topic
        import_no, row_no = evidence.mirror.origin_at(damage.position)
        origin = {"import_no": import_no, "row_no": row_no, "file": _file_name(evidence, import_no)}
    fields: dict[str, Any] = {"stream": str(stream), "topic": str(topic)}
    if isinstance(version, int):
        fields["version"] = version
    return replace(damage, **fields, **origin)


def _origin(evidence: Evidence, topic: str, version: int, state: bytes) -> dict[str, Any]:
    try:
        values = msgspec.json.decode(state)
        import_no = version if topic == "import-recorded" else values.get("import_no", 0)
        row_no = values.get("row_no", 0)
    except (msgspec.DecodeError, AttributeError):
        return {}
    if not isinstance(import_no, int) or not isinstance(row_no, int):
        return {}
    name = values.get("file_name", "") if topic == "import-recorded" else _file_name(evidence, import_no)
    return {"import_no": import_no, "row_no": row_no, "file": str(name)}


def _file_name(evidence: Evidence, import_no: int) -> str:
    """The file of an import as the log has it, else as the mirror does; empty where neither can be read."""
    if (known := evidence.imports.get(import_no)) is not None:
        return known.file_name
    return evidence.mirror.file_of(import_no) if evidence.mirror else ""


def _damage(kind: Kind, position: int, problem: str) -> Damage:
    advice = CUT_ADVICE if kind == "截短" else RESTORE_ADVICE
    return Damage(kind=kind, position=position, problem=problem, advice=advice)
