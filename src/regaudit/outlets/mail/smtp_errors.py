"""What went wrong with the mail server, in words that say what to do."""

import smtplib
import socket
import ssl
from collections.abc import Mapping

from regaudit.base.errors import reason_of
from regaudit.base.settings import Smtp
from regaudit.outlets.mail.errors import MailError
from regaudit.outlets.mail.wording import one_line

PERMANENT = 500
# OpenSSL's numbers, X509_V_ERR_…
_EXPIRED = {9, 10}
_WRONG_NAME = {62, 64}


def explain(error: Exception, smtp: Smtp, port: int) -> MailError:
    """`error` of smtplib, ssl or the network as an error for the user; one made for the user stays."""
    where = f"邮件服务器 {smtp.host}:{port}"
    if isinstance(error, ssl.SSLError):
        return MailError(f"{where} {_tls_text(error, smtp)}")
    if isinstance(error, smtplib.SMTPException):
        return MailError(f"{where} {_smtp_text(error, smtp)}")
    return MailError(f"{where} {_network_text(error, smtp)}")


def timed_out(error: BaseException) -> bool:
    """`error` is a timeout, or smtplib's "connection closed" that was one."""
    cause = error.__cause__ or error.__context__
    return isinstance(error, TimeoutError) or (
        isinstance(error, smtplib.SMTPServerDisconnected) and isinstance(cause, TimeoutError)
    )


def reply_text(refused: Mapping[str, tuple[int, bytes]]) -> str:
    """`wang@example.cn(550 no such user)、…`."""
    return "、".join(f"{address}({code} {_decode(reply)})" for address, (code, reply) in refused.items())


def _decode(reply: bytes | str) -> str:
    return one_line(reply if isinstance(reply, str) else reply.decode("utf-8", "replace"))


def _timeout_text(smtp: Smtp) -> str:
    return (
        f"在 {smtp.timeout_seconds:g} 秒内没有应答:请检查网络、防火墙和端口,"
        f"以及 security = {smtp.security!r} 是否与端口相符"
    )


def _tls_text(error: ssl.SSLError, smtp: Smtp) -> str:
    if not isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"的加密连接没有建立({error.reason or error}):"
            f"请检查 port 与 security = {smtp.security!r} 是否相符(587 对应 starttls,465 对应 tls)"
        )
    if error.verify_code in _EXPIRED:
        return f"的证书不在有效期内({error.verify_message}):请更新服务器证书,并检查本机时间"
    if error.verify_code in _WRONG_NAME:
        return f"的证书不是发给 {smtp.host} 的:请把 mail.smtp.host 改成证书上的名称"
    return (
        f"的证书不受信任({error.verify_message}):服务器若用内部根证书,"
        "请把该根证书(PEM)放进工作区并填写 mail.smtp.ca_file"
    )


def _smtp_text(error: smtplib.SMTPException, smtp: Smtp) -> str:
    text = f"无法完成发送({one_line(str(error))}):请检查 mail.smtp 的设置"
    match error:
        case _ if timed_out(error):
            text = _timeout_text(smtp)
        case smtplib.SMTPRecipientsRefused():
            text = f"拒收全部收件人:{reply_text(error.recipients)}。{_refusal_advice(error.recipients)}"
        case smtplib.SMTPSenderRefused():
            text = (
                f"拒绝发件人 {error.sender}({_code(error)}):"
                "请核对 mail.sender,或服务器是否要求登录(mail.smtp.user)"
            )
        case smtplib.SMTPDataError():
            text = f"拒收邮件内容({_code(error)}):请向邮件管理员询问原因"
        case smtplib.SMTPNotSupportedError():
            text = _unsupported_text(str(error))
        case smtplib.SMTPResponseException():
            text = f"答复了错误({_code(error)}):请稍后重试,或向邮件管理员询问原因"
        case smtplib.SMTPServerDisconnected():
            text = f"中断了连接:请稍后重试,并检查 port 与 security = {smtp.security!r} 是否相符"
    return text


def _refusal_advice(refused: Mapping[str, tuple[int, bytes]]) -> str:
    if all(code < PERMANENT for code, _ in refused.values()):
        return "这是暂时的,请稍后重试"
    return "请核对 regaudit.toml 中 mail.routes 的地址"


def _unsupported_text(what: str) -> str:
    if "STARTTLS" in what:
        return '不支持 STARTTLS:请改用 security = "tls"(465 端口),或经批准后设为 "none"'
    if "AUTH" in what or "authentication" in what:
        return "在此连接上不接受登录:请清空 mail.smtp.user,或检查 security 的设置"
    return f"缺少所需的功能({one_line(what)}):请向邮件管理员询问"


def _code(error: smtplib.SMTPResponseException) -> str:
    return f"{error.smtp_code} {_decode(error.smtp_error)}"


def _network_text(error: Exception, smtp: Smtp) -> str:
    match error:
        case TimeoutError():
            return _timeout_text(smtp)
        case ConnectionRefusedError():
            return "拒绝连接:请检查 mail.smtp 的 host 和 port,以及服务器是否在运行"
        case socket.gaierror():
            return "的名称无法解析:请检查 mail.smtp.host,内网可直接填写 IP 地址"
        case ConnectionError():
            return "中断了连接:请稍后重试"
        case OSError():
            return f"无法连接({one_line(reason_of(error))}):请检查网络和 mail.smtp 的设置"
    return f"无法完成发送({one_line(str(error))}):请检查邮件的地址和 mail.smtp 的设置"
