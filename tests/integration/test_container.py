"""The image: what its file says, held against the program, the archives and the units of systemd."""

import fnmatch
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from bundles import BUNDLE, EVERY, ROOT
from needs import BUNDLE as ARCHIVE
from needs import CONTAINERS

from regaudit.cli.main import cli

FILE = ROOT / "deploy" / "Containerfile"
HOME = "/var/lib/regaudit"
PREFIX = "/opt/regaudit"


def instructions() -> Iterator[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", FILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if line:
            name, _, words = line.partition(" ")
            yield name, words


SAID = list(instructions())


def said(name: str) -> list[str]:
    return [words for each, words in SAID if each == name]


def words_of(name: str) -> list[str]:
    [text] = said(name)
    words: list[str] = json.loads(text[text.index("[") :])
    return words


def test_nights_and_health_are_commands_of_the_program() -> None:
    assert words_of("ENTRYPOINT") == ["regaudit"]
    for program, command, *options in (["regaudit", *words_of("CMD")], words_of("HEALTHCHECK")):
        found = cli.get_command(click.Context(cli), command)
        assert (program, found is not None) == ("regaudit", True)
        assert found is not None
        found.make_context(command, options)


def test_the_program_does_not_run_as_root_and_finds_its_workspace() -> None:
    assert said("USER") == ["regaudit"]
    order = [name for name, _ in SAID]
    assert order.index("USER") < order.index("VOLUME") < order.index("CMD")
    environment = dict(pair.split("=", 1) for line in said("ENV") for pair in line.split())
    assert [*said("VOLUME"), *said("WORKDIR"), environment["REGAUDIT_HOME"]] == [HOME] * 3
    made = said("RUN")[-1]
    assert f"--home-dir {HOME} regaudit" in made
    assert f"install -d -o regaudit -g regaudit -m 0700 {HOME}" in made
    assert environment["PATH"] == f"{PREFIX}/bin:$PATH"
    unit = (ROOT / "deploy/regaudit.service").read_text(encoding="utf-8")
    assert f"ExecStart={PREFIX}/bin/regaudit {' '.join(words_of('CMD'))}\n" in unit
    assert f"REGAUDIT_HOME={HOME} " in unit


def test_the_archive_is_the_only_source_and_its_python_stays() -> None:
    [pattern, folder] = said("ADD")[0].split()
    names = [BUNDLE.archive_name(each) for each in EVERY]
    taken = fnmatch.filter(names, pattern)
    assert taken == [name for name in names if "linux" in name]
    assert said("RUN")[0] == f"sh {folder}*/install.sh --prefix {PREFIX}"
    assert said("COPY") == [f"--from=installed {PREFIX} {PREFIX}"]
    first, second = said("FROM")
    assert first == f"{second} AS installed"
    [python] = said("ARG")
    assert python.removeprefix("PYTHON=") in BUNDLE.PYTHONS


@pytest.mark.long
def test_an_image_runs_the_program(tmp_path: Path) -> None:
    runtime = shutil.which("docker") or shutil.which("podman")
    if runtime is None or subprocess.run([runtime, "info"], capture_output=True, check=False).returncode:
        CONTAINERS.lack()
    here = BUNDLE.here()
    base = said("FROM")[1].replace("${PYTHON}", here.python)
    if subprocess.run([runtime, "image", "inspect", base], capture_output=True, check=False).returncode:
        CONTAINERS.lack()
    archive = ROOT / "dist" / BUNDLE.archive_name(here)
    if not archive.exists():
        ARCHIVE.lack()
    shutil.copy(archive, tmp_path)
    build = [runtime, "build", "--quiet", "--file", str(FILE), "--build-arg", f"PYTHON={here.python}"]
    image = subprocess.run([*build, str(tmp_path)], stdout=subprocess.PIPE, encoding="utf-8", check=True)
    run = [runtime, "run", "--rm", image.stdout.strip(), "doctor", "--json"]
    done = subprocess.run(run, stdout=subprocess.PIPE, encoding="utf-8", check=True)
    checks = {each["check"]: each["status"] for each in json.loads(done.stdout)}
    assert (checks["versions"], checks["zone"]) == ("ok", "ok")
