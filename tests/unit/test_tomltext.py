"""What is wrong with a TOML file is said in Chinese, with its place."""

import re
import tomllib

import pytest

from regaudit.base.tomltext import in_chinese


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('profile = "default\n', "文字没有在本行结束,缺右引号"),
        ("profile = default", "值的写法有误,文字要用英文引号括起来"),
        ("profile", "名称之后应有等号"),
        ("profile =", "值的写法有误,文字要用英文引号括起来"),
        ('a = 1 "b"', "值之后还有多余的内容"),
        (':office = "1"', "这里应写“名称 = 值”"),
        ('path = "D:\\exports"', "双引号里的反斜杠要写成两个,或改用单引号"),
        ('path = "D:\\users"', "双引号里的反斜杠要写成两个,或改用单引号"),
        ('a = """x', "文字没有结束,缺右引号"),
        ("[mail", "缺少 ]"),
        ("[[sources]", "缺少 ]]"),
        ("a = [1, 2", "缺少 ]"),
        ("a = { b = 1", "缺少 }"),
        ("a = 1\na = 2", "同一项写了两次"),
        ("a = {b = 1, b = 2}", "同一项写了两次"),
        ("[mail]\n[mail]", "['mail'] 写了两次"),
        ("on = 2026-02-30", "日期或时间的写法有误"),
        ("a = 1\x00", "值之后还有多余的内容"),
    ],
)
def test_a_mistake_is_told_in_chinese(text: str, told: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as raised:
        tomllib.loads(text)
    said = in_chinese(str(raised.value))
    assert not re.search(r"[A-Za-z]{4,}", said.replace("mail", ""))
    assert re.fullmatch(re.escape(told) + r" \((第 \d+ 行第 \d+ 列|在文件末尾)\)", said)
