"""统一社会信用代码 as in GB 32100-2015."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from organizations import credit_code

WRONG_CHECK = "统一社会信用代码校验位不正确，请对照证照核对是否有输错的字符。"
characters = st.text(credit_code.ALPHABET, min_size=17, max_size=17)
# stdnum accepts only codes that begin with eight digits; codes of rural collectives (N…) are valid too.
stdnum_codes = st.builds(
    lambda office, body, check: office + body + check,
    st.text("0123456789", min_size=8, max_size=8),
    st.text(credit_code.ALPHABET, min_size=9, max_size=9),
    st.sampled_from(credit_code.ALPHABET),
)


@pytest.mark.parametrize(
    ("unit", "code", "problem"),
    [
        ("宾阳县甘棠镇林业站", "12450126791325812B", ""),
        ("梧州市电影发行放映公司", "91450403498738853K", ""),
        ("福建工程设计有限公司南宁第三分公司", "91450103MA5P0R272E", ""),
        ("博白县东平镇英梅村小学", "12450923499429892G", ""),
        ("南宁市教育局直属第一幼儿园", "12450100MB1760335W", ""),
        ("北海市金峰矿业有限公司", "91450084700708730B", WRONG_CHECK),
    ],
)
def test_manual_examples(unit, code, problem):
    assert credit_code.problem(code) == problem


def test_rural_collective_code_begins_with_letter():
    assert credit_code.check_character("N2450126MF0000000") == "T"
    assert credit_code.problem("N2450126MF0000000T") == ""
    assert credit_code.problem("N2450126MF0000000C") == WRONG_CHECK


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("", "统一社会信用代码应为 18 位，现为 0 位。"),
        ("12450126791325812", "统一社会信用代码应为 18 位，现为 17 位。"),
        ("12450126791325812BB", "统一社会信用代码应为 18 位，现为 19 位。"),
        ("1245012679132581OI", "统一社会信用代码中不会出现字符 I、O（数字和大写字母，不含 I、O、S、V、Z）。"),
        ("12450126791325812b", "统一社会信用代码中不会出现字符 b（数字和大写字母，不含 I、O、S、V、Z）。"),
        ("1245012679132581２B", "统一社会信用代码中不会出现字符 ２（数字和大写字母，不含 I、O、S、V、Z）。"),
        ("12450126791325821B", WRONG_CHECK),
    ],
)
def test_problem_is_a_sentence(code, problem):
    assert credit_code.problem(code) == problem


@pytest.mark.parametrize(
    "typed",
    [
        *("12450126791325812b", " 1245 0126 7913 2581 2B ", "12450126-791325812-B", "12450126791325812Ｂ"),
        "\ufeff12450126791325812B\u200b",
    ],
)
def test_typed_code_is_normalised(typed):
    assert credit_code.normalise(typed) == "12450126791325812B"


@given(stdnum_codes)
def test_problem_agrees_with_stdnum(code):
    assert (not credit_code.problem(code)) == uscc.is_valid(code)


@given(characters)
def test_check_character_agrees_with_stdnum(first_17):
    assert credit_code.check_character(first_17) == uscc.calc_check_digit(first_17)


@given(characters)
def test_exactly_one_check_character_is_valid(first_17):
    valid = [character for character in credit_code.ALPHABET if not credit_code.problem(first_17 + character)]
    assert valid == [credit_code.check_character(first_17)]


@given(characters, st.integers(0, 16), st.sampled_from(credit_code.ALPHABET))
def test_one_changed_character_is_invalid(first_17, place, other):
    code = first_17 + credit_code.check_character(first_17)
    changed = code[:place] + other + code[place + 1 :]
    assert (not credit_code.problem(changed)) == (changed == code)


@given(st.text(max_size=25))
def test_any_text_gets_an_answer(text):
    assert isinstance(credit_code.problem(credit_code.normalise(text)), str)
