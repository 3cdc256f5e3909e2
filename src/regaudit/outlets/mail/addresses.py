"""Mail addresses as they stand in `regaudit.toml`."""

import re
from collections.abc import Sequence
from email.errors import HeaderParseError
from email.headerregistry import Address

from regaudit.outlets.mail.errors import MailError
from regaudit.outlets.mail.wording import one_line

_SPEC = r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+"
_ADDRESS = re.compile(rf"(?P<spec>{_SPEC})|\"?(?P<name>[^\"<>]*?)\"? *<(?P<named>{_SPEC})>", re.ASCII)


def parse_address(text: str, key: str) -> Address:
    """The address `text`, such as `登记监管 <jg@example.cn>`; `key` is the setting it comes from.

    Raises:
        MailError: it is not one plain ASCII address; the message names the setting.
    """
    text = one_line(text)
    match = _ADDRESS.fullmatch(text)
    spec = (match["spec"] or match["named"]) if match else ""
    refusal = MailError(f"邮件地址 {text!r} 不正确:请修改 regaudit.toml 的 {key}")
    if match is None or not spec.isascii():
        raise refusal
    try:
        return Address(display_name=match["name"] or "", addr_spec=spec)
    except (HeaderParseError, ValueError) as error:
        raise refusal from error


def parse_addresses(texts: Sequence[str]) -> tuple[Address, ...]:
    """The recipients `texts`, each once, without names.

    Raises:
        MailError: there is none, or one is not a plain address.
    """
    if not texts:
        raise MailError("没有收件人:请在 regaudit.toml 的 mail.routes 里填写 to")
    specs = dict.fromkeys(parse_address(text, "mail.routes 的 to").addr_spec for text in texts)
    return tuple(Address(addr_spec=spec) for spec in specs)
