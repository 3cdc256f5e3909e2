"""What went wrong with the mail server, in words that say what to do."""

import smtplib
import socket
import ssl

from regaudit.base.errors import reason_of
from regaudit.base.settings import Smtp
from regaudit.outlets.mail.errors import AllRefusedError, MailError
from regaudit.outlets.mail.smtp_replies import (
    FOR_NOW,
    about_data,
    about_recipients,
    about_sender,
    reply_text,
    shown,
)
from regaudit.outlets.mail.smtp_transaction import (
    AnswerLostError,
    HungUpError,
    Reply,
    TlsRefusedError,
    is_permanent,
    parted,
)
from regaudit.outlets.mail.wording import one_line

_NO_STARTTLS = '请改用 security = "tls"(465 端口),或经批准后设为 "none"'
# OpenSSL's numbers, X509_V_ERR_…
_EXPIRED = {9, 10}
_WRONG_NAME = {62, 64}


def explain(error: Exception, smtp: Smtp, port: int) -> MailError:
    """`error` of smtplib, ssl or the network as an error for the user; one made for the user stays."""
    where = f"邮件服务器 {smtp.host}:{port}"
    if isinstance(error, ssl.SSLError):
        return MailError(f"{where} {_tls_text(error, smtp)}")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        put_off, refused = parted(error.recipients)
        return AllRefusedError(f"{where} {_smtp_text(error, smtp)}", put_off, refused)
    if isinstance(error, smtplib.SMTPException):
        return MailError(f"{where} {_smtp_text(error, smtp)}")
    return MailError(f"{where} {_network_text(error, smtp)}")


def timed_out(error: BaseException) -> bool:
    """`error` is a timeout, or smtplib's "connection closed" that was one."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, TimeoutError):
        is_closed = isinstance(cause, smtplib.SMTPServerDisconnected)
        cause = (cause.__cause__ or cause.__context__) if is_closed else None
    return cause is not None


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
        case AnswerLostError():
            text = (
                "收下了整封邮件,却没有答复(连接中断或超时):邮件可能已经送达。"
                "为免遗漏还会再发,收件人可能收到两封 Message-ID 相同的邮件"
            )
        case _ if timed_out(error):
            text = _timeout_text(smtp)
        case smtplib.SMTPRecipientsRefused():
            text = f"拒收全部收件人:{reply_text(error.recipients)}。{about_recipients(error.recipients)}"
        case smtplib.SMTPSenderRefused():
            text = f"拒绝发件人 {error.sender}({_code(error)}):{about_sender(_reply(error))}"
        case smtplib.SMTPDataError():
            text = f"拒收邮件内容({_code(error)}):{about_data(_reply(error))}"
        case smtplib.SMTPNotSupportedError():
            text = _unsupported_text(str(error))
        case smtplib.SMTPResponseException():
            text = _before_the_mail(error)
        case HungUpError():
            text = f"在收件人 {error.address} 处中断了连接({shown(error.reply)}):{FOR_NOW}"
        case smtplib.SMTPServerDisconnected():
            text = f"中断了连接:请稍后重试,并检查 port 与 security = {smtp.security!r} 是否相符"
    return text


def _before_the_mail(error: smtplib.SMTPResponseException) -> str:
    """A refusal before any mail: of the connection, the greeting, the encryption."""
    is_for_good = is_permanent(_reply(error))
    match error:
        case smtplib.SMTPConnectError():
            what, advice = "不接受连接", "请让邮件管理员放行本机的 IP 地址,并核对 mail.smtp 的 host 和 port"
        case smtplib.SMTPHeloError():
            what, advice = "不接受本机的问候", "请让邮件管理员放行本机的名称和 IP 地址"
        case TlsRefusedError():
            what, advice = "拒绝 STARTTLS", _NO_STARTTLS
        case _:
            what, advice = "答复了错误", "请向邮件管理员询问原因"
    return f"{what}({_code(error)}):{advice if is_for_good else FOR_NOW}"


def _unsupported_text(what: str) -> str:
    if "STARTTLS" in what:
        return f"不支持 STARTTLS:{_NO_STARTTLS}"
    if "AUTH" in what or "authentication" in what:
        return "在此连接上不接受登录:请清空 mail.smtp.user,或检查 security 的设置"
    return f"缺少所需的功能({one_line(what)}):请向邮件管理员询问"


def _code(error: smtplib.SMTPResponseException) -> str:
    return shown(_reply(error))


def _reply(error: smtplib.SMTPResponseException) -> Reply:
    said = error.smtp_error
    return error.smtp_code, said.encode() if isinstance(said, str) else said


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
