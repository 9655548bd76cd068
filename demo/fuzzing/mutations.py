"""Seeded changes of files and values. The same Random gives the same changes."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from random import Random
from typing import Any

ODDITIES = (
    *("", " ", "\x00", "\u200b", "\u3164", "\ue81e", "\U0002ebf0", "\U0010ffff", "\u202e", "e\u0301", "ﷺ" * 20),
    *("<b>&\"'", "=1+1", "1e999", "-1", "0.1", "９９", "2026-02-30", "0000-00-00", "9" * 400, "A" * 3000),
    *("\r\n", "%00", "../../x"),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 10**30, 1e300, "", "x", [], {}, [None], {"id": 1}),
    *ODDITIES,
)


def change_bytes(content: bytes, random: Random) -> bytes:
    """Return the content with some bytes changed, removed, repeated or cut."""
    changed = bytearray(content)
    for _ in range(random.randint(1, 12)):
        if not changed:
            break
        place, length = random.randrange(len(changed)), random.randint(1, 40)
        kind = random.randrange(5)
        if kind == 0:
            changed[place] = random.randrange(256)
        elif kind == 1:
            del changed[place : place + length]
        elif kind == 2:
            changed[place:place] = changed[place : place + length] * random.randint(1, 20)
        elif kind == 3:
            changed[place:place] = random.choice(ODDITIES).encode("utf-8", "surrogatepass")
        else:
            del changed[place + length * 50 :]
    return bytes(changed)


def change_zip(content: bytes, random: Random) -> bytes:
    """Return an archive with one of its parts changed inside, so that the archive itself stays sound."""
    target = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
            parts = source.namelist()
            chosen = random.choice(parts)
            for part in parts:
                whole = source.read(part)
                if part != chosen:
                    new.writestr(part, whole)
                elif random.random() < 0.9:
                    new.writestr(part, change_bytes(whole, random))
    except (zipfile.BadZipFile, zlib.error):
        return change_bytes(content, random)
    return target.getvalue()


def change_text(text: str, random: Random) -> str:
    """Return the text with oddities put in."""
    for _ in range(random.randint(1, 4)):
        place = random.randint(0, len(text))
        text = text[:place] + random.choice(ODDITIES) + text[place + random.randint(0, 3) :]
    return text.encode("utf-8", "replace").decode()


def change_values(value: Any, random: Random) -> Any:
    """Return JSON with some values of other types, missing and added keys."""
    if random.random() < 0.03:
        return random.choice(VALUES)
    if isinstance(value, dict):
        changed = {name: change_values(part, random) for name, part in value.items() if random.random() > 0.02}
        return changed | ({random.choice(ODDITIES): random.choice(VALUES)} if random.random() < 0.05 else {})
    if isinstance(value, list):
        return [change_values(part, random) for part in value] * random.choice((1, 1, 1, 3))
    return change_text(value, random) if isinstance(value, str) and random.random() < 0.1 else value


def change_json(value: Any, random: Random) -> bytes:
    """Return a JSON body with changed values, at times with changed bytes."""
    body = json.dumps(change_values(value, random)).encode()
    return change_bytes(body, random) if random.random() < 0.2 else body


def change_fields(fields: dict[str, Any], random: Random) -> dict[str, Any]:
    """Return the fields of a form, up to three of them changed, missing or repeated."""
    changed = dict(fields)
    for name in random.sample(sorted(fields), min(random.randrange(4), len(fields))):
        value, kind = changed[name], random.randrange(4)
        if kind == 0:
            del changed[name]
        elif kind == 1:
            changed[name] = [value, random.choice(ODDITIES)]
        else:
            changed[name] = change_text(str(value), random)
    return changed
