"""居民身份证 numbers by GB 11643-1999, and the other kinds of ID."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import identity
from accounts.models import User, id_number_problem

TODAY = date(2026, 11, 24)
# The two examples of the standard (GB 11643-1999, 附录 A).
STANDARD_EXAMPLES = ["11010519491231002X", "440524188001010014"]
AREA_PREFIXES = "内蒙古 15 广西 45 西藏 54 新疆 65 台湾 71 香港 81 澳门 82 台湾居民 83".split()[1::2]  # noqa: SIM905


def problem(number: str) -> str:
    return identity.resident_id_problem(number, TODAY)


def complete(first_17: str) -> str:
    """Add the check character."""
    return first_17 + identity.check_character(first_17)


def test_check_character_of_standard_examples():
    assert [identity.check_character(number[:17]) for number in STANDARD_EXAMPLES] == ["X", "4"]


def test_valid_number_has_no_problem():
    assert problem("11010519491231002X") == ""


@pytest.mark.parametrize("first_two", AREA_PREFIXES)
def test_area_prefixes_are_known(first_two):
    assert problem(complete(f"{first_two}010019850321001")) == ""


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("", "居民身份证号码应为 18 位，现为 0 位。"),
        ("110105491231002", "居民身份证号码应为 18 位，现为 15 位。"),
        ("11010519491231002X0", "居民身份证号码应为 18 位，现为 19 位。"),
        ("1101051949123100XX", "居民身份证号码只能由数字组成，末位可以是 X。"),
        ("１１０１０５１９４９１２３１００２Ｘ", "居民身份证号码只能由数字组成，末位可以是 X。"),
        (complete("79010519491231002"), "居民身份证号码开头的行政区划代码不存在，请核对前两位。"),
        (complete("11010519490230002"), "居民身份证号码中的出生日期不存在，请核对第 7 至 14 位。"),
        (complete("11010519491331002"), "居民身份证号码中的出生日期不存在，请核对第 7 至 14 位。"),
        (complete("11010500001231002"), "居民身份证号码中的出生日期不存在，请核对第 7 至 14 位。"),
        (complete("11010518991231002"), "居民身份证号码中的出生日期不合理，请核对第 7 至 14 位。"),
        (complete("11010520261125002"), "居民身份证号码中的出生日期不合理，请核对第 7 至 14 位。"),
        ("110105194912310020", "居民身份证号码校验位不正确，请核对是否有输错的数字。"),
        ("110105194912310120", "居民身份证号码校验位不正确，请核对是否有输错的数字。"),
    ],
)
def test_wrong_number_gives_first_problem(number, sentence):
    assert problem(number) == sentence


def test_birth_on_leap_day_or_today_is_valid():
    assert problem(complete("45010320000229001")) == ""
    assert problem(complete(f"450103{TODAY:%Y%m%d}001")) == ""


@pytest.mark.parametrize(
    "typed",
    [
        *(" 110105 19491231 002x ", "110105-19491231-002X", "１１０１０５１９４９１２３１００２Ｘ"),
        "\u202d11010519491231\u200b002X\u202c",
    ],
)
def test_notations_of_number_normalise_alike(typed):
    assert identity.normalise(typed) == "11010519491231002X"


@pytest.mark.parametrize(
    "typed",
    ["13877100001", "138 7710 0001", "+86 138-7710-0001", "１３８７７１００００１", "\u202d138 7710 0001\u202c"],
)
def test_notations_of_phone_normalise_alike(typed):
    assert identity.normalise_phone(typed) == "13877100001"


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("E12345678", True),
        ("H12345678", True),
        ("12345", True),
        ("1234", False),
        ("ABCDE", False),
        ("A" * 17 + "123", False),
        ("A" * 21, False),
        ("护照12345", False),
    ],
)
def test_other_kinds_allow_5_to_20_letters_and_digits(number, right):
    assert (identity.other_id_problem(number) == "") is right


def test_kind_decides_check():
    assert id_number_problem(User.IdKind.PASSPORT, "E12345678") == ""
    assert id_number_problem(User.IdKind.RESIDENT, "E12345678") == "居民身份证号码应为 18 位，现为 9 位。"


def test_masked_number_shows_last_four():
    assert identity.masked(identity.tail("11010519491231002x")) == "*****002X"


births = st.dates(date(1900, 1, 1), TODAY)
areas = st.sampled_from(sorted(identity.AREA_PREFIXES)).flatmap(
    lambda first_two: st.integers(0, 9999).map(lambda rest: f"{first_two}{rest:04d}")
)
first_17s = st.builds(lambda area, born, number: f"{area}{born:%Y%m%d}{number:03d}", areas, births, st.integers(0, 999))


@given(first_17s)
def test_exactly_one_check_character_is_valid(first_17):
    assert [c for c in "0123456789X" if problem(first_17 + c) == ""] == [identity.check_character(first_17)]


@given(first_17s, st.integers(0, 16), st.integers(1, 9))
def test_any_single_wrong_digit_is_found(first_17, place, shift):
    number = complete(first_17)
    wrong = str((int(number[place]) + shift) % 10)
    assert problem(number[:place] + wrong + number[place + 1 :]) != ""


@given(first_17s, st.integers(0, 15))
def test_any_swap_of_neighbours_is_found(first_17, place):
    number = complete(first_17)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert (problem(swapped) == "") is (swapped == number)


@given(st.text(max_size=40))
def test_checks_accept_any_text(text):
    number = identity.normalise(text)
    for kind in User.IdKind:
        assert isinstance(id_number_problem(kind, number), str)


@given(st.text(st.sampled_from("0123456789 X xａ０１-\u3000\t"), max_size=30))
def test_normalise_is_idempotent(text):
    number = identity.normalise(text)
    assert identity.normalise(number) == number


@given(st.dates(TODAY + timedelta(1), date(2099, 12, 31)), st.integers(0, 999))
def test_birth_in_future_is_wrong(born, number):
    assert problem(complete(f"450103{born:%Y%m%d}{number:03d}")) != ""


@pytest.mark.parametrize("number", ["945840198502031188", complete("91112419810101001"), "CAN110078111501"])
def test_permanent_residence_card_of_both_kinds_is_right(number):
    assert id_number_problem(User.IdKind.FOREIGNER, number) == ""


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("945840198502031180", "外国人永久居留身份证号码校验位不正确，请核对是否有输错的数字。"),
        (complete("99984019850203118"), "外国人永久居留身份证号码中的省级代码不存在，请核对第 2、3 位。"),
        (complete("94584019851332118"), "外国人永久居留身份证号码中的出生日期不存在，请核对第 7 至 14 位。"),
        ("CAN110078131501", "外国人永久居留身份证号码中的出生日期不存在，请核对第 8 至 13 位。"),
        (
            "450103198503210012",
            "外国人永久居留身份证号码应为以 9 开头的 18 位数字（末位可以是 X），旧证为 3 个字母加 12 位数字。",
        ),
    ],
)
def test_wrong_permanent_residence_card_is_named(number, sentence):
    assert id_number_problem(User.IdKind.FOREIGNER, number) == sentence


@pytest.mark.parametrize("number", ["945840198502031188", complete("91112419810101001")])
def test_permanent_residence_card_under_resident_points_to_kind(number):
    assert id_number_problem(User.IdKind.RESIDENT, number) == (
        "以 9 开头的 18 位号码是外国人永久居留身份证的号码，请将证件类型选为“外国人永久居留身份证”。"
    )


@pytest.mark.parametrize("kind", [User.IdKind.PASSPORT, User.IdKind.HK_MACAO, User.IdKind.TAIWAN])
@pytest.mark.parametrize("number", ["450103850321001", "45010319850321001", "450103198503210012", "45010319850321001X"])
def test_national_number_is_no_passport(kind, number):
    assert id_number_problem(kind, number) == (
        f"{len(number)} 位数字不是这类证件的号码，像是居民身份证号码，请核对证件类型和号码。"
    )


@pytest.mark.parametrize("name", ["·", "-", "· ·", "’", "\u0301"])
def test_name_without_letter_is_refused(name):
    assert identity.name_problem(name) == "姓名中没有文字，请填写与证件上一致的姓名。"


@pytest.mark.parametrize("name", ["张三\U00016ff0", "张\u0301三", "e" + "\u0324" * 48, "Jose\u0301 \u0301"])
def test_name_with_odd_accents_is_refused(name):
    assert identity.name_problem(name) == "姓名只能包含文字、空格和间隔号“·”，请与证件上的姓名一致。"


@pytest.mark.parametrize(
    "name", ["Nguyễn Thị Ánh", "Jose\u0301", "ကျော်စွာမြင့်", "สมชาย ใจดี", "ភ្នំពេញ", "राजेन्द्र", "ئابدۇرېھىم"]
)
def test_names_of_other_scripts_are_names(name):
    assert identity.name_problem(name) == ""


@pytest.mark.parametrize("number", ["E1234567²", "E1234567①"])
def test_exponents_and_circled_numbers_are_no_digits(number):
    assert identity.other_id_problem(identity.normalise(number)) == "证件号码应为 5 至 20 位字母或数字。"


@pytest.mark.parametrize(
    "name", ["王\U0002ebf0", "王\U00031350", "王\U000323b0", "李\U00030000", "〇一", "阿依古丽·买买提"]
)
def test_ideographs_of_present_unicode_are_letters(name):
    assert identity.name_problem(name) == ""
