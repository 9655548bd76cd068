"""READ: the lists of 学时审核: which registrations, in which order, how many, and who comes next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from config.web.paging import Cursor, keyset_page
from hours.models import Decision, Registration
from hours.offices import Office
from hours.states import IN_REVIEW, REJECTED, Action, Stage, Status
from hours.wording import days_between

from .forms import QueueFilter

PAGE_SIZE = 50
COUNTED_AT_MOST = 100_000
SORTED_AT_MOST = 5_000
ASKED_SHOWN = 5
ASKED_LOOKED_AT = 1_000

TABS = {"mine": "待我审核", "unattended": "无人初审", "done": "已处理", "all": "全部"}
WAITING_TABS = ("mine", "unattended")
PLACES = ("after", "before", "page")  # where in the list, as opposed to which list
# Column heads by which a list that is small enough can be sorted.
SORTS = {"name": "owner__name", "year": "year", "hours": "hours_applied"}
RELATED = ("owner", "category__parent", "unit", "region")
# The columns of a row of the page; a type's words are known without reading its row.
SHOWN = (
    *("owner__name", "owner__id_tail", "unit__state", "region__name", "category_id", "unit_name", "is_unaffiliated"),
    *("status", "round", "content", "year", "starts_at", "ends_at", "submitted_at", "hours_applied", "hours_proposed"),
)
STAGE = Case(When(status=Status.FIRST_REVIEW, then=Value(Stage.FIRST.value)), default=Value(Stage.FINAL.value))


@dataclass(frozen=True)
class Waiting:
    """How many wait for a person (at most COUNTED_AT_MOST are counted) and since when the oldest does."""

    count: int
    oldest: datetime | None

    @property
    def words(self) -> str:
        return f"{COUNTED_AT_MOST}+" if self.count > COUNTED_AT_MOST else str(self.count)

    @property
    def oldest_days(self) -> int:
        return days_between(self.oldest, timezone.now()) if self.oldest else 0


@dataclass(frozen=True)
class Line:
    """One row: the registration, and in 已处理 the decision that was made."""

    registration: Registration
    decision: Decision | None = None

    @cached_property
    def days(self) -> int:
        return days_between(self.registration.submitted_at, timezone.now())

    @property
    def is_waiting(self) -> bool:
        return self.registration.status in IN_REVIEW

    @property
    def value(self) -> str:
        """What its box sends: the registration and the state in which it is shown."""
        return f"{self.registration.pk}.{self.registration.round}.{self.registration.status}"

    @property
    def marks(self) -> list[str]:
        """What a reviewer should notice before anything else; 已处理 tells what was, and has no need of them."""
        registration = self.registration
        found = {
            "请求退回": getattr(registration, "is_asked_back", False),
            "时间重叠": getattr(registration, "has_overlap", False),
            "无单位直报": registration.is_unaffiliated,
            "单位待核实": registration.status == Status.FIRST_REVIEW and registration.unit.is_pending,
        }
        return [mark for mark, applies in found.items() if applies]


@dataclass(frozen=True)
class Listing:
    """One page of lines and what the addresses of its neighbours add to the queue's."""

    lines: list[Line]
    next: dict[str, str]
    previous: dict[str, str]


