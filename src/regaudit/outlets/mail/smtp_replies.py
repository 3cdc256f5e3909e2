"""What a server's refusal of a recipient, a sender or a mail means, and what to do about it.

Codes alone say little: 550 is an unknown address, a mail that must not pass and a login that is lacking. So
the extended code (`5.1.1`) counts, and what the text says in the words of the usual servers.
"""

import re
from collections.abc import Mapping, Sequence

from regaudit.outlets.mail.smtp_transaction import Reply, is_permanent
from regaudit.outlets.mail.wording import one_line

FOR_NOW = "这是暂时的,请稍后重试"
_ASK = "请向邮件管理员询问原因"
_LOGIN = (
    r"^53[0578]|5\.7\.(0|8|57)\b|auth\w* (is )?(required|needed)|must auth|need auth|not logged in|需要?认证",
    "服务器要求登录:请设置 mail.smtp 的 user 和密码",
)
_SIZE = (
    r"5\.3\.4|5\.2\.3|too (large|big)|maximum (message|mail) size|message size|size limit|过大|超过.*大小",
    "邮件太大:请让邮件管理员放宽大小的限制",
)
_FULL = (r"^552|5\.2\.2|mailbox.*full|quota|storage|邮箱.*满|超.*容量", "收件人的邮箱已满:请通知其清理邮箱")
_RELAY = (
    r"relay|not permitted to (send|route)|gateway|转发|中继",
    "服务器不替本机转发到该地址:请让邮件管理员允许本机转发,或设置 mail.smtp 的 user 登录后再发",
)
_DISABLED = (
    r"5\.2\.1|disabled|inactive|suspended|停用|冻结",
    "收件人的邮箱已停用:请核对 regaudit.toml 中 mail.routes 的地址",
)
_UNKNOWN = (
    r"5\.1\.\d|no such|unknown|not (exist|found|known|here|local)|does ?n[o']t exist|invalid|不存在|无此",
    "地址不存在:请核对 regaudit.toml 中 mail.routes 的地址",
)
_POLICY = (
    r"5\.7\.|polic|spam|block|denied|reject|blacklist|listed|reputation|spf|dkim|dmarc|prohibit|禁止|策略|垃圾",
    "服务器按其规则拒收:请让邮件管理员放行本机和发件人(mail.sender)",
)
_ANY_ADDRESS = (r"^55[013]", "请核对 regaudit.toml 中 mail.routes 的地址;地址无误则向邮件管理员询问原因")
_OF_RECIPIENT = (_LOGIN, _SIZE, _FULL, _RELAY, _DISABLED, _UNKNOWN, _POLICY, _ANY_ADDRESS)
_OF_SENDER = (
    _LOGIN,
    (r"^552|" + _SIZE[0], _SIZE[1]),
    (_RELAY[0], _RELAY[1]),
    (
        r"^55[0134]|5\.[17]\.|sender|from",
        "不许用这一发件人:请核对 mail.sender,它往往须与登录的用户(mail.smtp.user)相同",
    ),
)
_OF_DATA = (
    _LOGIN,
    (r"^552|" + _SIZE[0], _SIZE[1]),
    _RELAY,
    (
        r"^55[04]|5\.[67]\.|" + _POLICY[0],
        "服务器按内容或规则拒收:请让邮件管理员放行本机和发件人(mail.sender)",
    ),
)
Meanings = Sequence[tuple[str, str]]
"""A pattern of code and text, and what to do; the first that fits."""


def reply_text(refused: Mapping[str, Reply]) -> str:
    """`wang@example.cn(550 no such user)、…`."""
    return "、".join(f"{address}({shown(reply)})" for address, reply in refused.items())


def shown(reply: tuple[int, bytes | str]) -> str:
    """`550 no such user`, on one line."""
    code, text = reply
    return f"{code} {one_line(text if isinstance(text, str) else text.decode('utf-8', 'replace'))}".strip()


def about_recipients(refused: Mapping[str, Reply]) -> str:
    """What to do about refused recipients, each advice once."""
    return ";".join(dict.fromkeys(_meaning(reply, _OF_RECIPIENT) for reply in refused.values()))


def about_sender(reply: tuple[int, bytes | str]) -> str:
    """What to do about a refused sender."""
    return _meaning(reply, _OF_SENDER)


def about_data(reply: tuple[int, bytes | str]) -> str:
    """What to do about a refused mail."""
    return _meaning(reply, _OF_DATA)


def _meaning(reply: tuple[int, bytes | str], meanings: Meanings) -> str:
    text = shown(reply)
    if not is_permanent((reply[0], b"")):
        return FOR_NOW
    return next((advice for what, advice in meanings if re.search(what, text, re.IGNORECASE)), _ASK)
