import pytest

from hours import workflow
from hours.states import Status
from organizations import search

from . import factories

pytestmark = pytest.mark.django_db


def test_an_entry_goes_from_draft_to_recognised(guangxi, rules, django_assert_num_queries):
    unit = factories.unit()
    reviewer, final = factories.unit_reviewer(unit), factories.region_reviewer(guangxi)
    entry = factories.recognised(factories.person(), unit, reviewer, final)
    entry.refresh_from_db()
    assert entry.status == Status.RECOGNISED
    assert [d.action for d in entry.decisions.all()] == ["submit", "agree", "recognise"]


def test_search(guangxi):
    for n in range(30):
        factories.unit(f"南宁市第{n}小学", "450103")
    factories.unit("柳州市图书馆", "450202")
    m = search.best_matches("南宁")
    assert (len(m.units), m.total) == (10, 30)
    assert search.best_matches("柳州", factories.region("450100")).total == 0
    assert search.best_matches("柳州图书").similar
    assert search.listed(None, 2, 10)[1] == 31
