"""manage.py load_base_data."""

from datetime import date

import pytest
from django.core.management import CommandError
from django.utils import timezone

from hours.models import Category, Course, Reason, YearRule
from organizations.models import Region, Unit

pytestmark = pytest.mark.django_db


def rows(model):
    return list(model.objects.order_by("pk").values())


def test_load_creates_the_root_region_and_all_below(manage):
    manage("load_base_data")
    kinds = [Region.objects.filter(kind=kind).count() for kind in ("province", "city", "county")]
    assert kinds == [1, 14, 111]


def test_load_creates_the_unaffiliated_unit(manage):
    manage("load_base_data")
    assert [unit.name for unit in Unit.objects.all()] == ["其他单位"]


def test_load_creates_reasons_of_which_one_frees_the_unit(manage):
    manage("load_base_data")
    assert list(Reason.objects.values_list("name", flat=True)) == [
        "材料不清晰",
        "缺少证明材料",
        "学时与证明不符",
        "重复登记",
        "类型选择错误",
        "年度错误",
        "单位选择错误",
        "超出上限",
        "不属于继续教育",
        "其他",
    ]
    assert [reason.name for reason in Reason.objects.filter(frees_unit=True)] == ["单位选择错误"]


def test_categories_without_a_source_are_marked_as_examples(manage):
    """The manual names three of the first level; they come first."""
    manage("load_base_data")
    first_level = Category.objects.filter(parent=None).order_by("position")
    assert all(category.children.count() > 0 for category in first_level)
    assert list(first_level.values_list("name", "is_example")) == [
        ("培训进修类", False),
        ("参与重大工作类", False),
        ("成果类", False),
        ("学术交流类", True),
        ("标准规范类", True),
        ("教学指导类", True),
    ]
    assert not Category.objects.filter(is_example=False, parent__isnull=False).exists()


def test_trainings_and_meetings_count_by_half_day(manage):
    manage("load_base_data")
    by_half_day = Category.objects.filter(counts_by_half_day=True).order_by("parent__position", "position")
    assert [category.name for category in by_half_day] == [
        "培训班、研修班",
        "脱产进修",
        "参加学术会议",
        "考察、访问交流",
    ]


def test_year_rules_have_a_source_and_example_days(manage):
    manage("load_base_data")
    assert list(YearRule.objects.order_by("year").values_list("year", flat=True)) == list(range(2018, 2031))
    rule = YearRule.objects.get(year=2026)
    assert (rule.total, rule.professional) == (90, 60)
    assert (rule.closes_on, rule.returned_closes_on) == (date(2027, 3, 31), date(2027, 4, 30))
    assert rule.source == "人社部令第25号 第八条；桂人社规〔2019〕2号；桂人社规〔2019〕4号 第四条"
    assert rule.is_example


def test_the_last_four_years_have_public_courses(manage):
    manage("load_base_data")
    this_year = timezone.localdate().year
    years = Course.objects.order_by("year").values_list("year", flat=True).distinct()
    assert list(years.filter(year__gt=2021)) == list(range(this_year - 3, this_year + 1))


def test_course_with_a_source_is_loaded(manage):
    """10 hours of study and 5 of examination."""
    manage("load_base_data")
    assert Course.objects.filter(year=2021).values_list("name", "kind", "hours").get() == (
        "广西发展新机遇",
        "required",
        15,
    )


def test_second_run_changes_nothing(manage):
    manage("load_base_data")
    models = (Region, Unit, Reason, Category, YearRule, Course)
    before = [rows(model) for model in models]
    assert "区域 新增 0，原因 新增 0，认定类型 新增 0，年度规则 新增 0，公需科目（示例） 新增 0" in manage(
        "load_base_data"
    )
    assert [rows(model) for model in models] == before


def test_second_run_keeps_changes_of_administrators(manage):
    manage("load_base_data")
    Reason.objects.filter(name="其他").update(name="其他原因")
    Category.objects.filter(name="培训班、研修班").delete()
    YearRule.objects.filter(year=2026).update(is_closed=True)
    YearRule.objects.filter(year=2018).delete()
    Region.objects.filter(code="450126").update(name="宾州区")
    manage("load_base_data")
    assert not Reason.objects.filter(name="其他").exists()
    assert not Category.objects.filter(name="培训班、研修班").exists()
    assert YearRule.objects.get(year=2026).is_closed
    assert not YearRule.objects.filter(year=2018).exists()
    assert Region.objects.get(code="450126").name == "宾州区"


def test_unknown_region_is_refused_by_name(manage):
    with pytest.raises(CommandError, match="999999"):
        manage("load_base_data", root="999999")
    assert not Region.objects.exists()
