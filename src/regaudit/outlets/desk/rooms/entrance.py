"""Getting in and out: password, code, a new password, a second factor, what was kept."""

from datetime import datetime
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from regaudit.base.errors import RegauditError
from regaudit.ledger.people import User
from regaudit.ledger.secrets import FACTOR, PASSWORD
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.doors import IN, NOBODY, Room
from regaudit.outlets.desk.factors import Answer, Judged
from regaudit.outlets.desk.guard import COOKIE, Visit, give_token, note, secrets_of
from regaudit.outlets.desk.kept_words import told_form
from regaudit.outlets.desk.pages import moment_text, moved, page, refused

OIDC = "oidc"
"""The way of who was let in by a provider of OpenID Connect."""
CODE, CHANGE, ENROL = "code", "change", "enrol"
"""What a session has yet to show or set: a code, a password of its user's own, a second factor."""

ROOMS = [
    ENTRANCE := Room(name="login", path="/login", title="登录", is_shown=False, stages=(NOBODY,)),
    CODES := Room(name="code", path="/login/code", title="动态口令", is_shown=False, stages=(CODE,)),
    CHANGES := Room(name="change", path="/login/change", title="更改口令", is_shown=False, stages=(CHANGE,)),
    ENROLMENT := Room(name="enrol", path="/login/enrol", title="第二因素", is_shown=False, stages=(ENROL,)),
    EXIT := Room(
        name="logout",
        path="/logout",
        title="退出",
        is_shown=False,
        stages=(IN, CODE, CHANGE, ENROL),
        is_kept=False,
    ),
    KEPT := Room(name="kept", path="/kept", title="保留的内容", is_shown=False, is_kept=False),
    OWN := Room(name="own", path="/own", title="我的口令", is_shown=False, is_kept=False),
]


def ask(request: Request) -> Response:
    """The form of the entrance; who has left the desk can leave the provider, too."""
    desk: Desk = request.app.state.desk
    farewell = desk.provider.farewell() if desk.provider and "left" in request.query_params else ""
    target = request.query_params.get("next", "")
    return page(request, "login.html", told="", next=target, login="", farewell=farewell)


def enter(request: Request) -> Response:
    """Let somebody in who knows his password, as far as he is to be let in by that."""
    desk: Desk = request.app.state.desk
    visit: Visit = request.state.visit
    form, now = request.state.form, request.state.at
    login, target = str(form.get("login", "")), str(form.get("next", ""))
    if desk.settings.desk.oidc is not None and not desk.settings.desk.oidc.passwords:
        return page(request, "login.html", status=401, told="请用统一身份认证登录。", next=target, login="")
    judged = desk.factors.judge_password(visit.people, login, str(form.get("password", "")), now)
    user = visit.people.get(login.strip())
    if judged.answer is not Answer.RIGHT or user is None or user.is_locked:
        _note_failure(request, judged, user)
        told = _why(judged, user)
        return page(request, "login.html", status=401, told=told, next=target, login=login)
    return begin(request, user, stage_of(desk, user), target)


def begin(
    request: Request,
    user: User,
    stage: str,
    target: str,
    *,
    way: str = "",
    told: str = "",
    is_bare: bool = False,
) -> Response:
    """Begin a session at a stage, under a new token, and go on to what is next."""
    desk: Desk = request.app.state.desk
    token = desk.sessions.begin(
        user.login, stage, secrets_of(user), request.state.peer.address, request.state.at, way=way
    )
    if stage == IN:
        note(request, "login", user=user, told=told, is_bare=is_bare)
    response = moved(_next(target) if stage == IN else f"/login/{stage}?next={quote(_next(target), safe='')}")
    give_token(request, response, token)
    return response


def _advance(request: Request, told: str, stage: str) -> Response:
    """On to the next stage, under a new token."""
    desk: Desk = request.app.state.desk
    visit: Visit = request.state.visit
    user = desk.people().get(visit.user.login) if visit.user else None
    if user is None:
        return moved("/login")
    token = desk.sessions.move(visit.token, stage, secrets_of(user), request.state.at)
    if stage == IN:
        note(request, "login", user=user, told=told)
    target = _next(str(request.state.form.get("next", "")))
    response = moved(target if stage == IN else f"/login/{stage}?next={quote(target, safe='')}")
    give_token(request, response, token)
    return response


