"""The duty board in a real browser: what its readers do, by mouse and by keyboard, and what they cannot be made to."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.conftest import HOSTILE, Tab

PHONE = {"viewport": {"width": 320, "height": 640}}


def _choice(tab: Tab, facet: str, number: int = 0) -> Any:
    return tab.page.locator(f".choice[data-f={facet}]").nth(number)


def test_a_click_narrows_and_a_second_one_widens(tab: Tab) -> None:
    """A tile shows as many rows as it counts, says so, marks itself, and moves the list of the filter with it."""
    everything = tab.shown
    tile = tab.page.locator(".tile.overdue")
    tile.click()

    assert int(tile.locator(".count").text_content()) == tab.shown > 0
    assert re.fullmatch(rf"{tab.shown} of {everything} obligations: Overdue", tab.says())
    assert ("true", "overdue") == (tile.get_attribute("aria-pressed"), tab.page.locator("#when").input_value())
    tile.click()
    assert (everything, "false") == (tab.shown, tile.get_attribute("aria-pressed"))


def test_filters_add_up(tab: Tab) -> None:
    """What is picked in a list and what is clicked narrow together; the other buttons count what is left."""
    unit = _choice(tab, "unit")
    wanted = unit.locator(".name").text_content()
    unit.click()
    owner = _choice(tab, "owner")
    left = int(owner.locator("i").text_content())
    owner.click()

    assert left == tab.shown > 0
    units = tab.page.locator("#rows tbody tr:not([hidden]) td:last-child").all_text_contents()
    assert {wanted} == set(units)
    tab.page.locator("#rule").select_option(index=len(tab.page.locator("#rule option").all()) - 1)
    assert tab.shown < left
    tab.page.locator("#clear").click()
    assert ("q", "") == (tab.focused(), tab.page.locator("#unit").input_value())


def test_search_finds_every_word(tab: Tab) -> None:
    """Words in any order and case, in any column; nothing found is said."""
    tab.page.locator("#q").fill("SUPERVISION c-000008")

    assert tab.shown > 0
    rows = tab.page.locator("#rows tbody tr:not([hidden])").all_text_contents()
    assert all("C-000008" in row and "supervision" in row for row in rows)
    tab.page.locator("#q").fill("2026C-0000")
    assert 0 == tab.shown  # the end of one cell and the beginning of the next are no word
    tab.page.locator("#q").fill("zzz")
    assert (0, True) == (tab.shown, tab.page.locator("#nothing").is_visible())


def test_by_keyboard_alone(tab: Tab) -> None:
    """Tab skips to the rows, / searches, Escape shows everything, Enter opens a case, Escape leads back to it."""
    press, everything = tab.page.keyboard.press, tab.shown
    tab.open("when=overdue")
    press("Tab")
    assert "Skip to what is due" == tab.focused()
    press("Enter")
    press("Tab")
    assert tab.focused().startswith("Due")
    assert 0 < tab.shown < everything
    press("/")
    assert "q" == tab.focused()
    tab.page.keyboard.type("C-000016/")
    assert 0 == tab.shown
    press("Backspace")
    assert 0 < tab.shown < everything
    press("Escape")
    assert (everything, "") == (tab.shown, tab.page.locator("#q").input_value())
    _choice(tab, "unit").focus()
    press("ArrowDown")
    press("Enter")
    assert "true" == _choice(tab, "unit", 1).get_attribute("aria-pressed")
    case = tab.page.locator("#rows tbody tr:not([hidden]) .case").first
    case.focus()
    press("ArrowDown")
    there = tab.focused()
    press("Enter")
    assert tab.page.locator("#case-h").text_content() == f"Case {there}"
    press("Escape")
    assert (False, there) == (tab.page.locator("#case").is_visible(), tab.focused())


def test_the_key_can_be_left_alone(tab: Tab) -> None:
    """Who speaks to the machine, or types for other programs, turns the key off; the address keeps that."""
    tab.page.locator("#slash").uncheck()
    tab.page.reload()
    tab.page.keyboard.press("/")

    assert "q" != tab.focused()
    tab.page.locator("#slash").check()
    tab.page.locator("h1").click()
    tab.page.keyboard.press("/")
    assert "q" == tab.focused()


@pytest.mark.parametrize("tab", [{}, PHONE], ids=["wide", "phone"], indirect=True)
def test_a_screen_reader_finds_a_table(tab: Tab) -> None:
    """What the browser tells a screen reader: a table with its heads, a header for each row, and every row in it."""
    nodes = tab.page.context.new_cdp_session(tab.page).send("Accessibility.getFullAXTree")["nodes"]
    roles = [node["role"]["value"] for node in nodes if not node.get("ignored")]
    names = {node["name"]["value"] for node in nodes if node.get("role", {}).get("value") == "button"}

    assert (tab.shown, 5) == (roles.count("rowheader"), roles.count("columnheader"))
    assert {"main", "banner", "contentinfo", "search", "table", "status"} <= set(roles)
    assert "17 Overdue" in names
    assert all(re.search(r"\d overdue of \d", name) for name in names if " of " in name)
    assert any(re.fullmatch(r"A \d+ overdue of \d+", name) for name in names)


def test_the_head_sorts(tab: Tab) -> None:
    """A click on a head sorts by it, a second one the other way round; what is sorted by is told to all readers."""
    head = tab.page.locator("th button[data-sort=case]")
    sorts = tab.page.locator("#rows thead th")
    head.click()
    cases = tab.page.locator("#rows tbody th").all_text_contents()
    told = [one.get_attribute("aria-sort") for one in sorts.all()]
    head.click()
    again = tab.page.locator("#rows tbody th").all_text_contents()

    numbered = [case for case in cases if case.startswith("C-")]
    assert sorted(numbered) == numbered
    assert ["none", "ascending", "none", "none", "none"] == told
    assert sorted(numbered, reverse=True) == [case for case in again if case.startswith("C-")]
    assert "descending" == sorts.nth(1).get_attribute("aria-sort")


def test_a_case_opens_with_its_clocks(tab: Tab) -> None:
    """Who leads it and where, a chart, and the same as tables: each clock with what came of it, each event."""
    first = tab.page.locator("#rows .case").first
    id_ = first.text_content()
    first.click()
    body = tab.page.locator("#case-body")

    assert f"Case {id_}" == tab.page.locator("#case-h").text_content()
    assert {"Lead", "Supervisor", "Unit", "State", "Referred"} == set(body.locator("dt").all_text_contents())
    assert body.locator("svg[role=img]").get_attribute("aria-label").startswith("Timeline from ")
    clocks, events = body.locator("table").all()
    assert "\u25b2 overdue, 39 days late" == clocks.locator("tbody tr").first.locator("td").nth(2).text_content()
    assert body.locator("svg circle").count() == events.locator("tbody tr").count() > 5
    assert body.locator("svg line.over").count() > 0
    tab.shoot("case")
    tab.page.locator("#shut").click()
    assert id_ == tab.focused()
    assert "" == tab.page.evaluate("location.hash.slice(1)")
    tab.open("case=C-000003")
    assert "\u25cb running, due in 9 days" in body.locator("table").first.text_content()


def test_the_address_keeps_the_view(tab: Tab) -> None:
    """Filters, search, order and an open case are in the address: loaded anew, the page looks the same."""
    _choice(tab, "unit", 1).click()
    tab.page.locator("#q").fill("supervision")
    tab.page.locator("th button[data-sort=owner]").click()
    tab.page.locator("#rows tbody tr:not([hidden]) .case").first.click()
    before = (tab.says(), tab.page.locator("#case-h").text_content(), tab.page.evaluate("location.hash"))
    tab.page.reload()

    assert before == (tab.says(), tab.page.locator("#case-h").text_content(), tab.page.evaluate("location.hash"))
    assert "supervision" == tab.page.locator("#q").input_value()


@pytest.mark.parametrize(
    "view",
    [
        "unit=Z&owner=nobody-at-all&rule=BRI-999&when=2031-01-01&sort=__proto__&case=C-999999",
        "when=constructor&unit=%00&sort=-toString",
        "%E0%A4%A&&&=&when=&q=%20",
    ],
)
def test_an_address_is_not_trusted(tab: Tab, view: str) -> None:
    """What the address names and the page does not know is as if it were not there."""
    everything = tab.shown
    tab.open(view)

    assert (everything, False) == (tab.shown, tab.page.locator("#case").is_visible())
    assert "ascending" == tab.page.locator("#rows thead th").first.get_attribute("aria-sort")


def test_a_hostile_reference_is_text(tab: Tab) -> None:
    """A reference that is markup is shown as it is, in the table, in its timeline and in the address; nothing runs."""
    tab.open("q=" + "%3Cimg%20onerror%3D1%3E").open()
    tab.page.locator("#q").fill("window.ran")
    button = tab.page.locator("#rows tbody tr:not([hidden]) .case").first
    assert HOSTILE == button.text_content()
    button.click()

    assert f"Case {HOSTILE}" == tab.page.locator("#case-h").text_content()
    tab.page.reload()
    assert f"Case {HOSTILE}" == tab.page.locator("#case-h").text_content()
    assert tab.page.evaluate("window.ran === undefined")
    assert 0 == tab.page.locator("img").count()


def test_the_policy_holds(tab: Tab) -> None:
    """Even a script that got in could make no markup of text, run no text, load no picture and reach no server."""
    refused = tab.page.evaluate(
        """async () => {
          const tried = [];
          const attempt = async (name, work) => { try { await work(); } catch { tried.push(name); } };
          await attempt("markup", () => { document.body.innerHTML = "<b>x</b>"; });
          await attempt("policy", () => { trustedTypes.createPolicy("any", {}); });
          await attempt("fetch", () => fetch("https://example.invalid/"));
          const image = new Image();
          await attempt("image", () => new Promise((good, bad) => {
            image.onload = good; image.onerror = bad; image.src = "data:image/gif;base64,R0lGODlhAQABAAAAACw=";
          }));
          return tried;
        }"""
    )

    assert ["markup", "policy", "fetch", "image"] == refused
    assert len(tab.complaints) >= 2
    tab.complaints.clear()


@pytest.mark.parametrize("tab", [{"java_script_enabled": False}], indirect=True)
def test_without_script(tab: Tab) -> None:
    """Where scripts are off, every row is there, and the page says what is missing."""
    assert tab.page.locator("#rows tbody tr").count() > 50
    assert tab.page.locator("#due noscript").is_visible()


@pytest.mark.parametrize(
    "tab",
    [
        {"color_scheme": "light"},
        {"color_scheme": "dark"},
        {"color_scheme": "light", **PHONE},
        {"color_scheme": "dark", **PHONE},
        {"forced_colors": "active"},
    ],
    ids=["light", "dark", "phone", "dark-phone", "forced-colours"],
    indirect=True,
)
def test_axe_finds_nothing(tab: Tab, request: pytest.FixtureRequest) -> None:
    """WCAG 2.2 AA: with everything shown, narrowed, and with a case open; nothing is wider than the screen."""
    name = request.node.callspec.id
    tab.shoot(name)
    assert [] == tab.violations()
    _choice(tab, "unit").click()
    tab.page.locator(".tile.overdue").click()
    tab.page.locator(".numbers summary").first.click()
    assert [] == tab.violations()
    tab.shoot(f"{name}-narrowed")
    tab.page.locator("#rows tbody tr:not([hidden]) .case").first.click()
    assert [] == tab.violations()
    tab.shoot(f"{name}-case")
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.page.evaluate(
        "document.querySelector('dialog').scrollWidth <= document.querySelector('dialog').clientWidth"
    )


def test_paper(tab: Tab) -> None:
    """On paper are the rows that are shown, what is counted, how the page was made; of an open case its own sheet."""
    tab.page.locator(".tile.overdue").click()
    tab.page.locator("#unit").select_option(label="A")
    assert not tab.page.locator("#only").is_visible()
    tab.page.emulate_media(media="print")
    assert tab.page.locator("#only").is_visible()
    assert "Counted here: Overdue, unit A" == tab.page.locator("#only").text_content()
    visible = {name: tab.page.locator(name).is_visible() for name in (".filters", ".panels", "#rows", "footer", "h1")}

    assert {".filters": False, ".panels": False, "#rows": True, "footer": True, "h1": True} == visible
    assert "table-header-group" == tab.page.evaluate("getComputedStyle(document.querySelector('#rows thead')).display")
    assert tab.page.locator("#shown").is_visible()
    assert all(case.is_visible() for case in tab.page.locator("#rows tbody tr:not([hidden]) .case").all())
    tab.page.emulate_media(media="screen")
    tab.page.locator("#rows tbody tr:not([hidden]) .case").first.click()
    tab.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    tab.page.emulate_media(media="print")
    assert tab.page.locator("#paper h2").is_visible()
    assert not tab.page.locator("main").is_visible()
    tab.page.emulate_media(media="screen")
    tab.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert "" == tab.page.locator("#paper").text_content()
