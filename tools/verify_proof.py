"""Checks a proof of regaudit with nothing of regaudit: written from docs/proof-format.md alone."""

import json
import re
import sys
import unicodedata
from base64 import b64decode
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    sys.exit("缺少程序包 cryptography:请用装有它的 Python 运行,如 regaudit 所在环境的 python")

HOW = """用法:python verify_proof.py 证明.json 公钥

不用 regaudit 的任何代码核对它的证明,只需要程序包 cryptography。
公钥:一行验证公钥,或每行一个的文件(如 log.pub)。退出码:0 全部成立;1 有不成立的;2 用法有误。"""
Facts = dict[str, Any]
PROOF, OLD = "regaudit-proof/2", "regaudit-proof/1"
MEMBERS = {"format", "subject", "origin", "hash", "checkpoint", "keys", "events", "rows", "rows_problem"}
EVENT = {"position", "originator_id", "originator_version", "topic", "state", "index", "hashes"}
PLACE = ("import_no", "row_no", "file_name", "file_sha256")
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
TITLES = """step-recorded 环节记录 step-altered 环节记录变更 step-extended 环节记录补列
roster-entry-recorded 账号备案 export-missed 导出缺失 import-recorded 导入
run-completed 检查运行 night-withdrawn 撤销一晚
finding-opened 问题立账 finding-gone 问题消失 finding-changed 问题变更 finding-reopened 问题再现
entry-opened 挂账 entry-noted 系统提示 entry-stepped 台账办理 entry-documented 台账文书"""
LABELS = """occurred_at 操作时间 step 环节 node 节点 result 结果 operator 操作人 account 账号
person_name 姓名 person_id 人员编号 terminal 终端 office 登记机构 case_no 业务号 started_at 开始时间
registration_type 登记类型 right_type 权利类型 applicant_kind 申请人类型 channel 渠道 batch_no 批次号
unit_no 不动产单元号 pause_kind 暂停类型 reason 原因 approver 批准人 serial_no 印刷序列号
promised_at 承诺时间 subtype 登记小类 matter 登记原因
post 岗位 valid_from 有效期起 valid_to 有效期止 rule 规则 severity 等级 summary 摘要
basis 依据 due_on 应办结日 evidence 证据的位置 as_of 截至 run_no 运行 night 所属夜 run_nos 各次运行
withdrawn_by 撤销人 findings 问题数 finished_at 完成时间 source 来源 import_no 导入 part_no 表 row_no 行
file_name 文件 file_sha256 文件的SHA-256 rows_read 行数 imported_at 导入时间"""
CODES = {
    "step": """accept 受理 assign 派件 review 审核 book 登簿 certify 缮证 issue 发证 file 归档 charge 收费
    pause 暂停 resume 恢复 return 退回 refuse 不予登记 withdraw 撤回 expedite 加急 explain 原因说明
    overtime 延时服务 precheck_submit 网上预审提交 precheck 网上预审""",
    "result": """approve 同意 return 回退 reject 退件 transfer 转件""",
    "severity": """critical 严重 major 重要 minor 一般 info 提示""",
}
ENTRY_LABELS = """at 时间 step 办理 verdict 结论 kind 类别 by 办理人 person 自然人 role 身份 for_login 代
signed_by 签字人 text 内容 to 交给 due 期限 severity 等级 is_pending 待确认 due_on 应办日 is_late 逾期
is_typed_later 补录 attachments 附件 rule 规则 rule_version 规则版本 title 问题 office 登记机构
case_nos 业务号 batch_no 批次号 account 账号 person_id 人员编号 source 来源 occurred_at 发生时间
summary 摘要 basis 依据 evidence 证据的位置 persons 所涉人员 recurs_of 屡犯于 follows 承接
recurrences 屡犯次数 finding_id 问题编号 finding_ids 各问题编号 document_no 文号 of_version 截至版本
sha256 文件的SHA-256 made_at 制作时间 light 亮灯 limits 时限 run_no 运行 seen_version 所见版本
recorded_at 记入时间 door 途径 system_user 系统用户 machine 机器"""
ENTRY_CODES = {
    "step": """assign 交办 dispute 管辖异议 answer 说明 judge 认定 demand 责令整改 extend 延期
    report 整改报告 review 复核 strike 销号 appeal 申诉 decide 申诉决定 suspend 中止 resume 恢复 refer 移交
    correct 更正 serve 签收 delay 迟延说明 void 随夜撤销""",
    "verdict": """upheld 成立 excused 说明采纳 unfounded 不成立 changed 变更 quashed 撤销 pass 通过
    return 退回 ask 申请 grant 同意 refuse 不同意""",
    "kind": """finding 系统发现 history 历史存量 inspection 抽查 complaint 投诉举报 manual 人工登记
    declaration 零报告 at_once 立行立改 by_date 限期整改 gone 不再发现 back 再次发现 evidence 新增证据
    severity 级别变化 part 并入同一事项 not_run 规则未运行 runs 规则恢复运行 withdrawn 随夜撤回
    assign 交办单 demand 整改通知书 urge 督办单 strike 销号单""",
    "role": """handler 经办人 head 科室负责人 post 质量监管岗 leader 中心负责人 superior 上级主管""",
    "door": """night 夜间作业 command 命令行 page 监管台 excel Excel""",
    "light": """none 无 blue 蓝 yellow 黄 orange 橙 red 红""",
    "severity": CODES["severity"],
}


