"""The archive of `make bundle` installs as root where there is no network, and sends its first mail."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bundles import BUNDLE, ROOT
from needs import BUNDLE as ARCHIVE
from needs import NAMESPACES, UNSHARE, program

pytestmark = pytest.mark.long
FIRST_MAIL = 300
"""Seconds from the archive to the first mail."""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Any:
    archive = ROOT / "dist" / BUNDLE.archive_name(BUNDLE.here())
    if not archive.exists():
        ARCHIVE.lack()
    apart = [program("unshare", UNSHARE), "--net", "--mount", "--map-root-user"]
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode:
        NAMESPACES.lack()
    driver = Path(__file__).parents[1] / "closed_network.py"
    folder = tmp_path_factory.mktemp("closed") / "network"
    words = [*apart, sys.executable, str(driver), str(archive), sys._base_executable, str(folder)]  # type: ignore[attr-defined]
    done = subprocess.run(words, stdout=subprocess.PIPE, encoding="utf-8", check=True)
    return json.loads(done.stdout)


def test_the_units_start_what_root_has_installed(facts: Any) -> None:
    assert facts["units"] == {"/opt/regaudit/bin/regaudit": True}
    assert "已安装:/opt/regaudit/bin/regaudit\n" in facts["said"]["install"][1]
    assert "在任何文件夹都可以只写 regaudit\n" in facts["said"]["install"][1]


def test_there_was_no_network(facts: Any) -> None:
    assert facts["interfaces"] == ["lo"]


@pytest.mark.parametrize("command", ["install", "init", "night", "doctor", "again"])
def test_every_command_succeeds(facts: Any, command: str) -> None:
    status, text = facts["said"][command]
    assert status == 0, text


def test_the_first_mail_is_there_within_minutes(facts: Any) -> None:
    assert facts["mails"] == 2, facts["said"]["night"]
    assert facts["seconds"] < FIRST_MAIL


def test_what_is_installed_is_what_was_tested(facts: Any) -> None:
    checks = {each["check"]: each["status"] for each in json.loads(facts["said"]["doctor"][1])}
    assert [checks[name] for name in ("packages", "versions", "mail-server")] == ["ok"] * 3


def test_an_installation_that_was_damaged_is_mended(facts: Any) -> None:
    assert "体检:" in facts["said"]["again"][1]
    assert "故障 0" in facts["said"]["again"][1]