def stage_of(desk: Desk, user: User, way: str = "", *, is_code_shown: bool = False) -> str:
    """What a user has to do next who has shown his password, or came by another way.

    Of who came by that way nothing more is asked once the provider has asked for a second factor.
    """
    if FACTOR in user.secrets and desk.settings.desk.second_factor and not is_code_shown:
        return CODE
    if way == "" and user.secrets_by.get(PASSWORD) != user.login:
        return CHANGE
    is_shown = way == OIDC and is_code_shown
    needs_one = desk.factors.needs_factor(user) and FACTOR not in user.secrets
    return ENROL if needs_one and not is_shown else IN


def ask_code(request: Request) -> Response:
    """The form for a code."""
    return page(request, "login_code.html", told="", next=request.query_params.get("next", ""))


def take_code(request: Request) -> Response:
    """Take the code of a second factor."""
    desk: Desk = request.app.state.desk
    user: User = request.state.visit.user
    judged = desk.factors.judge_code(user, str(request.state.form.get("code", "")), request.state.at)
    if judged.answer is not Answer.RIGHT:
        _note_failure(request, judged, user)
        target = str(request.state.form.get("next", ""))
        if judged.answer is Answer.LOCKED or judged.is_first_lock:
            desk.sessions.end(request.state.visit.token, "changed")
        return page(request, "login_code.html", status=401, told=_why(judged, user, "动态口令"), next=target)
    way = request.state.visit.session.way
    return _advance(request, "动态口令", stage_of(desk, user, way, is_code_shown=True))


def ask_password(request: Request) -> Response:
    """The form for a password of his own."""
    return page(request, "login_change.html", told="", next=request.query_params.get("next", ""))


def take_password(request: Request) -> Response:
    """Set the password that he chose himself."""
    desk: Desk = request.app.state.desk
    user: User = request.state.visit.user
    form = request.state.form
    told = _set_password(request, user)
    if told:
        return page(request, "login_change.html", status=400, told=told, next=str(form.get("next", "")))
    changed = desk.people().get(user.login)
    return _advance(request, "更改口令", stage_of(desk, changed or user, is_code_shown=True))


def _set_password(request: Request, user: User) -> str:
    """Set a password that was typed twice; why it was not (Chinese), or empty."""
    desk: Desk = request.app.state.desk
    form, now = request.state.form, request.state.at
    fresh, again = str(form.get("fresh", "")), str(form.get("again", ""))
    if PASSWORD not in user.secrets:
        return "您没有本地口令:请找安全管理员设置"
    if fresh != again:
        return "两次输入的新口令不一样：请重新输入"
    judged = desk.factors.judge_password(desk.people(), user.login, str(form.get("password", "")), now)
    if judged.answer is not Answer.RIGHT:
        _note_failure(request, judged, user)
        return _why(judged, user, "现在的口令")
    if fresh == form.get("password"):
        return "新口令与现在的一样：请另取一个"
    try:
        with desk.steps.change_users(desk.author(user.login, request.state.peer.address)) as users:
            users.set_password(user.login, fresh)
    except RegauditError as error:
        return str(error)
    return ""


def ask_factor(request: Request, *, told: str = "", status: int = 200) -> Response:
    """The form that sets up a second factor."""
    desk: Desk = request.app.state.desk
    secret = str(request.state.form.get("secret", "")) if request.method == "POST" else ""
    secret = secret or desk.factors.new_secret()
    target = request.query_params.get("next", "")
    return page(
        request,
        "login_enrol.html",
        status=status,
        told=told,
        next=target,
        secret=secret,
        address=desk.factors.address_of(secret, request.state.visit.user.login),
    )