class Bad(ValueError):  # noqa: N818 - it says what does not hold
    """Something in the proof does not hold."""


def need(condition: object, otherwise: str) -> None:
    """Go on only where a condition holds."""
    if not condition:
        raise Bad(otherwise)


def table(text: str) -> dict[str, str]:
    """A table written as words."""
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


class Key:
    """An Ed25519 verifier key, NAME+KEYID+BASE64."""

    def __init__(self, line: str) -> None:
        self.line = line.strip()
        self.name, identity, text = self.line.split("+", 2)
        data, self.identity = b64decode(text, validate=True), bytes.fromhex(identity)
        own = sha256(self.name.encode() + b"\n" + data).digest()[:4]
        need(data[:1] == b"\x01" and own == self.identity, f"不是 Ed25519 公钥:{line!r}")
        self.public = Ed25519PublicKey.from_public_bytes(data[1:])

    def signed(self, note: str) -> bool:
        """Whether one of the signatures below a note is this key's."""
        text, _, below = note.rpartition("\n\n")
        for line in below.splitlines():
            with suppress(ValueError, InvalidSignature):
                dash, name, signature = line.split(" ")
                data = b64decode(signature, validate=True)
                if (dash, name, data[:4]) == ("\u2014", self.name, self.identity):
                    self.public.verify(data[4:], (text + "\n").encode())
                    return True
        return False


def signers(proof: Facts, note: str, trusted: list[Key]) -> list[Key]:
    """Who signed a checkpoint: trusted keys, and those that one of them, or one accepted so, introduced."""
    accepted = {key.line: key for key in trusted}
    for entry in proof["keys"]:
        need(set(entry) <= {"verifier_key", "introduction"}, "公钥有未知的内容")
        key, introduction = Key(entry["verifier_key"]), entry.get("introduction", "")
        says_so = introduction.rpartition("\n\n")[0] == f"regaudit next key\n{key.line}"
        if says_so and any(by.signed(introduction) for by in list(accepted.values())):
            accepted[key.line] = key
    found = [key for key in accepted.values() if key.signed(note)]
    need(found, "检查点没有所给公钥(或它所引出的公钥)的签名")
    return found


class Checkpoint:
    """What a note says of a log: its name, size, root and hash."""

    def __init__(self, note: str) -> None:
        self.origin, size, root, *extensions = note.rpartition("\n\n")[0].split("\n")
        self.size, self.root = int(size), b64decode(root, validate=True)
        self.hash = next((line[5:] for line in extensions if line.startswith("hash ")), "sha256")
        self.algorithm = {"sha256": hashes.SHA256(), "sm3": hashes.SM3()}[self.hash]
        self.fingerprint = " ".join(re.findall("....", self.root.hex()[:16]))

    def digest(self, data: bytes) -> bytes:
        """The hash of something by the log's algorithm."""
        state = hashes.Hash(self.algorithm)
        state.update(data)
        return state.finalize()


def root_of(tree: Checkpoint, leaf_hash: bytes, index: int, path: list[bytes]) -> bytes:
    """The root that an inclusion proof leads to: RFC 9162, 2.1.3.2."""
    fn, sn, result = index, tree.size - 1, leaf_hash
    for sibling in path:
        need(sn, "散列路径过长")
        if fn & 1 or fn == sn:
            result = tree.digest(b"\x01" + sibling + result)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            result = tree.digest(b"\x01" + result + sibling)
        fn, sn = fn >> 1, sn >> 1
    need(not sn, "散列路径过短")
    return result


def folded(text: str) -> str:
    """A case's number as it is compared: NFKC, nothing invisible, no white space at the ends."""
    while (plain := unicodedata.normalize("NFKC", INVISIBLE.sub("", text)).strip()) != text:
        text = plain
    return text


def plain(text: str) -> str:
    r"""A text that can neither end its line nor look like another: what is not printable as `\uXXXX`."""
    bad = (not char.isprintable() or char in "「」" or INVISIBLE.match(char) for char in text)
    return "".join(rf"\u{ord(char):04x}" if is_bad else char for char, is_bad in zip(text, bad, strict=True))


