"""The lists of 学时审核: which registrations, how many, in which order, and the neighbours of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from config.constants import QUEUE_SORT_LIMIT, RETURN_REQUESTS_SCANNED, RETURN_REQUESTS_SHOWN, WAITING_COUNT_LIMIT
from config.web.paging import Cursor, keyset_page
from hours.models import Decision, Registration
from hours.offices import Office
from hours.states import IN_REVIEW, Action, Stage, Status
from hours.wording import days_between

from .filters import QueueFilter
from .marks import with_marks

TABS = {"mine": "待我审核", "unattended": "无人初审", "done": "已处理", "all": "全部"}
WAITING_TABS = ("mine", "unattended")
POSITION_PARAMS = ("after", "before", "page")
SORT_COLUMNS = {"name": "owner__name", "year": "year", "hours": "hours_applied"}
RELATED = ("owner", "category__parent", "unit", "region")
# What a row of the page shows. The category's name is missing: the filter knows the names of all categories.
PAGE_COLUMNS = (
    *("owner__name", "owner__id_tail", "unit__state", "region__name", "category_id", "unit_name", "is_unaffiliated"),
    *("status", "round", "content", "year", "starts_at", "ends_at", "submitted_at", "hours_applied", "hours_proposed"),
)


@dataclass(frozen=True)
class WaitingSummary:
    """How many registrations wait for a person, counted up to WAITING_COUNT_LIMIT, and the oldest submission."""

    count: int
    oldest: datetime | None

    @property
    def count_text(self) -> str:
        return f"{WAITING_COUNT_LIMIT}+" if self.count > WAITING_COUNT_LIMIT else str(self.count)

    @property
    def oldest_days(self) -> int:
        return days_between(self.oldest, timezone.now()) if self.oldest else 0


@dataclass(frozen=True)
class QueueLine:
    """One row: the registration, and in 已处理 the person's decision."""

    registration: Registration
    decision: Decision | None = None

    @property
    def submitted_at(self) -> datetime:
        """The time of the submission; ValueError for a draft, which no queue holds."""
        if self.registration.submitted_at is None:
            raise ValueError(f"registration {self.registration.pk} was not submitted")
        return self.registration.submitted_at

    @property
    def days_since_submission(self) -> int:
        return days_between(self.submitted_at, timezone.now())

    @property
    def is_waiting(self) -> bool:
        return self.registration.status in IN_REVIEW

    @property
    def tick_value(self) -> str:
        """The value of the row's box: the registration with the round and status in which it is shown."""
        return f"{self.registration.pk}.{self.registration.round}.{self.registration.status}"

    @property
    def marks(self) -> list[str]:
        """The labels of the marks that apply; the rows of 已处理 are not annotated with the first two."""
        registration, unit = self.registration, self.registration.unit
        found = {
            "请求退回": getattr(registration, "has_return_request", False),
            "时间重叠": getattr(registration, "has_overlap", False),
            "无单位直报": registration.is_unaffiliated,
            "单位待核实": registration.status == Status.FIRST_REVIEW and unit is not None and unit.is_pending,
        }
        return [mark for mark, applies in found.items() if applies]


@dataclass(frozen=True)
class QueuePage:
    """The lines of one page, and the parameters that lead to the next and the previous page (empty for none)."""

    lines: list[QueueLine]
    next_params: dict[str, str]
    previous_params: dict[str, str]


