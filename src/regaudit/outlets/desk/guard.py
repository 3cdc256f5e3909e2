"""What stands before every view: who asks, whether he may, and whether a page of ours sent the form."""

import hmac
import logging
from typing import Any
from urllib.parse import quote, urlsplit

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from regaudit.base.errors import RegauditError
from regaudit.base.folded_text import fold
from regaudit.catalogue.event_types import AccessLine
from regaudit.ledger.people import People, User
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.doors import IN, NOBODY, Door
from regaudit.outlets.desk.kept_forms import keep_sent, kept_form, restored
from regaudit.outlets.desk.pages import missing, moved, page, refused
from regaudit.outlets.desk.peers import RefusedPeerError, peer_of
from regaudit.outlets.desk.sessions import ENDED, Session, form_token, new_token
from regaudit.outlets.desk.viewer import Viewer

_LOGGER = logging.getLogger("regaudit.desk")
COOKIE = "desk"
LARGEST_FORM = 80 << 20
"""Bytes of the largest form with its files."""
_FIELDS, _FILES, _PART = 30_000, 20, 2 << 20


class Visit(Struct, frozen=True, kw_only=True):
    """Somebody at a door.

    Attributes:
        session: as far as he has one.
        ended: why it is one no longer.
        is_fresh: a proxy said who he is, and his session began with this request.
        kept: how many forms of his are kept.
    """

    token: str
    session: Session | None
    user: User | None
    people: People
    ended: str = ""
    is_fresh: bool = False
    kept: int = 0

    @property
    def stage(self) -> str:
        """How far he is in."""
        return NOBODY if self.session is None or self.ended or self.user is None else self.session.stage


class Guard:
    """A view behind its doors: one of them for each method."""

    def __init__(self, doors: dict[str, Door]) -> None:
        self.doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive)
        try:
            response = await self.answer(request)
        finally:
            await request.close()
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """The answer to a request: a page whatever happens."""
        try:
            return await self._answer(request)
        except Exception:
            # Who asked gets a page, with its headers; whoever runs the desk gets what happened.
            _LOGGER.exception("%s %s", request.method, request.url.path)
            told = "程序出错,没有办成:请稍后再试。仍不行的,请系统管理员查看监管台的运行记录(journalctl)。"
            return refused(request, "出错了", told, status=500)

    async def _answer(self, request: Request) -> Response:
        desk: Desk = request.app.state.desk
        request.state.at = desk.now()
        try:
            visit = await run_in_threadpool(visit_of, request, desk)
        except RegauditError as error:
            return refused(request, "没有受理", str(error), status=403)
        request.state.visit, request.state.token = visit, form_token(visit.token)
        door = self.doors.get("GET" if request.method == "HEAD" else request.method)
        if visit.user is not None and visit.stage == IN:
            request.state.viewer = Viewer(user=visit.user, people=visit.people, day=request.state.at.date())
            request.state.room, request.state.kept = door.room if door else None, visit.kept
        if door is None or (visit.stage in door.room.stages and not self._lets(request, door)):
            return await run_in_threadpool(_recorded, request, missing)
        if request.method == "POST":
            form = await _form_of(request)
            if isinstance(form, Response):
                return await run_in_threadpool(_refused_form, request, form)
            request.state.form = form
        try:
            if visit.stage not in door.room.stages:
                return await run_in_threadpool(_turned_away, request, visit, door)
            response = await run_in_threadpool(_recorded, request, door.view)
        finally:
            if request.method == "POST":
                await request.state.form.close()
                await request.close()
        is_asked = NOBODY in door.room.stages and COOKIE not in request.cookies
        if visit.is_fresh or is_asked:
            give_token(request, response, visit.token)
        return response

    @staticmethod
    def _lets(request: Request, door: Door) -> bool:
        viewer: Viewer | None = getattr(request.state, "viewer", None)
        return viewer is None or door.lets(viewer)


def visit_of(request: Request, desk: Desk) -> Visit:
    """Who asks.

    Raises:
        RefusedPeerError: a proxy's header is not believed.
        LogError: the log cannot be read.
    """
    request.state.peer = peer_of(request, desk.settings.desk)
    people, token = desk.people(), request.cookies.get(COOKIE, "")
    session = desk.sessions.find(token, request.state.at)
    user = people.get(session.login) if session is not None else None
    ended = session.ended if session is not None else ""
    if session is not None and not ended and (user is None or not _still(session, user)):
        desk.sessions.end(token, "changed")
        ended = "changed"
    kept = desk.sessions.count_kept(user.login) if user is not None and not ended else 0
    visit = Visit(
        token=token or new_token(), session=session, user=user, people=people, ended=ended, kept=kept
    )
    return _by_proxy(request, desk, visit) if desk.settings.desk.proxy_header else visit


def _by_proxy(request: Request, desk: Desk, visit: Visit) -> Visit:
    """Who asks, where a proxy says it: in his session, or in a new one.

    Raises:
        RefusedPeerError: the proxy names nobody who may come in.
    """
    login = fold(request.state.peer.login)
    user = visit.people.get(login)
    if user is None or user.is_locked:
        told = f"用户 {login} 已锁定" if user else f"没有用户 {login}" if login else "请经由登录门户进入"
        raise RefusedPeerError(f"{told}:不能进入监管台,请找安全管理员")
    is_his = visit.user is not None and visit.user.login == login
    # A form that comes too late is kept first.
    if is_his and (not visit.ended or request.method == "POST"):
        return visit
    token = desk.sessions.begin(login, IN, secrets_of(user), request.state.peer.address, request.state.at)
    note(request, "login", user=user, told="由登录门户认定")
    session = desk.sessions.find(token, request.state.at)
    return Visit(token=token, session=session, user=user, people=visit.people, is_fresh=True)


