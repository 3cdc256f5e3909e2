"""Installs regaudit from the archive that this lies in, without a network; an installed version is upgraded.

`install.sh` and `install.ps1` start it with the Python of the machine, which may be of any version: until
that is looked at, nothing stands here that Python 3.6 cannot read. Needs nothing but Python. Exit status 1
where `regaudit doctor` then finds a fault, 2 where nothing could be installed.
"""

import getopt
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NoReturn

HERE = Path(__file__).resolve().parent
FACTS = dict(
    line.split("=", 1)
    for line in (HERE / "bundle.env").read_text(encoding="utf-8").splitlines()
    if "=" in line
)
MARK = "regaudit-bundle.env"
"""Says in an environment that this made it, from which archive."""
SERVICES = ("regaudit", "regaudit-nightly", "regaudit-desk")
FOR_ALL = Path("/opt/regaudit")
"""Where the units in `deploy/` expect the program."""
LINKS = Path("/usr/local/bin")
"""Where the programs of a machine are found that no package brought."""
USAGES = {
    "install.sh": """用法:sh install.sh [--python 程序] [--prefix 文件夹] [--clear]

安装 regaudit,或升级已安装的;不使用网络。

  --python 程序    用哪个 Python 安装,写在最前;
                   不写的,用 PATH 中的 python{PYTHON} 或 python3
  --prefix 文件夹  装在哪个文件夹;
                   不写的,root 用户为 /opt/regaudit,其他用户为 ~/regaudit
  --clear          清空已有的环境,从头安装;自行装入的驱动要再装一次
  -h, --help       显示本说明
""",
    "install.ps1": """用法:powershell -ExecutionPolicy Bypass -File install.ps1
       [-Python 程序] [-Prefix 文件夹] [-Clear]

安装 regaudit,或升级已安装的;不使用网络。

  -Python 程序    用哪个 Python 安装;
                  不写的,由 py 找到 Python {PYTHON},没有 py 的用 PATH 中的 python
  -Prefix 文件夹  装在哪个文件夹;
                  不写的,为 %LOCALAPPDATA%\\Programs\\regaudit
  -Clear          清空已有的环境,从头安装;自行装入的驱动要再装一次
  -Help           显示本说明
""",
}
"""By the script that this is started by; an archive has one of them."""


def refuse(found: str, advice: str) -> NoReturn:
    """End, with what is wrong and what to do (Chinese)."""
    sys.stderr.write(f"不能安装:{found}\n  → {advice}\n")
    sys.exit(2)


def read_words(words: list[str]) -> dict[str, str]:
    """The options of the command line, by name; whoever asks for help gets it, and no more."""
    try:
        options, rest = getopt.gnu_getopt(words, "h", ["help", "prefix=", "clear", "python="])
    except getopt.GetoptError as error:
        dashes = "--" if error.opt[1:] else "-"
        refuse(
            f"选项 {dashes}{error.opt} 不认识,或缺少、多出了值", "请运行 sh install.sh --help 查看全部选项"
        )
    given = dict(options)
    if {"-h", "--help"} & set(given):
        [usage] = (usage for script, usage in USAGES.items() if (HERE / script).exists())
        print(usage.format(**FACTS), end="")
        sys.exit(0)
    if "--python" in given:
        refuse("--python 不在最前,或与程序之间不是空格", "请写作 sh install.sh --python 程序 其他选项")
    if rest:
        refuse(f"多出了 {' '.join(rest)}", "请运行 sh install.sh --help 查看全部选项")
    return given


