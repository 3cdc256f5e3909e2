"""People read Chinese, whatever language their system speaks."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("language", [{"LANG": "C"}, {"LANGUAGE": "fr", "LANG": "fr_FR.UTF-8"}, {}])
def test_whatever_language_the_system_speaks(language: dict[str, str]) -> None:
    spoken = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    environment = {name: value for name, value in os.environ.items() if name not in spoken} | language
    words = [sys.executable, "-X", "utf8", "-m", "regaudit", "check", "--help"]
    told = subprocess.run(words, capture_output=True, encoding="utf-8", check=True, env=environment).stdout
    assert "显示本帮助并退出。" in told
    assert "\n选项:\n" in told
