"""What a server's refusal means, in the words of the usual servers."""

from collections.abc import Callable

import pytest

from regaudit.outlets.mail.smtp_replies import about_data, about_recipients, about_sender, reply_text
from regaudit.outlets.mail.smtp_transaction import Reply


def of_one(reply: Reply) -> str:
    return about_recipients({"li@example.cn": reply})


@pytest.mark.parametrize(
    ("about", "code", "text", "advice"),
    [
        (of_one, 450, "4.2.0 <li@example.cn>: Recipient address rejected: Greylisted", "暂时"),
        (of_one, 452, "4.2.2 The email account that you tried to reach is over quota", "暂时"),
        (of_one, 550, "5.1.1 <li@example.cn>: Recipient address rejected: User unknown", "地址不存在"),
        (of_one, 550, "No such user here", "地址不存在"),
        (of_one, 550, "Mailbox not found", "地址不存在"),
        (of_one, 550, "用户不存在", "地址不存在"),
        (of_one, 550, "", "mail.routes"),
        (of_one, 554, "5.7.1 <li@example.cn>: Relay access denied", "转发"),
        (of_one, 550, "5.7.54 SMTP; Unable to relay recipient in non-accepted domain", "转发"),
        (of_one, 530, "5.7.0 Authentication required", "登录"),
        (of_one, 550, "5.7.1 Authentication is required to relay", "登录"),
        (of_one, 552, "5.2.2 Over quota", "邮箱已满"),
        (of_one, 550, "Mailbox is full", "邮箱已满"),
        (of_one, 550, "5.2.1 The email account is disabled", "停用"),
        (of_one, 550, "5.7.1 Message rejected due to local policy", "规则"),
        (of_one, 554, "Service unavailable; Client host blocked using Spamhaus", "规则"),
        (of_one, 571, "what", "询问"),
        (about_sender, 450, "4.1.8 Sender address rejected: Domain not found", "暂时"),
        (about_sender, 530, "5.7.57 Client not authenticated to send mail", "登录"),
        (about_sender, 553, "Mail from must equal authorized user", "mail.sender"),
        (about_sender, 550, "5.1.8 Sender address rejected: Domain not found", "mail.sender"),
        (about_sender, 552, "5.3.4 Message size exceeds fixed limit", "太大"),
        (about_data, 451, "4.7.1 Service unavailable - try again later", "暂时"),
        (about_data, 552, "Message exceeds maximum size", "太大"),
        (about_data, 554, "DT:SPM 163 smtp, spam", "按内容或规则"),
        (about_data, 550, "5.7.1 Blocked by policy", "按内容或规则"),
        (about_data, 500, "what", "询问"),
    ],
)
def test_a_refusal_says_what_to_do(about: Callable[[Reply], str], code: int, text: str, advice: str) -> None:
    assert advice in about((code, text.encode()))


def test_each_advice_is_given_once() -> None:
    unknown = (550, b"5.1.1 unknown")
    said = about_recipients({"a@example.cn": unknown, "b@example.cn": unknown, "c@example.cn": (450, b"")})
    assert (said.count("地址不存在"), said.count("暂时")) == (1, 1)
    assert reply_text({"a@example.cn": (550, b"5.1.1\n no\r\nsuch")}) == "a@example.cn(550 5.1.1 no such)"
