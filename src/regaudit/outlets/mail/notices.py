"""What a user is told at once: that what lets him in, or where he is written to, was changed.

All of it is read from the log: whoever tells it, and however often it is tried, it is the same mail. It has
no secret in it, not even the hash of one.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from email.message import EmailMessage
from hashlib import sha256

import msgspec
from msgspec import Struct

from regaudit.base.running_text import moment_text
from regaudit.base.settings import Mail
from regaudit.catalogue.event_types import SecretChanged, UserAdded
from regaudit.catalogue.events import LogEvent
from regaudit.ledger.people import STREAM, User
from regaudit.ledger.secrets import PASSWORD
from regaudit.ledger.states import DOORS
from regaudit.outlets.mail.letters import Letter, Posting
from regaudit.outlets.mail.render import Envelope, make_mail, message_id
from regaudit.outlets.mail.wording import one_line

_OWN = (
    "若不是您本人所为：请立即告知安全管理员锁定这个登录名、重设口令和第二因素；"
    "再到监管台核对近来以您名义的办理。"
)
_OTHERS = "若不是您要求的，也没有人告诉过您：请立即告知安全管理员和中心负责人，查明是谁、为什么。"
_MOVED = "若不是您要求的：请立即告知安全管理员和中心负责人，此后的通知已不再发到这里。"


class Notice(Struct, frozen=True, kw_only=True):
    """A change that a user is told of.

    Attributes:
        version: of the event that it tells, in the user's stream.
        person: the natural person who is told.
        to: his addresses; empty: nobody can be written to.
        title: what was changed (Chinese), for the subject.
        told: the same as a sentence.
        by: who did it, `at` when, `where` from where (Chinese).
        advice: what to do if it was not he.
    """

    login: str
    version: int
    person: str
    name: str
    to: list[str]
    title: str
    told: str
    by: str
    at: datetime
    where: str
    advice: str


class NoticeView(Struct, frozen=True, kw_only=True):
    """Everything the templates print."""

    subject: str
    name: str
    told: str
    facts: list[tuple[str, str]]
    advice: str


def notices_of(events: Iterable[tuple[int, LogEvent]], after: int) -> list[Notice]:
    """What users are to be told of.

    Args:
        events: all events of users, in the order of the log, each behind its position.
        after: what lies behind this position is told.
    """
    users: dict[str, User] = {}
    found: list[Notice] = []
    for position, event in events:
        login = event.originator_id.removeprefix(STREAM)
        user = users.setdefault(login, User(login=login, person_id=""))
        before = msgspec.structs.replace(user, secrets=dict(user.secrets))
        user.apply(event)
        if position > after:
            found += _notices(before, user, event, users)
    return found


def letter_of(notice: Notice, mail: Mail) -> Letter:
    """The mail of a notice, to somebody who can be written to."""
    day = notice.at.date()
    fingerprint = sha256(msgspec.json.encode(notice)).hexdigest()
    identity = message_id(f"user {notice.login}", "\n".join(notice.to), day, fingerprint)
    return Letter(
        posting=Posting(night=day.isoformat(), person=notice.person),
        night=day,
        to=notice.to,
        identity=identity,
        name=f"user-{notice.login}",
        make=lambda sent_at: _mail(notice, mail, identity, sent_at),
    )


def _mail(notice: Notice, mail: Mail, identity: str, sent_at: datetime) -> EmailMessage:
    view = NoticeView(
        subject=f"【{one_line(mail.subject_prefix)}】{notice.title}（登录名 {one_line(notice.login)}）",
        name=one_line(notice.name),
        told=one_line(notice.told),
        facts=[
            ("登录名", one_line(notice.login)),
            ("何时", moment_text(notice.at)),
            ("何人", one_line(notice.by)),
            ("从何处", one_line(notice.where)),
        ],
        advice=notice.advice,
    )
    envelope = Envelope(
        sender=mail.sender, to=notice.to, subject=view.subject, message_id=identity, sent_at=sent_at
    )
    return make_mail(envelope, "notice", view, headers={})


def _notices(before: User, user: User, event: LogEvent, users: dict[str, User]) -> Iterator[Notice]:
    """What one event is told of, and to whom."""
    if isinstance(event, SecretChanged):
        title, told = _secret_changed(before, event, _name(event.by, users))
        yield _notice(user, _addresses(user, users), event, users, title=title, told=told)
    elif isinstance(event, UserAdded) and before.version:
        by = _name(event.by, users)
        if before.person_id != user.person_id and before.secrets:
            told = f"您的登录名已由 {by} 更正为另一人所用：您原来的口令和第二因素已失效。"
            title = "登录名已更正为另一人所用"
            yield _notice(before, _of(before), event, users, title=title, told=told)
        elif before.mail and before.mail != user.mail:
            told = f"接收通知的邮箱已由 {by} 更换：以后的邮件不再发到这里。"
            yield _notice(
                before, _of(before), event, users, title="接收通知的邮箱已更换", told=told, advice=_MOVED
            )


def _secret_changed(before: User, event: SecretChanged, by: str) -> tuple[str, str]:
    """What was changed, as a title and a sentence (Chinese)."""
    is_own, is_first = event.by == event.login, event.kind not in before.secrets
    if event.kind == PASSWORD:
        done = "设置" if is_first else "更改" if is_own else "重设"
        if is_own:
            return f"登录口令已{done}", f"您{done}了登录口令。"
        return f"登录口令已{done}", f"您的登录口令已由 {by} {done}：下次登录时须另取自己的口令。"
    if event.record_sha256:
        done = "设置" if is_first else "更换"
        return f"第二因素已{done}", f"您的第二因素（动态口令）已{done}。"
    return "第二因素已取消", f"您的第二因素（动态口令）已由 {by} 取消：需要第二因素的，下次登录时重新设置。"


def _notice(
    user: User,
    to: list[str],
    event: SecretChanged | UserAdded,
    users: dict[str, User],
    *,
    title: str,
    told: str,
    advice: str = "",
) -> Notice:
    return Notice(
        login=user.login,
        version=event.originator_version,
        person=user.person_id,
        name=user.person_name or user.login,
        to=to,
        title=title,
        told=told,
        by="本人" if event.by == user.login else _name(event.by, users),
        at=datetime.fromisoformat(event.at),
        where=_where(event),
        advice=advice or (_OWN if event.by == user.login else _OTHERS),
    )


def _where(event: SecretChanged | UserAdded) -> str:
    """From where it was done (Chinese)."""
    door = DOORS.get(event.door, "") if isinstance(event, SecretChanged) else ""
    if isinstance(event, SecretChanged) and event.address:
        return f"{door}，浏览器的地址 {event.address}"
    place = (f"系统用户 {event.system_user}" if event.system_user else "", f"机器 {event.machine}")
    return "，".join(part for part in (door, *place) if part)


def _name(login: str, users: dict[str, User]) -> str:
    user = users.get(login)
    return user.title if user else login


def _addresses(user: User, users: dict[str, User]) -> list[str]:
    """Where a user is written to: at his own address, else at those of the natural person's other logins."""
    others = (users[login] for login in sorted(users) if users[login].person_id == user.person_id)
    return _of(user) or list(dict.fromkeys(other.mail for other in others if other.mail))


def _of(user: User) -> list[str]:
    return [user.mail] if user.mail else []