def check_machine() -> None:
    """Refuse a machine that the wheels of the archive are not for."""
    if "{}.{}".format(*sys.version_info) != FACTS["PYTHON"] or platform.python_implementation() != "CPython":
        refuse(
            f"本包用于 Python {FACTS['PYTHON']},而 {sys.executable} 是 "
            f"{platform.python_implementation()} {platform.python_version()}",
            f"请安装 Python {FACTS['PYTHON']},或换用与本机 Python 相符的安装包;"
            "已装在别处的,用 --python(Windows 用 -Python)指明",
        )
    here, wanted = sysconfig.get_platform(), FACTS["PLATFORM"]
    if here != wanted:
        refuse(f"本包用于 {wanted},本机的 Python 是 {here}", f"请换用 {here} 的安装包或 {wanted} 的 Python")
    libc, version = platform.libc_ver()
    least = FACTS.get("GLIBC", "")
    if least and (libc != "glibc" or _numbers(version) < _numbers(least)):
        refuse(f"需要 glibc {least} 以上,本机是 {libc or '别的 C 库'} {version}", "请换用较新的操作系统")
    try:
        import ensurepip  # noqa: F401, PLC0415 - some systems leave it out
        import venv  # noqa: F401, PLC0415
    except ImportError:
        refuse(
            f"{sys.executable} 缺少 venv",
            f"请安装系统的 python{FACTS['PYTHON']}-venv(Debian、统信、麒麟的安装盘中有)",
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def check_files() -> None:
    """Refuse an archive that is not what was made: by `SHA256SUMS`."""
    damaged = []
    for line in (HERE / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        path = HERE / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            damaged.append(name)
    if damaged:
        refuse(f"安装包不完整或被改动:{'、'.join(damaged)}", "请重新拷入并解压安装包,再运行一次")


def default_prefix() -> Path:
    """The folder for all of the machine; for who may not write there, in his own."""
    if os.name == "nt":
        return Path(os.environ["LOCALAPPDATA"]) / "Programs" / "regaudit"
    return FOR_ALL if os.geteuid() == 0 else Path.home() / "regaudit"


def prepare(prefix: Path, *, anew: bool) -> Path:
    """Make the environment, or take the one that is there.

    Args:
        prefix: its folder.
        anew: whether one that is there is emptied first.

    Returns:
        Its Python.
    """
    programs = prefix / ("Scripts" if os.name == "nt" else "bin")
    python = programs / ("python.exe" if os.name == "nt" else "python")
    is_ours = any(programs.glob("regaudit*")) or (prefix / MARK).exists()
    if prefix.exists() and any(prefix.iterdir()) and not is_ours:
        refuse(f"{prefix} 不是空文件夹,也不是 regaudit 的安装", "请用 --prefix 另指一处")
    if is_ours:
        _refuse_running()
    if anew or not is_ours or _version_of(python) != FACTS["PYTHON"]:
        print(f"建立虚拟环境 {prefix}", flush=True)
        prefix.mkdir(parents=True, exist_ok=True)
        # Before all else, so that an installation that was broken off is known again.
        (prefix / MARK).touch()
        run([sys.executable, "-I", "-m", "venv", *(["--clear"] if is_ours else []), str(prefix)])
    shutil.copyfile(HERE / "bundle.env", prefix / MARK)
    return python


def _refuse_running() -> None:
    """An upgrade takes files away that a running service reads."""
    if shutil.which("systemctl") is None:
        return
    asked = [shutil.which("systemctl") or "", "is-active", *SERVICES]
    states = subprocess.run(asked, capture_output=True, encoding="utf-8", check=False).stdout.split()  # noqa: S603
    active = [name for name, state in zip(SERVICES, states) if state in ("active", "activating")]  # noqa: B905
    if active:
        refuse(f"服务 {'、'.join(active)} 正在运行", f"请先 systemctl stop {' '.join(active)},装好后再启动")


def _version_of(python: Path) -> str:
    """Empty where it does not run."""
    asked = [str(python), "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        return subprocess.run(asked, stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return ""


def run(words: list[str]) -> None:
    """Run a command that has to succeed, whatever the machine has set up for Python and pip."""
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("PIP_", "PYTHON", "REGAUDIT_"))
    }
    done = subprocess.run(words, cwd=HERE, env={**own, "PIP_CONFIG_FILE": os.devnull}, check=False)  # noqa: S603
    if done.returncode:
        refuse(
            f"{' '.join(words)} 退出码 {done.returncode}",
            "请按上面的报错处理,再运行一次;仍不行的,加 --clear(Windows 用 -Clear)从头安装",
        )


def is_linked(program: Path, links: Path) -> bool:
    """Whether a folder has a link to the program: made, unless something else has its name there."""
    link = links / program.name
    try:
        if not link.is_symlink() or link.readlink() != program:
            link.symlink_to(program)
    except OSError:
        return False
    return True


def as_typed(*words: object) -> str:
    """A command as it can be pasted into a shell, of Windows into PowerShell."""
    if os.name != "nt":
        return " ".join(shlex.quote(str(word)) for word in words)
    shown = " ".join(f'"{word}"' if " " in str(word) else str(word) for word in words)
    return f"& {shown}" if shown.startswith('"') else shown


def by_name(program: Path, *, is_found: bool) -> str:
    """How the program is run by its bare name (Chinese)."""
    if is_found:
        return "在任何文件夹都可以只写 regaudit"
    if os.name == "nt":
        return f'要只写 regaudit,先执行 $env:Path = "{program.parent};$env:Path"'
    return f'要只写 regaudit,先执行 export PATH="{program.parent}:$PATH"(写入 ~/.profile 的,以后登录都有效)'


def main() -> int:
    """Install; returns the exit status."""
    given = read_words(sys.argv[1:])
    check_machine()
    check_files()
    # Others than the one who installs run it.
    os.umask(0o022)
    prefix = Path(given.get("--prefix") or default_prefix()).absolute()
    try:
        python = prepare(prefix, anew="--clear" in given)
    except PermissionError as error:
        refuse(f"没有权限写入 {error.filename}", "请以 root 运行,或用 --prefix 另指一处有权写入的文件夹")
    except (FileExistsError, NotADirectoryError) as error:
        refuse(f"{error.filename} 是文件,不能作文件夹用", "请用 --prefix 另指一处")
    except OSError as error:
        refuse(f"不能在 {prefix} 建立文件:{error}", "请用 --prefix 另指一处可以写入的文件夹")
    print(f"安装 regaudit {FACTS['VERSION']}(不使用网络)", flush=True)
    pip = [str(python), "-I", "-m", "pip", "--isolated", "--disable-pip-version-check", "install", "--quiet"]
    # All of it, whatever is there: what was damaged is mended, and a later build may have the same version.
    given_alone = [
        "--no-index",
        "--find-links",
        "wheels",
        "--require-hashes",
        "--no-deps",
        "--force-reinstall",
    ]
    run([*pip, *given_alone, "-r", "requirements.txt"])
    program = python.with_name("regaudit.exe" if os.name == "nt" else "regaudit")
    print(f"已安装:{program}\n体检:", flush=True)
    status = subprocess.run([str(program), "doctor", "--home", str(HERE)], check=False).returncode  # noqa: S603
    # Elsewhere it is somebody's own, or on trial.
    is_found = prefix == FOR_ALL and is_linked(program, LINKS)
    demo = as_typed(python, HERE / "tools" / "demo.py")
    begin = as_typed(program, "init", "工作区文件夹", "--profile", "规程名")
    print(
        f"{by_name(program, is_found=is_found)}\n"
        f"试运行(样本日志的一晚):\n  {demo}\n"
        f"新建工作区:\n  {begin}\n下一步见 安装说明.md"
    )
    return int(status != 0)


if __name__ == "__main__":
    sys.exit(main())
