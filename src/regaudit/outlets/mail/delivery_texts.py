"""What is said of mails that did not reach everybody."""

from collections.abc import Sequence
from pathlib import Path

from regaudit.outlets.mail.smtp import Sent
from regaudit.outlets.mail.smtp_replies import about_recipients, reply_text


def not_ours(path: Path, *, is_known: bool) -> str:
    """Why a mail that waits is not sent, and what to do (Chinese)."""
    why = (
        "与当时存入的不同:存入之后被改动"
        if is_known
        else "不是日志记下的待发邮件:由别人放入,或由较早的版本存入"
    )
    return (
        f"outbox/{path.name} {why}。没有发出;其中内容不可信,请查明谁能写入工作区,"
        "把该文件移出 outbox/ 留存(当晚的结果见 regaudit findings 和分析数据库)"
    )


def refused(whose: str, sent: Sent) -> str:
    """That the server will never take a mail for some recipients (Chinese)."""
    others = ",其余收件人已收到" if sent.taken else ""
    return (
        f"{whose} 的邮件被邮件服务器拒收:{reply_text(sent.refused)}{others}。"
        f"{about_recipients(sent.refused)}。这封邮件不再发给被拒收的地址,请另行转告"
    )


def put_off(path: Path, sent: Sent) -> str:
    """That the server puts some recipients off, and where their mail waits (Chinese)."""
    others = ",其余收件人已收到" if sent.taken else ""
    return (
        f"邮件服务器暂时不收发给部分收件人的邮件:{reply_text(sent.put_off)}{others}。"
        f"邮件留在 {path},下一晚只发给 {'、'.join(sent.put_off)}"
    )


def perhaps_double(whose: str, taken: Sequence[str]) -> str:
    """That recipients may have a mail twice (Chinese)."""
    return (
        f"{whose} 的邮件发了两次:第一次邮件服务器收下后没有答复,"
        f"{'、'.join(taken)} 可能收到两封 Message-ID 相同的邮件"
    )
