"""统一社会信用代码 as in GB 32100-2015: 18 characters, the last of which is a check character."""

from config import texts

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
WEIGHTS = tuple(pow(3, position, 31) for position in range(17))
LENGTH = 18


def check_character(first_17: str) -> str:
    """Return the check character for the first 17; ValueError for a character outside ALPHABET."""
    total = sum(ALPHABET.index(character) * weight for character, weight in zip(first_17, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def normalise(code: str) -> str:
    """Return a typed or pasted code in the form in which it is stored."""
    return texts.normalise_code(code)


def problem(code: str) -> str:
    """Return the error in a normalised code as a sentence for people, or an empty text for a valid one."""
    if len(code) != LENGTH:
        return f"统一社会信用代码应为 18 位，现为 {len(code)} 位。"
    strange = sorted({character for character in code if character not in ALPHABET})
    if strange:
        return f"统一社会信用代码中不会出现字符 {'、'.join(strange)}（数字和大写字母，不含 I、O、S、V、Z）。"
    if check_character(code[:-1]) != code[-1]:
        return "统一社会信用代码校验位不正确，请对照证照核对是否有输错的字符。"
    return ""
