#!/bin/sh
# 找到本安装包所用的 Python,由它安装。用法:sh install.sh --help
set -eu
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
. "$here/bundle.env"
candidates="python$PYTHON:python3"
if [ "${1-}" = --python ] && [ $# -ge 2 ]; then
    candidates=$2
    shift 2
fi
IFS=:
for each in $candidates; do
    if "$each" -c "" >/dev/null 2>&1; then
        exec "$each" -I "$here/install.py" "$@"
    fi
done
printf '%s\n' "不能安装:没有找到可以运行的 Python($candidates)" \
    "  → 请安装 Python $PYTHON;已装在别处的,用 sh install.sh --python /路径/python$PYTHON 指明" >&2
exit 2
