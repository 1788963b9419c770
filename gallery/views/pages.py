"""Pages of a grid: so many photos at a time, the next ones behind a cursor in the address."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from gallery.cards import PhotoCard, photo_cards
from gallery.models import Photo
from gallery.search import NEWEST, ORDERS, ordered

PAGE_SIZE = 100
PART = "part"


class GridPagination(CursorPagination):
    """Cursor pages in any order that a page offers."""

    page_size = PAGE_SIZE
    # Photos that are alike in an order's first field are told apart by counting: never too few.
    offset_cutoff = 1_000_000

    def __init__(self, order: str) -> None:
        self.ordering = ORDERS[order]

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        """Return the fields of the order; the address names it, not the fields."""
        return tuple(self.ordering)


@dataclass(frozen=True)
class GridPage:
    """Cards to show and the addresses of the neighbouring pages, "" at the ends."""

    cards: list[PhotoCard]
    order: str
    next: str
    previous: str
    is_part: bool


def grid_page(request: HttpRequest, photos: QuerySet[Photo]) -> GridPage:
    """Return the page of photos that `order` and `cursor` in the address name.

    With `part` the page asks for more photos alone. Raises Http404 for a cursor that is none.
    """
    order = request.GET.get("order", NEWEST)
    order = order if order in ORDERS else NEWEST
    pages = GridPagination(order)
    try:
        rows = pages.paginate_queryset(ordered(photos, order), Request(request))
    except NotFound as error:
        raise Http404 from error
    return GridPage(
        cards=photo_cards(request.user, rows or []),
        order=order,
        next=_relative(pages.get_next_link()),
        previous=_relative(pages.get_previous_link()),
        is_part=PART in request.GET,
    )


def _relative(link: str | None) -> str:
    """Return a link without host, so that it holds behind any proxy, and without `part`."""
    if link is None:
        return ""
    query = [item for item in urlsplit(link).query.split("&") if item.partition("=")[0] != PART]
    return f"?{'&'.join(query)}"
