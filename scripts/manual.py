"""Writes docs/manual.md: the help text with the pictures of docs/screenshots.

Run it by `make manual`; tests/help/test_manual.py fails where the two differ.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import django

from config.templatetags.markdown import HEADING

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "manual.md"
HEAD = (
    "# 使用手册\n\n"
    "本手册与系统内【使用帮助】页的文字相同，另附图片；各年度的截止日和上限请看该页。图中的人员、单位和登记都是虚构的。"
)
# The pictures at the end of a section: anchor -> (file in docs/screenshots, what it shows).
PICTURES = {
    "account": [("login", "登录")],
    "register": [("list", "学时登记的列表"), ("new", "新登记培训"), ("list-phone", "手机上的学时登记")],
    "submit": [("submit", "批量提交审核：选择单位"), ("confirm", "确认提交")],
    "lookup": [("years", "培训总体查询"), ("registrations", "培训登记详情和审核进度")],
    "states": [("notices", "通知")],
    "returned": [("returned", "修改退回的登记")],
    "certificate": [("certificate", "学时证明")],
    "decide": [("review", "学时审核"), ("review-registration", "审核一条登记")],
    "bulk": [("review-bulk", "批量审核")],
    "collective": [("collective", "集体登记：预览确认")],
    "statistics": [("statistics", "区域统计")],
    "appointments": [("appointments", "任职管理")],
    "admin-units": [("admin-units", "单位列表")],
    "admin-rules": [("admin-rule", "年度规则和上限")],
    "checkers": [("check", "证明核验")],
}
ANCHOR = re.compile(r"^\{id=([\w-]+)\}\n", re.MULTILINE)
# Coloured tags and definition lists, unknown on GitHub, and links to pages of the product, which a file cannot open.
TAG = re.compile(r"\[([^\[\]]+)\]\{[^}]*\}")
PAGE_LINK = re.compile(r"\[([^\[\]]+)\]\(/[^)]*\)")
KEYS = re.compile(r"^(`.+`)\n: (.+\n)(?:\n+(?=`))?", re.MULTILINE)


def manual(text: str) -> str:
    """The help text as a document: with a title, a table of contents and the pictures of each section."""
    contents = [f"{'  ' * (len(level) - 2)}- [{words}](#{anchor})" for anchor, level, words in HEADING.findall(text)]
    text = KEYS.sub(r"- \1：\2", PAGE_LINK.sub(r"\1", TAG.sub(r"\1", text)))
    _, *parts = ANCHOR.split(text)
    sections = [_section(anchor, words) for anchor, words in zip(parts[::2], parts[1::2], strict=True)]
    return re.sub(r"\n{3,}", "\n\n", "\n\n".join([HEAD, "## 目录", "\n".join(contents), *sections])) + "\n"


def _section(anchor: str, words: str) -> str:
    pictures = [f"![{shows}](screenshots/{name}.png)" for name, shows in PICTURES.get(anchor, ())]
    return "\n\n".join([f'<a id="{anchor}"></a>', words.strip(), *pictures])


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from hours.help.text import help_text

    TARGET.write_text(manual(help_text()), encoding="utf-8")
    sys.stdout.write(f"{TARGET.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
