"""Originals are kept compressed and given back as they were."""

from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pytest

from regaudit.base.archive import archive, check_archived, restore
from regaudit.base.errors import RefusedFileError


class TestArchive:
    def test_a_file_comes_back_as_it_was(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes(b"x\r\ny")
        file = archive(tmp_path / "a.csv", tmp_path / "archive")
        restore(tmp_path / "archive", file.sha256, tmp_path / "back")
        assert (tmp_path / "back").read_bytes() == b"x\r\ny"
        assert file.members == ()

    def test_a_folder_comes_back_as_it_was(self, tmp_path: Path) -> None:
        folder = tmp_path / "导出"
        (folder / "子").mkdir(parents=True)
        files = {"b.csv": b"b", "a.csv": b"a", "子/空.csv": b"", "子/副本.csv": b"a"}
        for name, content in files.items():
            (folder / name).write_bytes(content)
        (folder / "~$a.xlsx").write_bytes(b"lock")
        (folder / ".隐藏").mkdir()
        (folder / ".隐藏" / "x.csv").write_bytes(b"x")
        file = archive(folder, tmp_path / "archive")
        assert [member.name for member in file.members] == sorted(files)
        assert file.size == 3
        restore(tmp_path / "archive", file.sha256, tmp_path / "back")
        back = tmp_path / "back"
        assert {p.relative_to(back).as_posix(): p.read_bytes() for p in back.rglob("*.csv")} == files
        # The same files elsewhere are the same folder; another name or content is another.
        assert archive(back, tmp_path / "archive").sha256 == file.sha256
        (back / "b.csv").rename(back / "c.csv")
        assert archive(back, tmp_path / "archive").sha256 != file.sha256
        assert not list((tmp_path / "archive").glob(".incoming-*"))

    def test_a_file_that_looks_like_a_manifest_is_a_file(self, tmp_path: Path) -> None:
        name = sha256(b"a").hexdigest()
        for content in (
            f'{{"type":"regaudit-folder","members":[{{"name":"../a","sha256":"{name}","size":1}}]}}',
            '{"type":"regaudit-folder", "members":[]}',
            '{"type":"regaudit-folder","members":[',
        ):
            (tmp_path / "a.json").write_text(content, encoding="utf-8")
            file = archive(tmp_path / "a.json", tmp_path / "archive")
            restore(tmp_path / "archive", file.sha256, tmp_path / "back")
            assert (tmp_path / "back").read_text(encoding="utf-8") == content
            (tmp_path / "back").unlink()

    def test_copies_that_arrow_packed_are_read(self, tmp_path: Path) -> None:
        """As archives of older versions have them: without checksum."""
        content = b"x\r\ny" * 99
        digest = sha256(content).hexdigest()
        with (
            pa.OSFile(str(tmp_path / f"{digest}.zst"), "wb") as file,
            pa.CompressedOutputStream(file, "zstd") as out,
        ):
            out.write(content)
        check_archived(tmp_path, digest)
        restore(tmp_path, digest, tmp_path / "back")
        assert (tmp_path / "back").read_bytes() == content

    def test_a_copy_that_is_cut_short_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(bytes(range(256)) * 99)
        file = archive(tmp_path / "a", tmp_path)
        copy = tmp_path / f"{file.sha256}.zst"
        copy.write_bytes(copy.read_bytes()[:-9])
        with pytest.raises(RefusedFileError, match="请从备份恢复"):
            check_archived(tmp_path, file.sha256)

    def test_a_copy_that_is_missing_or_changed_is_refused(self, tmp_path: Path) -> None:
        for name in ("a", "b"):
            (tmp_path / name).write_bytes(name.encode() * 99)
        store = tmp_path / "archive"
        first, second = (archive(tmp_path / name, store) for name in ("a", "b"))
        (store / f"{first.sha256}.zst").write_bytes((store / f"{second.sha256}.zst").read_bytes())
        (store / f"{second.sha256}.zst").write_bytes(b"junk")
        for name, words in ((first.sha256, "已被改动"), (second.sha256, "无法解压"), ("0" * 64, "没有")):
            with pytest.raises(RefusedFileError, match=words):
                restore(store, name, tmp_path / "back")
            assert not (tmp_path / "back").exists()

    def test_a_folder_without_data_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "空").mkdir()
        with pytest.raises(RefusedFileError, match="没有数据文件"):
            archive(tmp_path / "空", tmp_path / "archive")
