"""统一社会信用代码 by GB 32100-2015: 18 characters, the last one a check character."""

from config.web import texts

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
WEIGHTS = tuple(pow(3, position, 31) for position in range(17))
LENGTH = 18


def check_character(first_17: str) -> str:
    """The character that closes these 17; ValueError if one of them is outside the alphabet."""
    total = sum(ALPHABET.index(character) * weight for character, weight in zip(first_17, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def normalise(code: str) -> str:
    """The one form of a code, however people type it or paste it."""
    return texts.normalise_code(code)


def problem(code: str) -> str:
    """Why a normalised code is not a right one, as a sentence for people; empty for a right one."""
    if len(code) != LENGTH:
        return f"统一社会信用代码应为 18 位，现为 {len(code)} 位。"
    strange = sorted({character for character in code if character not in ALPHABET})
    if strange:
        return f"统一社会信用代码中不会出现字符 {'、'.join(strange)}（数字和大写字母，不含 I、O、S、V、Z）。"
    if check_character(code[:-1]) != code[-1]:
        return "统一社会信用代码校验位不正确，请对照证照核对是否有输错的字符。"
    return ""