def word(value: Any) -> str:
    """A value; of an object its members."""
    if isinstance(value, dict):
        return " ".join(map(word, value.values()))
    return (
        {"None": "", "True": "是", "False": "否"}.get(str(value), str(value))
        if not isinstance(value, str)
        else value
    )


def told(event: Facts, content: Facts) -> str:
    """Who, what and when: an event as one line."""
    title, is_entry = table(TITLES).get(event["topic"], plain(event["topic"])), event["topic"][:6] == "entry-"
    where = f"「{plain(event['originator_id'])}」第 {event['originator_version']} 版"
    labels, codes = (table(ENTRY_LABELS), ENTRY_CODES) if is_entry else (table(LABELS), CODES)
    row = {} if is_entry else content.get("action") or content.get("entry") or {}
    shown = []
    for name in [*labels, *sorted(set(row) - set(labels))]:
        value = (content | row).get(name)
        if value in (None, "", []) or isinstance(value, dict):
            continue
        text = "、".join(map(word, value)) if isinstance(value, list) else word(value)
        text = table(codes.get(name, "")).get(text, text)
        text = text.replace("T", " ", 1) if name == "at" or name.endswith(("_at", "as_of")) else text
        shown.append(f"{labels.get(name, plain(name))}「{plain(text)}」")
    return f"[{event['position']}] {title}{where}:{''.join(shown)}"


def check_events(proof: Facts, checkpoint: Checkpoint) -> dict[int, Facts]:
    """Hold every event against the log; returns their contents, by position."""
    last = 0
    for event in proof["events"]:
        before, last = last, event["position"]
        need(set(event) == EVENT and event["index"] == last - 1, f"位置 {last} 的事件的序号不符")
        need(before < last <= checkpoint.size, f"位置 {last} 的事件不在其次序上,或不在日志中")
        name, topic = event["originator_id"].encode(), event["topic"].encode()
        head = f"{event['position']} {event['originator_version']} {len(name)} {len(topic)} ".encode()
        leaf = checkpoint.digest(b"\x00" + head + name + topic + event["state"].encode())
        path = [b64decode(text, validate=True) for text in event["hashes"]]
        root = root_of(checkpoint, leaf, event["index"], path)
        need(root == checkpoint.root, f"位置 {last} 的事件不在检查点所说的日志中:内容或位置被改过")
    need(last, "证明中没有任何事件")
    return {event["position"]: json.loads(event["state"]) for event in proof["events"]}


def check_subject(proof: Facts, contents: dict[int, Facts]) -> list[str]:
    """The subject's streams are its own, without a gap, with what belongs to them and nothing else."""
    events, subject, is_old = proof["events"], proof["subject"], proof["format"] == OLD
    prefix = "case:" if "/" in subject else "entry:" if "-" in subject else "finding:"
    streams = sorted({e["originator_id"] for e in events if e["originator_id"].startswith(prefix)})
    is_own = {folded(stream) for stream in streams} == {folded(prefix + subject)}
    need(is_own or (is_old and prefix == "finding:" and not streams), f"这些不是 {plain(subject)} 的事件")
    for stream in streams:
        versions = [e["originator_version"] for e in events if e["originator_id"] == stream]
        need(versions == list(range(1, len(versions) + 1)), f"{plain(stream)} 的各版有缺:{versions}")
    for event in events:
        action = contents[event["position"]].get("action")
        if event["originator_id"].startswith("case:") and isinstance(action, dict):
            named = folded(f"case:{action.get('office', '')}/{action.get('case_no', '')}")
            need(named == folded(event["originator_id"]), f"位置 {event['position']} 的操作属于另一办件")
    if not is_old:
        check_belongings(proof, contents, streams)
    return streams


def check_belongings(proof: Facts, contents: dict[int, Facts], streams: list[str]) -> None:
    """Imports, runs, evidence and rows are those of the events: all, and no more."""
    events = proof["events"]
    is_case = "/" in proof["subject"]
    runs, evidence = (set(), set()) if is_case else check_ledger(events, contents, streams[0])
    wanted = {("imports", content["import_no"]) for content in contents.values() if "import_no" in content}
    wanted |= {("runs", number) for number in runs}
    there = {(e["originator_id"], e["originator_version"]): contents[e["position"]] for e in events}
    need(wanted <= set(there), "缺少事件所说的导入或运行")
    for event, (key, content) in zip(events, there.items(), strict=True):
        is_withdrawal = key[0] == "withdrawals" and runs & set(content["run_nos"])
        is_known = key[0] in streams or key in wanted or event["position"] in evidence or is_withdrawal
        need(is_known, f"位置 {event['position']} 的事件与证明的对象无关")
    left = dict(contents)
    for row in proof["rows"]:
        content = left.pop(row["position"], {})
        place = there.get(("imports", content.get("import_no")), {}) | content
        is_its = content and all(row[name] == place[name] for name in PLACE)
        need(is_its, "附带的原始行不是证明中某一事件的,或所写的文件、行号与事件不符")


