"""Writes docs/manual.md from the text of the help page, with the pictures of docs/screenshots.

Run it by `make manual`; tests/help/test_manual.py fails where the two differ. Nothing but the tags that
templates/help/body.html names is understood.
"""

from __future__ import annotations

import os
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "manual.md"
HEAD = (
    "# 使用手册\n\n"
    "本手册与系统内【使用帮助】页的文字相同，另附图片；各年度的截止日和上限请看该页。图中的人员、单位和登记都是虚构的。\n"
)
# The pictures at the end of a section: anchor -> (file in docs/screenshots, what it shows).
PICTURES = {
    "account": [("login", "登录")],
    "register": [("list", "学时登记的列表"), ("new", "新登记培训"), ("list-phone", "手机上的学时登记")],
    "submit": [("submit", "批量提交审核：选择单位"), ("confirm", "确认提交")],
    "lookup": [("years", "培训总体查询"), ("entries", "培训登记详情和审核进度")],
    "states": [("notices", "通知")],
    "returned": [("returned", "修改退回的登记")],
    "certificate": [("certificate", "学时证明")],
    "decide": [("review", "学时审核"), ("review-entry", "审核一条登记")],
    "bulk": [("review-bulk", "批量审核")],
    "collective": [("collective", "集体登记：预览确认")],
    "statistics": [("statistics", "区域统计")],
    "appointments": [("appointments", "任职管理")],
    "admin-units": [("admin-units", "单位列表")],
    "admin-rules": [("admin-rule", "年度规则和上限")],
    "checkers": [("check", "证明核验")],
}
BLOCKS = {"p", "li", "th", "td", "dt", "dd"}


def manual(html: str) -> str:
    """The whole manual as Markdown."""
    writer = Writer()
    writer.feed(html)
    writer.close()
    return re.sub(r"\n{3,}", "\n\n", HEAD + writer.text()).rstrip() + "\n"


class Writer(HTMLParser):
    """Headings, paragraphs, lists, tables and lists of keys, one after the other; none of them holds another one."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []
        self.contents: list[str] = []
        self.words: list[str] = []
        self.section = ""
        self.counter: int | None = None
        self.row: list[str] = []
        self.link = ""

    def text(self) -> str:
        self._end_section()
        return "\n".join(["", "## 目录", "", *self.contents, "", *self.done])

    def handle_starttag(self, tag: str, attrs: list) -> None:
        given = dict(attrs)
        if tag in ("h2", "h3"):
            self._end_section()
            self.section, self.words = given["id"], []
        elif tag in BLOCKS:
            self.words = []
        elif tag in ("ol", "ul"):
            self.counter = 0 if tag == "ol" else None
        elif tag == "tr":
            self.row = []
        elif tag == "a":
            # Addresses of the running product lead nowhere from a file.
            self.link = given["href"] if given["href"].startswith("#") else ""
            self.words.append("[" if self.link else "")
        elif tag in ("strong", "kbd"):
            self.words.append({"strong": "**", "kbd": "`"}[tag])

    def handle_endtag(self, tag: str) -> None:
        words = re.sub(r"\s*\n\s*", "", "".join(self.words)).strip()
        if tag in ("h2", "h3"):
            self._heading(int(tag[1]), words)
        elif tag == "p":
            self.done += [words, ""]
        elif tag == "li":
            self._item(words)
        elif tag in ("th", "td", "dt"):
            self.row.append(words)
        elif tag == "dd":
            self.done.append(f"- {self.row.pop()}：{words}")
        elif tag == "tr":
            self.done.append(f"| {' | '.join(self.row)} |")
        elif tag == "thead":
            self.done.append("|" + " --- |" * len(self.row))
        elif tag in ("ol", "ul", "dl", "table"):
            self.done.append("")
        elif tag == "a" and self.link:
            self.words.append(f"]({self.link})")
        elif tag in ("strong", "kbd"):
            self.words.append({"strong": "**", "kbd": "`"}[tag])

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def _heading(self, level: int, words: str) -> None:
        self.done += [f'<a id="{self.section}"></a>', "", f"{'#' * level} {words}", ""]
        self.contents.append(f"{'  ' * (level - 2)}- [{words}](#{self.section})")

    def _item(self, words: str) -> None:
        if self.counter is None:
            self.done.append(f"- {words}")
        else:
            self.counter += 1
            self.done.append(f"{self.counter}. {words}")

    def _end_section(self) -> None:
        for name, shows in PICTURES.get(self.section, ()):
            self.done += [f"![{shows}](screenshots/{name}.png)", ""]


def main() -> None:
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from hours.views import help

    TARGET.write_text(manual(help.body()), encoding="utf-8")
    sys.stdout.write(f"{TARGET.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
