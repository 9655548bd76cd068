"""A PDF without anything that acts by itself, made in a process of its own: `main` reads its input and writes it.

Removed are scripts, automatic actions, actions that open programs, files and forms, attached files and media. Links to
web pages and mail addresses stay. What acts is known by its value, because a font or a picture may have any name, such
as /A or /AA. A stream counts as the dictionary that it begins with, because viewers take it as one.
"""

import io
import re
import sys
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Stream

from hours.registrations.pdf_references import lost_something

# Exit codes; any other but 0 means a broken file.
PASSWORD, NO_PAGES, TOO_MANY_PAGES, DAMAGED, TOO_COMPLEX, TOO_LARGE, ENCRYPTED = 3, 4, 5, 6, 7, 8, 9
MAX_OBJECTS = 200_000
MAX_DEPTH = 60
FLUSHED = b"\x00\x00\xff\xff"
STEP = 4096  # packed bytes, which unpack to 4 MB at most
# Keys of scripts, attached files, forms of another kind (XFA) that hold scripts, and pictures that are elsewhere (OPI).
KEYS = (
    "/OpenAction",
    "/XFA",
    "/EmbeddedFiles",
    "/JavaScript",
    "/RichMediaContent",
    "/Collection",
    "/PresSteps",
    "/OPI",
)
ENCRYPTION = re.compile(rb"/Encrypt\s*(<<|\d+\s+\d+\s+R)")  # in a trailer
END, MAX_TAIL = b"%%EOF", 1024  # the end of a file, and how far readers look for it
WEB = re.compile(rb"https?://|mailto:", re.IGNORECASE)  # how the address of a link begins
LINKS = ("/URI", "/GoTo", "/Named")  # actions that stay
# Actions that are emptied under any key. /ResetForm and the like belong to a form, /GoToR and /GoToE open a file.
ACTIONS = (
    *("/JavaScript", "/Launch", "/GoToR", "/GoToE", "/GoToDp", "/GoTo3DView", "/RichMediaExecute", "/Rendition"),
    *("/Movie", "/Sound", "/SubmitForm", "/ResetForm", "/ImportData", "/Hide", "/SetOCGState", "/Thread"),
)
PASSIVE = (*LINKS, "/Alpha", "/Luminosity", "/Transparency")  # also kinds (/S) of masks and groups of drawings
FILE_NAMES = ("/F", "/UF", "/DOS", "/Mac", "/Unix")  # of the content of a file, by system
ANNOTATIONS = ("/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/Sound", "/3D")
REBUILT = "Attempting to reconstruct"  # what qpdf says of a file whose table of objects is lost
# What qpdf says when it repaired a file whose content is lost.
LOSSES = (
    "unable to recover stream data",
    "unexpected EOF",
    "non-dictionary object; ignoring",
    "treating stream as empty",
)
PICTURES = ("/DCTDecode", "/JPXDecode", "/CCITTFaxDecode", "/JBIG2Decode")  # filters of pictures


class _TooDeepError(Exception):
    pass


class _TooLargeError(Exception):
    pass


class _Allowance:
    """The bytes that all streams together may unpack to."""

    def __init__(self, size: int) -> None:
        self.left = size

    def take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise _TooLargeError


def main(pages: int, unpacked: int) -> None:
    sys.exit(clean(sys.stdin.buffer.read(), pages, unpacked))


def clean(content: bytes, most: int, unpacked: int) -> int:
    """Write the cleaned PDF and return 0, or return the exit code that says what is wrong."""
    try:
        pdf = pikepdf.open(io.BytesIO(content))
        count = len(pdf.pages)
        if not 0 < count <= most:
            return TOO_MANY_PAGES if count else NO_PAGES
        if len(pdf.objects) > MAX_OBJECTS:
            return TOO_COMPLEX
        if not _is_whole(pdf, content, _Allowance(unpacked)):
            return _damage(content)
        for thing in (pdf.trailer, *pdf.objects):
            _strip(thing, 0)
        target = io.BytesIO()
        _save(pdf, target)
    except pikepdf.PasswordError:
        return PASSWORD
    except pikepdf.PdfError:
        return _damage(content)
    except (MemoryError, RecursionError, _TooDeepError):
        return TOO_COMPLEX
    except _TooLargeError:
        return TOO_LARGE
    sys.stdout.buffer.write(target.getvalue())
    return 0