def check_ledger(events: list[Facts], contents: dict[int, Facts], stream: str) -> tuple[set[int], set[int]]:
    """Evidence and runs of the life of a finding or an entry, which are there; returns runs and evidence."""
    life, kind = [event for event in events if event["originator_id"] == stream], stream.partition(":")[0]
    need(life[0]["topic"] == f"{kind}-opened", "第 1 版不是立账")
    opened, numbers, evidence = contents[life[0]["position"]], set[int](), set[int]()
    runs = {e["originator_version"]: e["position"] for e in events if e["originator_id"] == "runs"}
    for event in life:
        content = contents[event["position"]]
        if event["topic"] == "finding-opened":
            evidence |= set(content["evidence"])
        elif event["topic"] in ("entry-opened", "entry-noted"):
            evidence |= {one["position"] for one in content.get("evidence", [])}
        number = content.get("run_no", 0)
        if kind == "entry" and not number:
            continue
        need(number in runs, f"缺少第 {number} 次运行")
        run = contents[runs[number]]
        is_its = kind == "entry" or runs[number] > event["position"]
        as_of = content["at" if kind == "entry" else "as_of"]
        need(is_its and run["as_of"] == as_of, f"第 {number} 次运行与台账不相符")
        need(event is not life[0] or opened["rule"] in run["rules"], "运行中没有这条规则")
        numbers.add(number)
    need(evidence <= set(contents), "立账所据的证据不全")
    return numbers, evidence


def verify(proof: Facts, trusted: list[Key]) -> list[str]:
    """Check all of a proof; returns what was shown, in lines (Chinese)."""
    kind, note = proof["format"], proof["checkpoint"]
    need(kind in (PROOF, OLD), f"未知的格式 {kind!r}")
    need(set(proof) <= MEMBERS | ({"statement"} if kind == PROOF else set()), "证明有此格式所没有的内容")
    by, checkpoint = signers(proof, note, trusted), Checkpoint(note)
    need((proof["origin"], proof["hash"]) == (checkpoint.origin, checkpoint.hash), "日志名或算法与检查点不符")
    if kind == PROOF:
        rest = {name: value for name, value in proof.items() if name != "statement"}
        canonical = json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        need(
            proof["statement"].rpartition("\n\n")[0] == f"regaudit proof\n{sha256(canonical).hexdigest()}",
            "全文与所签的不同:出具之后有改动",
        )
        by = [key for key in by if key.signed(proof["statement"])]
        need(by, "证明没有签发检查点的密钥对全文的签名")
    contents = check_events(proof, checkpoint)
    lines = [told(event, contents[event["position"]]) for event in proof["events"]]
    streams = check_subject(proof, contents)
    limit = (
        "各版中间无缺;此后再无别的版本,以及附带的原始行,由日志的密钥签名声明,签名者对此负责"
        if kind == PROOF
        else f"旧格式({OLD}),效力较弱:不证明其后没有别的事件,不证明附带的原始行,不证明问题由哪次运行查出"
    )
    head = [
        f"证明的对象:{'、'.join(map(plain, streams)) or '(没有问题的立账)'}",
        f"检查点:{plain(checkpoint.origin)} 前 {checkpoint.size} 条,指纹 {checkpoint.fingerprint}",
        f"签名:{by[0].line}",
    ]
    return [*head, *lines, f"OK: {len(lines)} 条事件都在该检查点的日志中,内容与当时一致。{limit}"]


def whole_object(found: list[tuple[str, Any]]) -> Facts:
    """An object of JSON in which no name stands twice."""
    need(len(dict(found)) == len(found), "同一名称出现两次")
    return dict(found)


def main(words: list[str]) -> int:
    """Run the check that the command line asks for."""
    if not words[1:] or words[2:]:
        print(HOW)
        return 2
    file, key = words
    try:
        lines = Path(key).read_text(encoding="utf-8").splitlines() if Path(key).is_file() else [key]
        keys = [Key(line) for line in lines if line.strip()]
        text = Path(file).read_bytes().decode()
        proof = json.loads(text, object_pairs_hook=whole_object, parse_float=str, parse_constant=str)
        print(*verify(proof, keys), sep="\n")
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        print(f"BAD: {error}" if isinstance(error, Bad) else f"BAD: 不是可读的证明:{error!r}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
