"""Rules for all templates, scripts and style sheets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html")) + sorted((ROOT / "templates").rglob("*.txt"))
STATIC = sorted((ROOT / "static").rglob("*.js")) + sorted((ROOT / "static").rglob("*.css"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_template_respects_content_policy(path):
    source = path.read_text(encoding="utf-8")
    assert (
        re.findall(r"<style|\sstyle\s*=|<script(?![^>]*\ssrc=)|\son[a-z]+\s*=\s*[\"']|javascript:", source, re.I) == []
    )


@pytest.mark.parametrize("path", TEMPLATES + STATIC, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_resource_comes_from_another_host(path):
    source = path.read_text(encoding="utf-8")
    assert (
        re.findall(r"(?:src|href|action|url\(|@import|fetch\()\s*=?\s*[\"'(]?\s*(?:https?:)?//[^\"')\s]+", source) == []
    )


@pytest.mark.parametrize("path", sorted((ROOT / "templates" / "components").glob("*.html")), ids=lambda path: path.stem)
def test_component_documents_its_inputs(path):
    assert re.match(r"\{# .+ Inputs?: .+ #\}$", path.read_text(encoding="utf-8").splitlines()[0])