def _damage(content: bytes) -> int:
    """Return the exit code of a file that cannot be read. If its end is there, an unknown encryption is the reason."""
    return ENCRYPTED if ENCRYPTION.search(content) and END in content[-MAX_TAIL:] else DAMAGED


def _save(pdf: pikepdf.Pdf, target: io.BytesIO) -> None:
    """Write the PDF without unpacking a stream. To pack bare ones, qpdf would unpack those of other filters too."""
    packs = not any(_has_other_filter(thing) for thing in pdf.objects)
    level = pikepdf.StreamDecodeLevel.none
    pdf.save(target, deterministic_id=True, compress_streams=packs, stream_decode_level=level)


def _has_other_filter(thing: Any) -> bool:
    """Whether a stream is packed in a way that qpdf replaces by its own. It leaves pictures as they are."""
    filters = thing.get("/Filter") if isinstance(thing, Stream) else None
    if isinstance(filters, Array):
        return len(filters) > 0 and not any(name in PICTURES for name in filters)
    return filters is not None and filters not in ("/FlateDecode", *PICTURES)


# --- Whether everything is there -------------------------------------------------------------------------


def _is_whole(pdf: pikepdf.Pdf, content: bytes, allowance: _Allowance) -> bool:
    """Whether the content of pages and pictures can be read; of a rebuilt file, whether nothing is missing.

    PdfError if qpdf cannot read it.
    """
    warnings = [str(warning) for warning in pdf.get_warnings()]
    contents = _once(page.obj.get("/Contents") for page in pdf.pages)
    streams = (stream for members in contents for stream in _streams(members))
    if not all(_reads(stream, allowance) for stream in _once((*_once(streams), *_drawn(pdf)))):
        return False
    if any(REBUILT in warning for warning in warnings) and lost_something(content):
        return False
    warnings += [str(warning) for warning in pdf.get_warnings()]
    of_content = [warning for warning in warnings if "(trailer," not in warning]
    return not any(loss in warning for warning in of_content for loss in LOSSES)


def _once(things: Iterable[Any]) -> Iterator[Any]:
    """Yield each thing once, however many pages share it. One that is part of another has no number."""
    known = set()
    for thing in things:
        number = thing.objgen if isinstance(thing, pikepdf.Object) else (0, 0)
        if number not in known:
            yield thing
        if number != (0, 0):
            known.add(number)


def _streams(content: Any) -> list[Any]:
    """Return the streams of a page without null, which is what a reference to nothing means."""
    return [stream for stream in (content if isinstance(content, Array) else [content]) if stream is not None]


def _drawn(pdf: pikepdf.Pdf) -> Iterator[Stream]:
    """Yield pictures and drawings."""
    for thing in pdf.objects:
        if isinstance(thing, Stream) and thing.get("/Subtype") in ("/Image", "/Form"):
            yield thing


def _reads(stream: Any, allowance: _Allowance) -> bool:
    """Whether a stream can be unpacked to its end."""
    if not isinstance(stream, Stream):
        return False
    filters = stream.get("/Filter")
    first = filters[0] if isinstance(filters, Array) and len(filters) else filters
    return first != "/FlateDecode" or _inflates(stream.read_raw_bytes(), allowance)


def _inflates(packed: bytes, allowance: _Allowance) -> bool:
    """Whether packed data is whole. Some programs leave out its check sum, or end it with FLUSHED instead."""
    try:
        is_whole = not packed or _reaches_end(packed, zlib.MAX_WBITS, allowance)
        return is_whole or packed.endswith(FLUSHED) or _reaches_end(packed[2:], -zlib.MAX_WBITS, allowance)
    except zlib.error:
        return False


def _reaches_end(packed: bytes, window: int, allowance: _Allowance) -> bool:
    unpacker = zlib.decompressobj(window)
    for start in range(0, len(packed), STEP):
        allowance.take(len(unpacker.decompress(packed[start : start + STEP])))
        if unpacker.eof:
            return True
    return False


# --- What acts ---------------------------------------------------------------------------------------


def _strip(thing: Any, depth: int) -> None:
    """Remove what acts from a dictionary, and from the direct objects in it."""
    if depth > MAX_DEPTH:
        raise _TooDeepError
    if isinstance(thing, Array):
        members = list(thing)
    elif _is_dictionary(thing):
        _strip_keys(thing)
        members = [thing[key] for key in thing.keys()]  # noqa: SIM118  (a dictionary of pikepdf)
    else:
        return
    for member in members:
        if isinstance(member, pikepdf.Object) and not member.is_indirect:
            _strip(member, depth + 1)


