"""docs/manual.md is generated from the help, with pictures that exist."""

from __future__ import annotations

import re

from config.templatetags.markdown import HEADING
from hours.help.text import help_text
from scripts import manual


def test_manual_is_generated_from_the_help():
    assert manual.TARGET.read_text(encoding="utf-8") == manual.manual(help_text()), "run `make manual`"


def test_pictures_belong_to_sections_of_the_help():
    sections = {anchor for anchor, _, _ in HEADING.findall(help_text())}
    assert set(manual.PICTURES) - sections == set()


def test_pictures_exist():
    shown = re.findall(r"\]\((screenshots/[\w-]+\.png)\)", manual.TARGET.read_text(encoding="utf-8"))
    assert [name for name in shown if not (manual.TARGET.parent / name).is_file()] == []


def test_manual_has_contents_anchors_and_pictures():
    text = "\n{id=one}\n## 一\n\n甲\n\n\n{id=account}\n### 二\n\n乙[丙](#one)\n"
    assert manual.manual(text).removeprefix(manual.HEAD) == (
        '\n\n## 目录\n\n- [一](#one)\n  - [二](#account)\n\n<a id="one"></a>\n\n## 一\n\n甲\n\n'
        '<a id="account"></a>\n\n### 二\n\n乙[丙](#one)\n\n![登录](screenshots/login.png)\n'
    )


def test_manual_has_no_tags_page_links_or_definition_lists():
    text = "{id=one}\n## 一\n\n[甲]{.tag .tag-good }[乙](/out/)\n\n`j` `k`\n: 下\n\n`x`\n: 选\n"
    assert manual.manual(text).endswith("\n\n甲乙\n\n- `j` `k`：下\n- `x`：选\n")
