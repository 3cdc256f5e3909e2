"""Getting in by a provider of OpenID Connect (统一身份认证): there, and back again."""

from starlette.requests import Request
from starlette.responses import Response

from regaudit.base.folded_text import fold
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.doors import NOBODY, Room
from regaudit.outlets.desk.guard import Visit, note
from regaudit.outlets.desk.pages import missing, moved, page
from regaudit.outlets.desk.provider import RETURN, Provider, ProviderError
from regaudit.outlets.desk.rooms.entrance import OIDC, begin, stage_of

ROOMS = [
    PORTAL := Room(
        name="portal",
        path="/login/oidc",
        title="统一身份认证",
        is_shown=False,
        stages=(NOBODY,),
        is_kept=False,
    )
]
_NO_FACTOR = "您的角色须用第二因素登录，而统一身份认证没有核对：请在那里设置后重新登录。"
_AGAIN = "登录没有完成，或者用了太久：请重新登录。"


def depart(request: Request) -> Response:
    """Send a browser to the provider."""
    desk: Desk = request.app.state.desk
    visit: Visit = request.state.visit
    if desk.provider is None:
        return missing(request)
    try:
        departure = desk.provider.depart()
    except ProviderError as error:
        return _entrance(request, str(error), status=502)
    target = request.query_params.get("next", "")
    desk.departures.keep(departure, visit.token, target, request.state.at)
    return moved(departure.address)


def come_back(request: Request) -> Response:
    """Let somebody in whom the provider knows, as far as he is a user here."""
    desk: Desk = request.app.state.desk
    visit: Visit = request.state.visit
    if desk.provider is None:
        return missing(request)
    words = request.query_params
    arrival = desk.departures.take(words.get("state", ""), visit.token, request.state.at)
    if arrival is None:
        return _entrance(request, _AGAIN)
    try:
        return _judged(request, desk.provider, arrival.nonce, arrival.verifier, arrival.target)
    except ProviderError as error:
        note(request, "failed", status=401, told=str(error), is_bare=True)
        return _entrance(request, str(error))


def _judged(request: Request, provider: Provider, nonce: str, verifier: str, target: str) -> Response:
    desk: Desk = request.app.state.desk
    words = request.query_params
    if "code" not in words:
        told = words.get("error", "")
        raise ProviderError(f"统一身份认证没有让您登录（{told[:60]}）" if told.isprintable() else _AGAIN)
    who = provider.identify(words["code"], nonce=nonce, verifier=verifier, issuer=words.get("iss", ""))
    user = request.state.visit.people.get(fold(who.login))
    if user is None:
        raise ProviderError(f"{who.login[:60]} 不是监管台的用户：请找安全管理员")
    if user.is_locked:
        note(request, "failed", status=401, told="用户已锁定", user=user, is_bare=True)
        return _entrance(request, "用户已锁定：请找安全管理员。")
    is_theirs = desk.settings.desk.oidc is not None and desk.settings.desk.oidc.second_factor == "theirs"
    if is_theirs and not who.has_factor and desk.factors.needs_factor(user):
        note(request, "failed", status=401, told="统一身份认证没有核对第二因素", user=user, is_bare=True)
        return _entrance(request, _NO_FACTOR)
    stage = stage_of(desk, user, OIDC, is_code_shown=is_theirs)
    return begin(request, user, stage, target, way=OIDC, told="由统一身份认证认定", is_bare=True)


def _entrance(request: Request, told: str, *, status: int = 401) -> Response:
    return page(request, "login.html", status=status, told=told, next="", login="")


routes = [PORTAL.get("/login/oidc", depart), PORTAL.get(RETURN, come_back)]
