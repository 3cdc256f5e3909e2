"""The keys of a log: one private key that signs its checkpoints, and every public key that ever did.

`keys/log.key` is the private key in force (PEM, PKCS 8, mode 0600), `keys/log.pub` holds a verifier key a
line. `keys/next.key` is there only while the key is being changed: it is in force as soon as the log says so,
so that whenever a change is cut off one of the two files is the key that the log names.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from regaudit.base.archive import sync_folder
from regaudit.base.errors import KeyFileError, reason_of
from regaudit.base.folders import Folders
from regaudit.base.in_place import put_in_place
from regaudit.eventlog.tree.notes import Signer, VerifierKey

PRIVATE, NEXT, PUBLIC = "log.key", "next.key", "log.pub"


def make_key(home: Path, file: str) -> Ed25519PrivateKey:
    """Make a private key and store it durably as `file` in the keys' folder, in place of one of that name."""
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(Folders(home).keys / file, pem)
    return private


def read_key(path: Path) -> Ed25519PrivateKey:
    """The private key in a file.

    Raises:
        KeyFileError: there is none, or it is damaged.
    """
    try:
        private = load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError as error:
        raise KeyFileError(
            f"签名私钥 {path} 不存在,未写入任何事件:请从备份恢复该文件;核对日志(regaudit verify)不需要它"
        ) from error
    except OSError as error:
        raise KeyFileError(
            f"签名私钥 {path} 无法读取({reason_of(error)}),未写入任何事件:请检查权限"
        ) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"签名私钥 {path} 已损坏,未写入任何事件:请从备份恢复该文件") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyFileError(f"签名私钥 {path} 不是 Ed25519 私钥,未写入任何事件:请从备份恢复该文件")
    return private


def has_private_key(home: Path) -> bool:
    """Whether a private key is there: without one a log can be checked, not continued."""
    return any(os.path.lexists(Folders(home).keys / name) for name in (PRIVATE, NEXT))


def signer_in_force(home: Path, keys: Sequence[VerifierKey]) -> Signer:
    """The private key that belongs to the last of a log's verifier keys.

    A change of keys that was cut off after the log took the new key is finished here.

    Raises:
        KeyFileError: it is missing, damaged, or another log's.
    """
    folder, verifier = Folders(home).keys, keys[-1]
    if (folder / NEXT).exists():
        signer = Signer(verifier.name, read_key(folder / NEXT))
        if signer.verifier == verifier:
            put_in_force(home, keys)
            return signer
    signer = Signer(verifier.name, read_key(folder / PRIVATE))
    if signer.verifier != verifier:
        raise KeyFileError(
            f"签名私钥 {folder / PRIVATE} 不是本日志的:日志现用的公钥是 {verifier.text()},"
            "未写入任何事件。请从备份恢复该文件"
        )
    return signer


def put_in_force(home: Path, keys: Sequence[VerifierKey]) -> None:
    """Put the next key in the place of the private key, which is destroyed, and note all public keys."""
    folder = Folders(home).keys
    put_in_place(folder / NEXT, folder / PRIVATE)
    sync_folder(folder)
    write_public(home, keys)


def write_public(home: Path, keys: Sequence[VerifierKey]) -> None:
    """Note all public keys that a log ever had."""
    _write(Folders(home).keys / PUBLIC, "".join(f"{key.text()}\n" for key in keys).encode(), mode=0o644)


def _write(path: Path, content: bytes, mode: int = 0o600) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.incoming")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.chmod(mode)  # whatever the umask takes away
    put_in_place(draft, path)
    sync_folder(path.parent)