def secrets_of(user: User) -> str:
    """What lets a user in as the log has it now: who he is and the hashes of his secrets."""
    told = sorted(user.secrets.items())
    return "|".join([user.person_id, *(f"{kind}:{record}" for kind, record in told)])


def give_token(request: Request, response: Response, token: str) -> None:
    """Give a token to the browser: for this host alone, for no script, and encrypted where the page is."""
    response.set_cookie(
        COOKIE, token, httponly=True, samesite="lax", path="/", secure=request.state.peer.is_encrypted
    )


def note(
    request: Request,
    kind: str,
    *,
    status: int = 0,
    told: str = "",
    user: User | None = None,
    is_bare: bool = False,
) -> None:
    """Put a line into the access record; `is_bare`: without what stands behind the path, which is secret."""
    desk: Desk = request.app.state.desk
    query = f"?{request.url.query}" if request.url.query and not is_bare else ""
    desk.access.note(
        AccessLine(
            at=request.state.at.isoformat(),
            login=user.login if user else "",
            person_id=user.person_id if user else "",
            address=request.state.peer.address,
            kind=kind,
            method=request.method,
            path=f"{request.url.path}{query}",
            status=status,
            told=told,
        )
    )


def _still(session: Session, user: User) -> bool:
    return not user.is_locked and session.secret_sha256 == secrets_of(user)


def _recorded(request: Request, view: Any) -> Response:
    """What a view answers; of who is in, it is on record before he sees it."""
    try:
        response: Response = view(request)
    except RegauditError as error:
        response = refused(request, "没有办成", str(error))
    visit: Visit = request.state.visit
    if visit.stage == IN:
        is_refused = getattr(request.state, "is_refused", False)
        kind = "refused" if is_refused else "view" if request.method in ("GET", "HEAD") else "change"
        note(request, kind, status=response.status_code, user=visit.user)
        _forget_kept(request, response)
    return response


def _refused_form(request: Request, response: Response) -> Response:
    """A form that was not taken is on record, too."""
    visit: Visit = request.state.visit
    if visit.stage == IN:
        note(request, "refused", status=response.status_code, user=visit.user)
    return response


def _forget_kept(request: Request, response: Response) -> None:
    """A kept form that was sent again and taken is kept no longer."""
    form_id = getattr(request.state, "kept_id", "")
    if form_id and response.status_code < 400:  # noqa: PLR2004 - the statuses of what was taken
        request.app.state.desk.sessions.forget_form(request.state.visit.user.login, form_id)


def _turned_away(request: Request, visit: Visit, door: Door) -> Response:
    """To the entrance, or on to what he has yet to show; a form of a session that ended is kept."""
    desk: Desk = request.app.state.desk
    told = ENDED.get(visit.ended, "")
    if visit.stage != NOBODY:
        return moved("/" if visit.stage == IN else f"/login/{visit.stage}")
    login = visit.session.login if visit.session is not None and visit.session.stage == IN else ""
    if request.method == "POST" and door.room.is_kept and login:
        keep_sent(desk, login, request, request.state.form)
        told = f"{told or '登录已结束'}。您提交的内容已保留,登录后可以继续提交。"
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    query = f"?next={quote(target, safe='')}" if request.method != "POST" and target != "/" else ""
    if desk.settings.desk.proxy_header:
        return refused(request, "登录已结束", f"{told or '登录已结束。'}请回到今日继续。", status=401)
    if told:
        return page(request, "login.html", status=401, told=told, next="" if not query else target, login="")
    return RedirectResponse(f"/login{query}", 303)


async def _form_of(request: Request) -> "FormData | Response":
    """The form that was sent, or why it is not taken."""
    length = request.headers.get("content-length", "")
    if not _is_same_site(request):
        return refused(request, "没有受理", "这个表单不是从本站的页面提交的。", status=403)
    if not length.isdigit() or int(length) > LARGEST_FORM:
        told = f"提交的内容(含附件)应不超过 {LARGEST_FORM >> 20} MB:请压缩附件,或分几次提交。"
        return refused(request, "没有受理", told, status=413)
    try:
        form = await request.form(max_files=_FILES, max_fields=_FIELDS, max_part_size=_PART)
    except ClientDisconnect:
        return refused(request, "没有受理", "提交中断:请重新提交。")
    except HTTPException as error:
        return refused(request, "没有受理", f"提交的内容不完整({error.detail}):请返回后重新提交。")
    sent = form.get("_token")
    token = form_token(request.state.visit.token)
    if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), token.encode()):
        told = "这个页面已经过期(可能在另一个窗口重新登录过):请返回、刷新页面后再提交。"
        return refused(request, "没有受理", told, status=403)
    form_id = form.get("_kept")
    return await run_in_threadpool(_kept_again, request, form_id) if isinstance(form_id, str) else form


def _kept_again(request: Request, form_id: str) -> "FormData | Response":
    """A form that was kept, sent again."""
    visit: Visit = request.state.visit
    kept = None
    if visit.stage == IN and visit.user is not None:
        kept = kept_form(request.app.state.desk, visit.user.login, form_id)
    if kept is None or kept.path != request.url.path:
        return refused(request, "没有找到", "保留的内容已经不在:请重新填写。", status=404)
    request.state.kept_id = kept.form_id
    return restored(kept)


def _is_same_site(request: Request) -> bool:
    """Whether the browser says nothing else than that a page of ours sent the form."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
