"""How people read what the program writes: mostly on the morning after."""

import re

FROM_THE_READER = re.compile(r"今[日天晚夜]|昨[日天晚夜]|明[天晚]|明日(?![志期历])")
"""Words for a day that mean another one on the next morning; 证明日志, 写明日期 and 写明日历 are none."""
