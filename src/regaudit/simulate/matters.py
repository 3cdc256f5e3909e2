"""What a case is about, as the platform names it: subtype and matter. No rule looks at them."""

from zlib import crc32

from regaudit.simulate.cases import Case

_MORTGAGE = "mortgage"
_MORTGAGE_CODE = "90"
_MATTERS = {
    "100": {"新建": 3, "补办": 1},
    "200": {"买卖": 14, "继承": 3, "赠与": 2, "法院判决": 1},
    "300": {"名称变化": 6, "面积变化": 4, "用途变化": 3, "分割": 3, "合并": 2},
    "400": {"灭失": 1, "放弃权利": 1},
    "700": {"预购商品房": 1},
}
_OF_MORTGAGES = {"100": {"抵押": 1}, "300": {"债权数额变化": 1}, "400": {"债务清偿": 1}}


def about(case: Case) -> tuple[str, str]:
    """Subtype (a code) and matter of a case; blank where the platform names none.

    It takes nothing of the chance that the rest of a simulation hangs on.
    """
    is_mortgage = case.right_type == _MORTGAGE
    right = _MORTGAGE_CODE if is_mortgage else case.right_type.zfill(2)
    weights = (_OF_MORTGAGES if is_mortgage else _MATTERS).get(case.registration_type, {"": 1})
    matters = [matter for matter, weight in weights.items() for _ in range(weight)]
    return f"{case.registration_type}{right}", matters[crc32(case.unit_no.encode()) % len(matters)]
