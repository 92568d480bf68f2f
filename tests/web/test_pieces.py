"""Forms, lists and charts by themselves."""

from datetime import date
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from lxml import html
from markupsafe import Markup
from pydantic import Field
from starlette.datastructures import FormData, QueryParams

from domain.money import to_decimal
from domain.states import Channel
from starter.api.v1.pages import cursor, listing_of
from starter.web import charts, security
from starter.web.charts import Bar, Drawer, Point
from starter.web.forms import BusinessId, Day, Email, Euros, Flag, Form, FormModel, Line
from starter.web.lists import Listing, picked
from starter.web.templating import environment
from starter.web.words import LANGUAGES, words


class Asked(FormModel):
    name: Line
    email: Email = ""
    limit: Euros = 0
    day: Day = date(2026, 3, 2)
    days: Annotated[int, Field(ge=7, le=365)] = 14
    company: BusinessId = ""
    channel: Channel = Channel.EMAIL
    channels: tuple[Channel, ...] = ()
    ban: Flag = False


def page(*posted: tuple[str, str], query: str = "") -> Any:
    return SimpleNamespace(
        form=FormData(list(posted)),
        words=words("en"),
        request=SimpleNamespace(query_params=QueryParams(query)),
    )


def read(*posted: tuple[str, str]) -> Form[Asked]:
    return Form.read(page(*posted), Asked)


def test_what_is_right_is_read() -> None:
    form = read(
        *(("name", " Esimerkki Oy "), ("limit", "1 234,5 €"), ("day", "3.12.2026")),
        *(("channels", "paper"), ("channels", "email"), ("ban", "1"), ("email", "  ")),
    )
    assert form.errors == {}
    assert form.value == Asked(
        name="Esimerkki Oy",
        limit=123_450,
        day=date(2026, 12, 3),
        channels=(Channel.PAPER, Channel.EMAIL),
        ban=True,
    )


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("name", "  ", "Fill this in"),
        ("name", "x" * 201, "At most 200"),
        ("email", "nobody", "not written"),
        ("limit", "1,234", "1234,50"),
        ("day", "31.2.2026", "3.12.2026"),
        ("days", "6", "At least 7"),
        ("days", "366", "At most 365"),
        ("days", "soon", "whole number"),
        ("company", "2000001-5", "mistyped digit"),
        ("channel", "pigeon", "Choose one"),
        ("channels", "pigeon", "Choose one"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_kept(field: str, typed: str, says: str) -> None:
    posted = list({"name": "Oy", field: typed}.items())
    form = read(*posted)
    assert form.value is None
    assert says in form.error(field)
    assert list(form.errors) == [field]
    assert form.text(field) == typed
    for language in LANGUAGES[:2]:
        there = page(*posted)
        there.words = words(language)
        said = Form.read(there, Asked).error(field)
        assert said
        assert said != form.error(field)


def test_what_a_form_shows_at_first() -> None:
    form: Form[Asked] = Form.blank(page(), Asked(name="Oy", channels=(Channel.PAPER,), ban=True))
    assert form.text("name") == "Oy"
    assert form.text("day") == "2026-03-02"
    assert form.has("channels", "paper")
    assert form.has("ban", 1)
    assert not form.has("channels", "email")


def test_a_field_is_tied_to_its_label_its_hint_and_its_mistake() -> None:
    form = read(("name", '"><script>'), ("days", "x"))
    made = environment("en").from_string(
        "{{ forms.mistakes(form) }}{{ forms.text(form, 'name', 'Name') }}"
        "{{ forms.days(form, 'days', 'Days', hint='At least 7 by law') }}"
    )
    said = made.render(form=form)
    assert "<script>" not in said
    tree: Any = html.fromstring(said)
    (days,) = tree.xpath("//input[@name='days']")
    assert days.get("aria-invalid") == "true"
    described = [tree.get_element_by_id(one) for one in days.get("aria-describedby").split()]
    assert "by law" in described[0].text_content()
    assert "whole number" in described[1].text_content()
    assert tree.xpath("//label[@for='f-days']")
    assert tree.xpath("//*[@role='alert']")


def test_a_cursor_of_other_filters_begins_the_list_anew() -> None:
    said = cursor(listing_of("customers", "oy"), 17)
    assert Listing(page(query=f"cursor={said}"), "customers", "oy").after_id() == 17
    assert Listing(page(query=f"cursor={said}"), "customers", "ky").after_id() is None
    assert Listing(page(query="cursor=%00%ff"), "customers", "oy").after_id() is None


def test_a_list_says_whether_there_is_more() -> None:
    listing = Listing(page(), "numbers", rows=2)
    assert listing.fetched == 3
    more = listing.page([1, 2, 3], lambda row: (row,))
    assert (more.rows, more.first) == ([1, 2], True)
    last = Listing(page(query=f"cursor={more.next}"), "numbers", rows=2)
    assert last.after_id() == 2
    assert last.page([3], lambda row: (row,)).next is None


def test_what_was_ticked() -> None:
    assert picked(page(("pick", "3"), ("pick", "x"), ("pick", "4"))).ids == (3, 4)
    assert picked(page(query="pick=3&all=1")).all
    assert not picked(page())


@pytest.mark.parametrize("values", [[], [0, 0], [5, 120, 3], [10**12]])
def test_charts_show_their_figures_also_as_a_table(values: list[int]) -> None:
    draw = Drawer(words("en"))
    bars = [Bar(f"<{value}>", value, words("en").money(value)) for value in values]
    points = [Point("1/26", None, "–"), *(Point("2/26", one, str(one)) for one in values)]
    for drawn in (
        draw.bars("A & B", bars, columns=("Age", "Open")),
        draw.funnel("A & B", bars, columns=("Step", "Invoices")),
        draw.line("A & B", points, columns=("Month", "Days")),
    ):
        assert isinstance(drawn, Markup)
        assert "style=" not in drawn
        tree: Any = html.fromstring(drawn)
        assert tree.xpath(".//svg/@aria-label") == ["A & B"]
        assert len(tree.xpath(".//tbody/tr")) >= len(values)
        for mark in tree.xpath(".//rect"):
            assert 0 <= float(mark.get("width")) <= 440


def test_the_axis_ends_at_a_round_number() -> None:
    for most in (0, 0.5, 1, 3, 41, 99, 101, 5_000):
        top = charts._round_up(most)
        assert top >= most
        assert str(to_decimal(int(top * 100))).strip("0.")[0] in "1245"


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil", "/a\nb", "", None, "/" * 3000]
)
def test_only_our_own_addresses_are_gone_on_to(path: str | None) -> None:
    assert security.local_path(path) is None
    assert security.local_path("/companies?x=1") == "/companies?x=1"