class Queue:
    """One tab of one reviewer with its filters and its order, as an address names them."""

    def __init__(self, person: User, office: Office, params: QueryDict) -> None:
        self.person, self.office, self.params = person, office, params
        self.tab = params.get("tab") if params.get("tab") in self.tabs else "mine"
        self.filter = QueueFilter(params, office=office)
        self.asked_order = params.get("order", "")

    @property
    def tabs(self) -> dict[str, str]:
        """无人初审 is for those who review regions."""
        return {key: label for key, label in TABS.items() if key != "unattended" or self.office.reviews}

    @property
    def is_waiting(self) -> bool:
        return self.tab in WAITING_TABS

    @property
    def is_filtered(self) -> bool:
        return bool(self.filter.given)

    # --- Which ------------------------------------------------------------------------------------

    @cached_property
    def registrations(self) -> QuerySet[Registration]:
        """The registrations of the tab that pass the filters, in no order. In 已处理: those that may have been
        decided.
        """
        objects = Registration.objects
        rows = {
            "mine": lambda: objects.waiting_for(self.person, self.office),
            "unattended": lambda: objects.unattended_for(self.person, self.office),
        }.get(self.tab, lambda: objects.in_office(self.office))()
        return self.filter.narrow(rows)

    @cached_property
    def rows(self) -> QuerySet:
        """What the tab lists: registrations, or the person's decisions."""
        if self.tab != "done":
            return self.registrations
        mine = Decision.objects.filter(actor=self.person, stage__in=(Stage.FIRST, Stage.FINAL, Stage.AFTER))
        mine = mine.exclude(action=Action.ASK_RETURN)
        return mine.filter(Exists(self.registrations.filter(pk=OuterRef("registration"))))

    @property
    def field(self) -> str:
        """The moment by which the tab is ordered and paged."""
        return "created_at" if self.tab == "done" else "submitted_at"

    # --- How many ---------------------------------------------------------------------------------

    @cached_property
    def waiting(self) -> Waiting:
        """Without filters: what waits for the person, and since when."""
        rows = Registration.objects.waiting_for(self.person, self.office).order_by("submitted_at", "pk")
        found = rows.values("submitted_at")[: COUNTED_AT_MOST + 1].aggregate(n=Count("*"), oldest=Min("submitted_at"))
        return Waiting(found["n"], found["oldest"])

    @cached_property
    def count(self) -> int:
        """How many the list has; SORTED_AT_MOST + 1 stands for more."""
        if self.tab == "mine" and not self.is_filtered:
            return min(self.waiting.count, SORTED_AT_MOST + 1)
        return self.counted(SORTED_AT_MOST)

    def counted(self, most: int) -> int:
        """How many rows there are, counting one more than `most` at the most."""
        return self.rows.order_by().values("pk")[: most + 1].count()

    @property
    def is_sortable(self) -> bool:
        return self.tab != "done" and self.count <= SORTED_AT_MOST

    # --- In which order ---------------------------------------------------------------------------

    @cached_property
    def order(self) -> str:
        """The column and the direction; waiting ones oldest first, others latest first."""
        asked, column = self.asked_order, self.asked_order.removeprefix("-")
        if column == "submitted" and self.tab != "done":
            return asked
        if column in SORTS and self.is_sortable:
            return asked
        return "submitted" if self.is_waiting else "-submitted"

    @property
    def is_by_moment(self) -> bool:
        return self.order.removeprefix("-") == "submitted"

    @property
    def _columns(self) -> tuple[str, ...]:
        sign, column = ("-" if self.order.startswith("-") else ""), self.order.removeprefix("-")
        return (
            (f"{sign}{SORTS[column]}", "submitted_at", "pk")
            if column in SORTS
            else (f"{sign}{self.field}", f"{sign}pk")
        )

    # --- One page ---------------------------------------------------------------------------------

    @cached_property
    def listing(self) -> Listing:
        """The page asked for; where nothing is left of it, as when its registrations were decided, the first one."""
        page = self._page(self.params)
        asked = any(self.params.get(name) for name in PLACES)
        return self._page({}) if asked and not page.lines else page

    def _page(self, place: Mapping[str, str]) -> Listing:
        return self._by_moment(place) if self.is_by_moment else self._by_column(place)

    def _by_moment(self, place: Mapping[str, str]) -> Listing:
        page = keyset_page(
            self._shown(self.rows),
            PAGE_SIZE,
            after=place.get("after", ""),
            before=place.get("before", ""),
            newest_first=self.order == "-submitted",
            field=self.field,
        )
        after = {"after": page.next} if page.next else {}
        return Listing(self._lines(page.rows), after, {"before": page.previous} if page.previous else {})

    def _by_column(self, place: Mapping[str, str]) -> Listing:
        """A list small enough to be sorted is small enough for page numbers."""
        text = place.get("page", "")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 1
        start = (max(number, 1) - 1) * PAGE_SIZE
        found = list(self._shown(self.rows).order_by(*self._columns)[start : start + PAGE_SIZE + 1])
        following = {"page": str(number + 1)} if len(found) > PAGE_SIZE else {}
        return Listing(self._lines(found[:PAGE_SIZE]), following, {"page": str(number - 1)} if number > 1 else {})

    def _full(self, rows: QuerySet) -> QuerySet:
        """With everything that a row shows, in the same statement."""
        if self.tab == "done":
            rows = rows.select_related(*(f"registration__{name}" for name in RELATED))
            return rows.defer("registration__owner__id_number")
        return with_marks(rows).select_related(*RELATED).defer("owner__id_number")

    def _shown(self, rows: QuerySet) -> QuerySet:
        """With what the page shows and nothing else: building rows of many columns is most of what they cost."""
        if self.tab == "done":
            return self._full(rows)
        return with_marks(rows).select_related("owner", "unit", "region").only(*SHOWN)

    def _lines(self, rows: list) -> list[Line]:
        if self.tab == "done":
            return [Line(decision.registration, decision) for decision in rows]
        return [Line(registration) for registration in rows]

    def all_lines(self) -> Iterator[Line]:
        """Every line in its order, in flat memory."""
        for row in self._full(self.rows).order_by(*self._columns).iterator(chunk_size=2000):
            yield Line(row.registration, row) if self.tab == "done" else Line(row)

    # --- Before and after one registration ---------------------------------------------------------------

    def neighbours(self, registration: Registration) -> tuple[int | None, int | None]:
        """The keys of the registrations before and after this one, which may itself have left the queue."""
        if not self.is_by_moment:
            return self._sorted_neighbours(registration)
        anchor = self._anchor(registration)
        if anchor is None:
            return None, None
        place, newest_first = str(Cursor.of(anchor, self.field)), self.order == "-submitted"
        rows = self.rows.exclude(pk=anchor.pk)
        options = {"newest_first": newest_first, "field": self.field}
        before = keyset_page(rows, 1, before=place, **options).rows
        after = keyset_page(rows, 1, after=place, **options).rows
        return self._key(before), self._key(after)

    def _anchor(self, registration: Registration):
        return (
            self.rows.filter(registration=registration).order_by("-created_at").first()
            if self.tab == "done"
            else registration
        )

    def _key(self, rows: list) -> int | None:
        return (rows[0].registration_id if self.tab == "done" else rows[0].pk) if rows else None

    def _sorted_neighbours(self, registration: Registration) -> tuple[int | None, int | None]:
        keys = list(self.rows.order_by(*self._columns).values_list("pk", flat=True))
        if registration.pk not in keys:
            return None, None
        place = keys.index(registration.pk)
        return (keys[place - 1] if place else None), (keys[place + 1] if place + 1 < len(keys) else None)

    def first_but(self, registration: Registration) -> int | None:
        """The first registration of the list other than this one."""
        return self._key(list(self.rows.exclude(**self._is(registration)).order_by(*self._columns)[:1]))

    def _is(self, registration: Registration) -> dict:
        return {"registration" if self.tab == "done" else "pk": registration.pk}

    # --- 请求退回 ---------------------------------------------------------------------------------

    def asked_to_return(self) -> list[Decision]:
        """The latest 请求退回 among what waits in this tab, with the owners' words; one query.

        Only requests of the round and stage in which the registration stands. They are found through the small index
        of all
        requests, of which the latest are looked at: the literal lets SQLite see that the index fits.
        """
        is_request = RawSQL("'ask_return'", ())
        latest = Decision.objects.filter(action=is_request).order_by("-registration_id").values("pk")[:ASKED_LOOKED_AT]
        asked = Decision.objects.filter(
            Q(registration__status=Status.FIRST_REVIEW, stage=Stage.FIRST)
            | Q(registration__status=Status.FINAL_REVIEW, stage=Stage.FINAL),
            pk__in=latest,
            round=F("registration__round"),
        )
        asked = asked.filter(Exists(self.registrations.filter(pk=OuterRef("registration"))))
        return list(asked.select_related("registration__owner").order_by("created_at", "pk")[: ASKED_SHOWN + 1])


