"""docs/manual.md says what the help page says, and shows pictures that exist."""

from __future__ import annotations

import re

from hours.views.help import body, contents
from scripts import manual


def test_the_manual_is_made_of_the_present_help():
    assert manual.TARGET.read_text(encoding="utf-8") == manual.manual(body()), "run `make manual`"


def test_every_picture_stands_in_a_section_of_the_help():
    sections = {entry.anchor for part in contents(body()) for entry in (part, *part.below)}
    assert set(manual.PICTURES) - sections == set()


def test_every_picture_is_there():
    shown = re.findall(r"\]\((screenshots/[\w-]+\.png)\)", manual.TARGET.read_text(encoding="utf-8"))
    assert [name for name in shown if not (manual.TARGET.parent / name).is_file()] == []


def test_headings_lists_tables_keys_and_links_become_markdown():
    html = (
        '<h2 id="one">一</h2><p>甲<strong>乙</strong><a href="/out/">丙</a><a href="#one">丁</a></p>'
        "<ol><li>子</li><li>丑</li></ol><table><thead><tr><th>头</th></tr></thead><tbody><tr><td>身</td></tr></tbody></table>"
        "<dl><div><dt><kbd>j</kbd></dt><dd>下</dd></div></dl>"
    )
    assert manual.manual(html).removeprefix(manual.HEAD) == (
        '\n## 目录\n\n- [一](#one)\n\n<a id="one"></a>\n\n## 一\n\n甲**乙**丙[丁](#one)\n\n1. 子\n2. 丑\n\n'
        "| 头 |\n| --- |\n| 身 |\n\n- `j`：下\n"
    )