class Queue:
    """One tab of one reviewer, with the filters and the order that the address names."""

    def __init__(self, person: User, office: Office, params: QueryDict) -> None:
        self.person, self.office, self.params = person, office, params
        tab = params.get("tab", "")
        self.tab = tab if tab in self.tabs else "mine"
        self.filter = QueueFilter(params, office=office)
        self.requested_order = params.get("order", "")

    @property
    def tabs(self) -> dict[str, str]:
        """The tabs of this person; 无人初审 is for region reviewers."""
        return {key: label for key, label in TABS.items() if key != "unattended" or self.office.reviews}

    @property
    def is_waiting(self) -> bool:
        return self.tab in WAITING_TABS

    @property
    def is_filtered(self) -> bool:
        return bool(self.filter.given)

    # --- Rows -------------------------------------------------------------------------------------

    @cached_property
    def registrations(self) -> QuerySet[Registration]:
        """The unordered registrations of the tab that pass the filters; in 已处理 those of the whole office."""
        if self.tab == "mine":
            rows = Registration.objects.waiting_for(self.person, self.office)
        elif self.tab == "unattended":
            rows = Registration.objects.unattended_for(self.person, self.office)
        else:
            rows = Registration.objects.in_office(self.office)
        return self.filter.narrow(rows)

    @cached_property
    def rows(self) -> QuerySet[Any]:
        """The rows of the tab: the person's decisions in 已处理, otherwise registrations."""
        if self.tab != "done":
            return self.registrations
        mine = Decision.objects.filter(actor=self.person, stage__in=(Stage.FIRST, Stage.FINAL, Stage.AFTER))
        mine = mine.exclude(action=Action.ASK_RETURN)
        return mine.filter(Exists(self.registrations.filter(pk=OuterRef("registration"))))

    @property
    def time_field(self) -> str:
        """The column by which the rows are ordered and paged."""
        return "created_at" if self.tab == "done" else "submitted_at"

    # --- Counts -----------------------------------------------------------------------------------

    @cached_property
    def waiting(self) -> WaitingSummary:
        """What waits for the person, without filters."""
        rows = Registration.objects.waiting_for(self.person, self.office).order_by("submitted_at", "pk")
        counted = rows.values("submitted_at")[: WAITING_COUNT_LIMIT + 1]
        found = counted.aggregate(n=Count("*"), oldest=Min("submitted_at"))
        return WaitingSummary(found["n"], found["oldest"])

    @cached_property
    def count(self) -> int:
        """The number of rows; QUEUE_SORT_LIMIT + 1 stands for more."""
        if self.tab == "mine" and not self.is_filtered:
            return min(self.waiting.count, QUEUE_SORT_LIMIT + 1)
        return self.count_up_to(QUEUE_SORT_LIMIT)

    def count_up_to(self, limit: int) -> int:
        """Return the number of rows; limit + 1 stands for more."""
        return self.rows.order_by().values("pk")[: limit + 1].count()

    @property
    def is_sortable(self) -> bool:
        return self.tab != "done" and self.count <= QUEUE_SORT_LIMIT

    # --- Order ------------------------------------------------------------------------------------

    @cached_property
    def order(self) -> str:
        """A column with "-" for descending: the requested order if it is possible, else by time.

        By default waiting registrations come oldest first, others newest first.
        """
        column = self.requested_order.removeprefix("-")
        if column == "submitted" and self.tab != "done":
            return self.requested_order
        if column in SORT_COLUMNS and self.is_sortable:
            return self.requested_order
        return "submitted" if self.is_waiting else "-submitted"

    @property
    def is_by_time(self) -> bool:
        return self.order.removeprefix("-") == "submitted"

    @property
    def is_newest_first(self) -> bool:
        return self.order == "-submitted"

    @property
    def _order_by(self) -> tuple[str, ...]:
        sign, column = ("-" if self.order.startswith("-") else ""), self.order.removeprefix("-")
        if column in SORT_COLUMNS:
            return f"{sign}{SORT_COLUMNS[column]}", "submitted_at", "pk"
        return f"{sign}{self.time_field}", f"{sign}pk"

    # --- Pages ------------------------------------------------------------------------------------

    @cached_property
    def page(self) -> QueuePage:
        """The requested page, or the first one if nothing is left of it, as when its registrations were decided."""
        page = self._page(self.params)
        is_requested = any(self.params.get(name) for name in POSITION_PARAMS)
        return self._page({}) if is_requested and not page.lines else page

    def _page(self, position: Mapping[str, str]) -> QueuePage:
        return self._page_by_time(position) if self.is_by_time else self._page_by_column(position)

    def _page_by_time(self, position: Mapping[str, str]) -> QueuePage:
        page = keyset_page(
            self._with_page_columns(self.rows),
            settings.QUEUE_PAGE_SIZE,
            after=position.get("after", ""),
            before=position.get("before", ""),
            newest_first=self.is_newest_first,
            field=self.time_field,
        )
        next_params = {"after": page.next} if page.next else {}
        previous_params = {"before": page.previous} if page.previous else {}
        return QueuePage(self._lines(page.rows), next_params, previous_params)

    def _page_by_column(self, position: Mapping[str, str]) -> QueuePage:
        """Return a numbered page: a list that is small enough to be sorted is small enough for an offset."""
        text = position.get("page", "")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 1
        size = settings.QUEUE_PAGE_SIZE
        start = (max(number, 1) - 1) * size
        found = list(self._with_page_columns(self.rows).order_by(*self._order_by)[start : start + size + 1])
        next_params = {"page": str(number + 1)} if len(found) > size else {}
        previous_params = {"page": str(number - 1)} if number > 1 else {}
        return QueuePage(self._lines(found[:size]), next_params, previous_params)

    def all_lines(self) -> Iterator[QueueLine]:
        """Yield every line in order; memory stays flat."""
        for row in self._with_all_columns(self.rows).order_by(*self._order_by).iterator(chunk_size=2000):
            yield self._line(row)

    def _with_all_columns(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        if self.tab == "done":
            rows = rows.select_related(*(f"registration__{name}" for name in RELATED))
            return rows.defer("registration__owner__id_number")
        return with_marks(rows).select_related(*RELATED).defer("owner__id_number")

    def _with_page_columns(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Read only what the page shows: building objects of many columns is most of the cost of a page."""
        if self.tab == "done":
            return self._with_all_columns(rows)
        return with_marks(rows).select_related("owner", "unit", "region").only(*PAGE_COLUMNS)

    def _lines(self, rows: Sequence[Any]) -> list[QueueLine]:
        return [self._line(row) for row in rows]

    def _line(self, row: Any) -> QueueLine:
        return QueueLine(row.registration, row) if self.tab == "done" else QueueLine(row)

    # --- Neighbours -------------------------------------------------------------------------------

    def neighbours(self, registration: Registration) -> tuple[int | None, int | None]:
        """Return the keys of the registrations before and after this one, which may have left the queue."""
        if not self.is_by_time:
            return self._neighbours_by_column(registration)
        anchor = self._row_of(registration)
        if anchor is None:
            return None, None
        rows, place = self.rows.exclude(pk=anchor.pk), str(Cursor.of(anchor, self.time_field))
        newest_first, field = self.is_newest_first, self.time_field
        before = keyset_page(rows, 1, before=place, newest_first=newest_first, field=field).rows
        after = keyset_page(rows, 1, after=place, newest_first=newest_first, field=field).rows
        return self._first_key(before), self._first_key(after)

    def _neighbours_by_column(self, registration: Registration) -> tuple[int | None, int | None]:
        keys = list(self.rows.order_by(*self._order_by).values_list("pk", flat=True))
        if registration.pk not in keys:
            return None, None
        index = keys.index(registration.pk)
        return (keys[index - 1] if index else None), (keys[index + 1] if index + 1 < len(keys) else None)

    def first_other_than(self, registration: Registration) -> int | None:
        """Return the key of the first registration of the list that is not this one."""
        column = "registration" if self.tab == "done" else "pk"
        rows = self.rows.exclude(**{column: registration.pk}).order_by(*self._order_by)
        return self._first_key(list(rows[:1]))

    def _row_of(self, registration: Registration) -> Decision | Registration | None:
        """Return the row at which the registration stands: in 已处理 the person's latest decision about it."""
        if self.tab != "done":
            return registration
        return self.rows.filter(registration=registration).order_by("-created_at").first()

    def _first_key(self, rows: Sequence[Any]) -> int | None:
        if not rows:
            return None
        return rows[0].registration_id if self.tab == "done" else rows[0].pk

    # --- 请求退回 ---------------------------------------------------------------------------------

    def return_requests(self) -> list[Decision]:
        """Return the oldest 请求退回 of this tab, for the present round and stage of their registrations; one query.

        Only the latest RETURN_REQUESTS_SCANNED of all are looked at, through their partial index; the action is a
        literal, so that SQLite sees that the index fits.
        """
        is_request = RawSQL("'ask_return'", ())
        latest = Decision.objects.filter(action=is_request).order_by("-registration_id").values("pk")
        requests = Decision.objects.filter(
            Q(registration__status=Status.FIRST_REVIEW, stage=Stage.FIRST)
            | Q(registration__status=Status.FINAL_REVIEW, stage=Stage.FINAL),
            pk__in=latest[:RETURN_REQUESTS_SCANNED],
            round=F("registration__round"),
        )
        requests = requests.filter(Exists(self.registrations.filter(pk=OuterRef("registration"))))
        requests = requests.select_related("registration__owner").order_by("created_at", "pk")
        return list(requests[: RETURN_REQUESTS_SHOWN + 1])
