"""Files that people send with a form: laid down under their own names, for as long as the step needs them."""

import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from starlette.datastructures import FormData, UploadFile

from regaudit.base.errors import RegauditError

FILES = "files"
"""The field of a form that has them."""
_LONGEST = 120


def sent_files(form: FormData) -> list[UploadFile]:
    """The files of a form; a field that nobody filled in is none."""
    return [each for each in form.getlist(FILES) if isinstance(each, UploadFile) and each.filename]


@contextmanager
def laid_down(files: list[UploadFile]) -> Iterator[list[Path]]:
    """Files as paths, in their order; two of one name each have their own folder.

    Raises:
        RegauditError: one has no name that could be kept.
    """
    with TemporaryDirectory(prefix="regaudit-upload-") as folder:
        paths = []
        for number, file in enumerate(files):
            place = Path(folder) / str(number)
            place.mkdir()
            path = place / _name(file.filename or "")
            file.file.seek(0)
            with path.open("wb") as out:
                shutil.copyfileobj(file.file, out)
            paths.append(path)
        yield paths


def _name(given: str) -> str:
    """The name of a file without folders and signs that nobody sees."""
    name = PurePosixPath(given.replace("\\", "/")).name
    kept = "".join(
        sign for sign in unicodedata.normalize("NFC", name) if unicodedata.category(sign)[0] != "C"
    )
    stem, dot, ending = kept.rpartition(".")
    if not dot:
        stem, ending = kept, ""
    short = stem[: _LONGEST // 4] + dot + ending[:10]
    if not short.strip(". "):
        raise RegauditError(f"附件的文件名 {given!r} 不能使用：请改名后再附上")
    return short
