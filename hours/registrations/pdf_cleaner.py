"""A PDF without anything that acts by itself, made in a process of its own: `main` reads its input and writes it.

Removed are scripts, automatic actions, actions that open programs, files and forms, attached files and media. Links to
web pages stay. Exit codes: 3 password, 4 no pages, 5 too many pages; any other but 0: damaged.
"""

import io
import sys
from typing import Any

PASSWORD, NO_PAGES, TOO_MANY_PAGES, DAMAGED = 3, 4, 5, 6
MAX_OBJECTS = 200_000
MAX_DEPTH = 60
# Keys that hold scripts, automatic actions, attached files, or forms of another kind (XFA) that hold scripts.
KEYS = ("/AA", "/AF", "/JS", "/OpenAction", "/XFA", "/EmbeddedFiles", "/JavaScript", "/RichMediaContent", "/Collection")
LINKS = ("/URI", "/GoTo", "/Named")  # actions that stay
ANNOTATIONS = ("/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/Sound", "/3D")


def main(pages: int) -> None:
    sys.exit(clean(sys.stdin.buffer.read(), pages))


def clean(content: bytes, most: int) -> int:
    """Write the cleaned PDF and return 0, or return the exit code that says what is wrong."""
    import pikepdf

    try:
        pdf = pikepdf.open(io.BytesIO(content))
    except pikepdf.PasswordError:
        return PASSWORD
    except pikepdf.PdfError:
        return DAMAGED
    count = len(pdf.pages)
    if not 0 < count <= most:
        return TOO_MANY_PAGES if count else NO_PAGES
    if len(pdf.objects) > MAX_OBJECTS:
        return DAMAGED
    for thing in (pdf.trailer, *pdf.objects):
        _strip(thing, pikepdf, 0)
    target = io.BytesIO()
    pdf.save(target, deterministic_id=True)
    sys.stdout.buffer.write(target.getvalue())
    return 0


def _strip(thing: Any, pikepdf: Any, depth: int) -> None:
    """Remove what acts from a dictionary, and from the direct objects in it."""
    if depth > MAX_DEPTH:
        return
    if isinstance(thing, pikepdf.Array):
        for member in thing:
            if isinstance(member, pikepdf.Object) and not member.is_indirect:
                _strip(member, pikepdf, depth + 1)
        return
    if not isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        return
    for key in KEYS:
        if key in thing:
            del thing[key]
    for key in ("/A", "/PA"):
        if key in thing and _acts(thing[key], pikepdf):
            del thing[key]
    if "/Annots" in thing and isinstance(thing["/Annots"], pikepdf.Array):
        kept = [note for note in thing["/Annots"] if not _is_file_or_media(note, pikepdf)]
        thing["/Annots"] = pikepdf.Array(kept)
    for key in list(thing.keys()):
        member = thing[key]
        if isinstance(member, pikepdf.Object) and not member.is_indirect:
            _strip(member, pikepdf, depth + 1)


def _acts(action: Any, pikepdf: Any) -> bool:
    """Whether the action, or one that follows it, does more than lead somewhere."""
    if not isinstance(action, pikepdf.Dictionary):
        return False
    return str(action.get("/S", "")) not in LINKS or "/Next" in action


def _is_file_or_media(note: Any, pikepdf: Any) -> bool:
    return isinstance(note, pikepdf.Dictionary) and str(note.get("/Subtype", "")) in ANNOTATIONS