def with_marks(rows: QuerySet[Registration]) -> QuerySet[Registration]:
    """`is_asked_back` and `has_overlap` on each registration, worked out by the database for the rows it returns."""
    asked = Decision.objects.filter(
        registration=OuterRef("pk"), round=OuterRef("round"), stage=OuterRef("at_stage"), action=Action.ASK_RETURN
    )
    return rows.annotate(at_stage=STAGE, is_asked_back=_if(Exists(asked)), has_overlap=_if(Exists(_overlapping())))


def _if(condition) -> ExpressionWrapper:
    return ExpressionWrapper(condition, output_field=BooleanField())


def _overlapping() -> QuerySet[Registration]:
    """The owner's other submitted, live registrations that share time with the outer one, as `counting.overlaps` has
    it.
    """
    others = Registration.objects.filter(owner=OuterRef("owner")).exclude(pk=OuterRef("pk"))
    others = others.exclude(status__in=[Status.DRAFT, *sorted(REJECTED)])
    shares = Q(starts_at__lt=OuterRef("ends_at"), ends_at__gt=OuterRef("starts_at"))
    is_moment = Q(starts_at=F("ends_at"), starts_at__gte=OuterRef("starts_at"), starts_at__lt=OuterRef("ends_at"))
    same_moment = Q(starts_at=OuterRef("starts_at"))
    return others.filter(shares | is_moment | same_moment)
