"""Where a lake lies: a folder, or whatever pyarrow's file systems reach by a URI."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa
from pyarrow import fs

from regaudit.base.archive import sync_folder
from regaudit.base.errors import reason_of
from regaudit.lake.errors import LakeError

FAILURES = (OSError, pa.ArrowException)
"""What reading and writing through pyarrow raises."""


class Storage:
    """Files by their paths in the lake, `/` between folders; what is written appears whole or not at all."""

    def __init__(self, place: str) -> None:
        """Open a folder, or a URI such as `s3://bucket/lake`.

        Raises:
            LakeError: pyarrow knows no such file system.
        """
        self.place = place
        try:
            if "://" in place:
                self.files, self.root = fs.FileSystem.from_uri(place)
            else:
                self.files, self.root = fs.LocalFileSystem(), str(Path(place).absolute())
        except (*FAILURES, ValueError) as error:
            raise LakeError(f"湖 {place} 无法打开({error}):请给出文件夹,或 pyarrow 认识的地址") from error
        self.is_local = isinstance(self.files, fs.LocalFileSystem)

    def path(self, name: str) -> str:
        """A name as the file system wants it."""
        return f"{self.root}/{name}"

    def address(self, name: str) -> str:
        """A name as a program without this storage finds the file."""
        return self.path(name) if self.is_local else f"{self.place.rstrip('/')}/{name}"

    def names(self, folder: str) -> list[str]:
        """What lies in a folder, by its last name, sorted; empty where there is no folder."""
        with self._telling(folder):
            selector = fs.FileSelector(self.path(folder), allow_not_found=True)
            return sorted(found.base_name for found in self.files.get_file_info(selector))

    def size(self, name: str) -> int | None:
        """The bytes of a file; None where there is none."""
        with self._telling(name):
            found = self.files.get_file_info(self.path(name))
        return cast("int", found.size) if found.type == fs.FileType.File else None

    def read(self, name: str) -> bytes:
        """The content of a file.

        Raises:
            LakeError: it cannot be read.
        """
        with self._telling(name), self.files.open_input_stream(self.path(name)) as file:
            return cast("bytes", file.read())

    def open(self, name: str) -> Any:
        """A file for random access, as pyarrow gives it.

        Raises:
            OSError: it cannot be read.
        """
        return self.files.open_input_file(self.path(name))

    def write(self, name: str, content: bytes) -> None:
        """Put a file in place of one of that name.

        Raises:
            LakeError: it cannot be written.
        """
        self.fill(name, lambda file: file.write(content))

    def fill(self, name: str, write: Callable[[BinaryIO], Any]) -> None:
        """Let `write` make a file that appears under its name when it is whole; raises as `write` does."""
        folder, _, last = name.rpartition("/")
        draft = self.path(f"{folder}/.incoming-{last}" if folder else f".incoming-{last}")
        with self._telling(name):
            self.files.create_dir(self.path(folder), recursive=True)
            try:
                with self.files.open_output_stream(draft) as file:
                    write(file)
                self._sync(draft)
                self.files.move(draft, self.path(name))
            except BaseException:
                self._forget(draft)
                raise
        if self.is_local:
            sync_folder(Path(self.path(name)).parent)

    def remove(self, name: str) -> None:
        """Delete a file."""
        with self._telling(name):
            self.files.delete_file(self.path(name))

    def _sync(self, path: str) -> None:
        if self.is_local:
            with Path(path).open("rb+") as written:
                os.fsync(written.fileno())

    def _forget(self, path: str) -> None:
        if self.files.get_file_info(path).type == fs.FileType.File:
            self.files.delete_file(path)

    @contextmanager
    def _telling(self, name: str) -> Iterator[None]:
        """Say of what fails which file it was."""
        try:
            yield
        except FAILURES as error:
            why = reason_of(error) if isinstance(error, OSError) else str(error)
            raise LakeError(f"湖中的 {self.path(name)} 不能读写({why}):请检查路径、权限与磁盘") from error