def take_factor(request: Request) -> Response:
    """Set up a second factor whose first code he has shown."""
    desk: Desk = request.app.state.desk
    user: User = request.state.visit.user
    secret = str(request.state.form.get("secret", ""))
    if not desk.factors.is_secret(secret):
        return refused(request, "没有办成", "密钥不完整：请返回后刷新页面，重新设置。")
    step = desk.factors.step_of(secret, str(request.state.form.get("code", "")), request.state.at)
    if step is None:
        return ask_factor(request, told="动态口令不对：请核对密钥和手机的时间，输入新的 6 位数字", status=400)
    try:
        with desk.steps.change_users(desk.author(user.login, request.state.peer.address)) as users:
            users.set_factor(user.login, desk.factors.record_of(secret))
    except RegauditError as error:
        return ask_factor(request, told=str(error), status=400)
    desk.factors.use_code(user.login, step)
    return _advance(request, "设置第二因素", IN)


def leave(request: Request) -> Response:
    """End the session."""
    desk: Desk = request.app.state.desk
    note(request, "logout", user=request.state.visit.user)
    visit: Visit = request.state.visit
    desk.sessions.end(visit.token, "left")
    response = moved("/login?left=1" if visit.session and visit.session.way == OIDC else "/login")
    response.delete_cookie(COOKIE)
    return response


def show_kept(request: Request) -> Response:
    """The forms that were kept for him."""
    desk: Desk = request.app.state.desk
    people, on = desk.people(), request.state.at.date()
    kept = desk.sessions.kept_forms(request.state.viewer.login)
    return page(request, "kept.html", forms=[told_form(each, people, on) for each in kept])


def drop_kept(request: Request) -> Response:
    """Forget a kept form."""
    desk: Desk = request.app.state.desk
    desk.sessions.forget_form(request.state.viewer.login, str(request.state.form.get("form_id", "")))
    return moved("/kept")


def show_own(request: Request) -> Response:
    """His own password."""
    return page(request, "own.html", told="")


def change_own(request: Request) -> Response:
    """Change his own password; he stays in."""
    user: User = request.state.visit.user
    told = _set_password(request, user)
    if told:
        return page(request, "own.html", status=400, told=told)
    return _advance(request, "更改口令", IN)


def _note_failure(request: Request, judged: Judged, user: User | None) -> None:
    if judged.is_noted:
        told = {Answer.DAMAGED: "存储的记录与事件日志所记的不符"}.get(judged.answer, "口令或动态口令不对")
        if judged.answer is Answer.RIGHT:
            told = "用户已锁定"
        note(request, "failed", status=401, told=told, user=user)
    if judged.is_first_lock:
        note(request, "locked", status=401, told=f"至 {moment_text(judged.locked_until)}", user=user)


def _why(judged: Judged, user: User | None, what: str = "登录名或口令") -> str:
    """Why somebody is not let in (Chinese)."""
    if judged.locked_until is not None:
        return f"连续多次输错，已暂停登录至 {_hour(judged.locked_until)}。忘记口令的，请找安全管理员重设。"
    if judged.answer is Answer.DAMAGED:
        return "存储的口令记录与事件日志所记的不符，不能登录：请安全管理员重设。"
    if judged.answer is Answer.RIGHT and user is not None and user.is_locked:
        return "用户已锁定：请找安全管理员。"
    return f"{what}不对。"


def _hour(at: datetime) -> str:
    return f"{at:%H:%M}"


def _next(target: str) -> str:
    """Where somebody goes who is in: a path of ours, and nothing else."""
    is_ours = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if is_ours and "\\" not in target else "/"


routes = [
    ENTRANCE.get("/login", ask),
    ENTRANCE.post("/login", enter),
    CODES.get("/login/code", ask_code),
    CODES.post("/login/code", take_code),
    CHANGES.get("/login/change", ask_password),
    CHANGES.post("/login/change", take_password),
    ENROLMENT.get("/login/enrol", ask_factor),
    ENROLMENT.post("/login/enrol", take_factor),
    EXIT.post("/logout", leave),
    KEPT.get("/kept", show_kept),
    KEPT.post("/kept", drop_kept),
    OWN.get("/own", show_own),
    OWN.post("/own", change_own),
]