def _is_dictionary(thing: Any) -> bool:
    return isinstance(thing, Dictionary | Stream)


def _strip_keys(thing: Any) -> None:
    if _name(thing, "/S") in ACTIONS or _name(thing, "/FS") == "/URL":
        _empty(thing)
    if isinstance(thing, Stream):
        _cut_off(thing)
    for key in list(thing.keys()):
        value = thing[key]
        if key in KEYS or (key in ACTING and ACTING[key](value)):
            del thing[key]
        elif key == "/Annots" and isinstance(value, Array):
            thing[key] = Array([note for note in value if not _is_file_or_media(note)])


def _name(thing: Any, key: str) -> str:
    """Return the name that a dictionary has under the key, or an empty text."""
    name = thing.get(key)
    return str(name) if isinstance(name, pikepdf.Name) else ""


def _empty(thing: Any) -> None:
    if isinstance(thing, Stream):
        thing.write(b"")
    for key in list(thing.keys()):
        if key != "/Length":
            del thing[key]


def _cut_off(stream: Stream) -> None:
    """Remove the file that holds the content of the stream instead of this one. /F of an annotation is a number."""
    for key in ("/F", "/FFilter", "/FDecodeParms"):
        if isinstance(stream.get(key), pikepdf.Object):
            del stream[key]


def _acts(action: Any) -> bool:
    """Whether the action, or one that follows it, does more than lead somewhere."""
    if isinstance(action, Array):  # of actions that follow
        return any(_acts(member) for member in action)
    if not _is_dictionary(action):
        return False
    if _name(action, "/S") == "/URI" and not _is_web(action.get("/URI")):
        return True
    return ("/S" in action and _name(action, "/S") not in PASSIVE) or "/JS" in action or "/Next" in action


def _is_web(address: Any) -> bool:
    return isinstance(address, pikepdf.String) and WEB.match(bytes(address)) is not None


def _leads_astray(value: Any) -> bool:
    """Whether the value is an address of no link that stays, or the base of addresses."""
    return "/Base" in value if _is_dictionary(value) else isinstance(value, pikepdf.String) and not _is_web(value)


def _has_action(triggers: Any) -> bool:
    """Whether a dictionary of triggers (/AA) is or has an action, also one that only leads somewhere."""
    if not _is_dictionary(triggers):
        return False
    members = [triggers[key] for key in triggers.keys()]  # noqa: SIM118  (a dictionary of pikepdf)
    return any(_acts(member) or _leads(member) for member in (triggers, *members))


def _leads(action: Any) -> bool:
    return _is_dictionary(action) and _name(action, "/S") in LINKS


def _is_script(value: Any) -> bool:
    """Whether the value is the text of a script, which is a string or a stream; a picture says what it is."""
    return isinstance(value, pikepdf.String) or (isinstance(value, Stream) and "/Subtype" not in value)


def _is_file(value: Any) -> bool:
    """Whether the value is a file, or a list with one."""
    if isinstance(value, Array):
        return any(_is_file(member) for member in value)
    return _is_dictionary(value) and ("/EF" in value or _name(value, "/Type") in ("/Filespec", "/F"))


def _is_page_of_file(value: Any) -> bool:
    """Whether the value names a page of another file, to be drawn in place of the drawing."""
    return _is_dictionary(value) and "/F" in value


def _is_file_content(value: Any) -> bool:
    """Whether the value is a dictionary of files (/EF) or of files related to them (/RF)."""
    return _is_dictionary(value) and any(isinstance(value.get(name), Stream | Array) for name in FILE_NAMES)


def _is_file_or_media(note: Any) -> bool:
    return _is_dictionary(note) and _name(note, "/Subtype") in ANNOTATIONS


# Keys that may also be names of fonts, pictures and the like -> whether a value acts or is a file.
ACTING = {
    "/A": _acts,
    "/PA": _acts,
    "/NA": _acts,
    "/AA": _has_action,
    "/Next": _acts,
    "/JS": _is_script,
    "/AF": _is_file,
    "/EF": _is_file_content,
    "/RF": _is_file_content,
    "/Ref": _is_page_of_file,
    "/URI": _leads_astray,
}
