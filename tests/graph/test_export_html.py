"""The HTML picture in a real browser, with the network off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from picture_tables import EVIL, tables
from playwright.sync_api import Page, sync_playwright

from graph.export import Picture, draw, write
from graph.network import neighbourhood

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LOADS = {"img": "src", "script": "src", "iframe": "src", "link": "href", "source": "src", "object": "data"}


@pytest.fixture(scope="module")
def picture() -> Picture:
    return draw(neighbourhood(*tables(), ["union:usw", "plant:gm-silao"], hops=2))


@pytest.fixture(scope="module")
def file(picture: Picture, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("USB stick é") / "a picture.html"
    write(picture, path)
    return path


class Loads(HTMLParser):
    """What a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if LOADS.get(tag) in values or "background" in values or "srcset" in values:
            self.found.append(self.get_starttag_text())
        if "url(" in (values.get("style") or ""):
            self.found.append(self.get_starttag_text())


def test_nothing_is_loaded_from_anywhere(file: Path):
    text = file.read_text(encoding="utf-8")
    parser = Loads()
    parser.feed(text)
    assert parser.found == []
    assert not re.search(r"@import|\bfetch\(|\bimport\(|XMLHttpRequest|sendBeacon|WebSocket", text)
    assert not re.search(
        r"url\(\s*[\"']?(?!data:)[a-z/]", "".join(re.findall(r"<style.*?</style>", text, re.S))
    )
    assert "jsdelivr" not in text
    assert "cdnjs" not in text


def test_language_title_policy_and_one_heading(file: Path, picture: Picture):
    text = file.read_text(encoding="utf-8")
    assert text.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert f"<title>{picture.title}</title>" in text
    assert "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:" in text
    assert text.count("<h1>") == 1


@pytest.fixture(scope="module")
def page(file: Path) -> Iterator[Page]:
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(SWITCHES))
        context = browser.new_context(offline=True, viewport={"width": 1400, "height": 900})
        page = context.new_page()
        page.problems, page.requests = [], []
        page.on("console", lambda message: page.problems.append(message.text))
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on(
            "dialog", lambda dialog: (page.problems.append("dialog: " + dialog.message), dialog.dismiss())
        )
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto(file.as_uri())
        page.wait_for_timeout(400)
        yield page
        browser.close()


def click_canvas(page: Page, expression: str) -> None:
    """Click where the drawing has the point `expression` (in its own coordinates)."""
    spot = page.evaluate(f"network.canvasToDOM({expression})")
    box = page.locator("#mynetwork").bounding_box()
    page.mouse.click(box["x"] + spot["x"], box["y"] + spot["y"])


def test_opens_without_error_or_request(page: Page, file: Path):
    assert page.problems == []
    outside = [url for url in page.requests if not url.startswith("data:")]
    assert outside == [file.as_uri()]


def test_legend_sources_and_picture_are_visible(page: Page, picture: Picture):
    assert page.locator("#mynetwork canvas").is_visible()
    shown = page.locator("#legend li").evaluate_all("items => items.map(item => item.dataset.key)")
    assert shown == [f"{entry.group} {entry.key}" for entry in picture.legend]
    assert page.locator("#legend").is_visible()
    assert page.locator("#sources li").count() == len(picture.sources)
    assert page.locator("#sources li").first.is_visible()
    assert page.locator("#sources a").first.get_attribute("href") == picture.sources[0].url
    painted = page.evaluate(
        "Array.from(document.querySelector('#mynetwork canvas').getContext('2d')"
        ".getImageData(0, 0, 600, 600).data).filter(value => value < 100).length"
    )
    assert painted > 1000, "the drawing is empty"


def test_positions_are_those_of_the_picture_and_stay(page: Page, picture: Picture):
    places = page.evaluate("network.getPositions()")
    for node in picture.nodes:
        assert places[node.id] == {"x": pytest.approx(node.x, abs=1), "y": pytest.approx(node.y, abs=1)}
    assert page.evaluate("network.physics.physicsEnabled") is False


def test_click_on_a_symbol_shows_its_evidence(page: Page):
    click_canvas(page, 'network.getPositions(["plant:gm-silao"])["plant:gm-silao"]')
    panel = page.locator("#panel").inner_text()
    assert "GM Silao Complex" in panel
    assert "6500" in panel
    assert "plant.csv#3" in panel
    assert page.locator('#panel a[href="https://example.org/plant/3"]').is_visible()


def test_click_on_a_line_shows_its_evidence(page: Page):
    page.evaluate("document.getElementById('zoom-fit').click()")
    click_canvas(page, label_spot(page, "SHIFT"))
    panel = page.locator("#panel").inner_text()
    assert "work said to move to" in panel
    assert "shiftclaim.csv#" in panel


def label_spot(page: Page, name: str) -> str:
    """Where a label stands on a line of that name."""
    return page.evaluate(
        "(() => { const data = JSON.parse(document.getElementById('picture').textContent);"
        "const label = data.labels.find(l => data.edges[l.edge].text.includes('work said to move'));"
        "return JSON.stringify({x: label.x, y: label.y}); })()"
    )


def test_names_are_text_everywhere(page: Page):
    page.select_option("#find", "plant:evil")
    assert EVIL in page.locator("#panel").inner_text()
    assert page.locator("img").count() == 0
    assert EVIL in page.locator("#nodes").inner_text()
    assert page.evaluate('nodes.get("plant:evil").label').startswith("<img src=x")
    assert page.problems == []


def test_keyboard_alone_reaches_the_evidence(page: Page):
    page.locator('#nodes button[data-id="union:sinttia"]').focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "panel"
    assert "SINTTIA" in page.locator("#panel").inner_text()
    page.locator("#panel button").first.press("Enter")
    assert "SINTTIA" in page.locator("#panel b").first.inner_text()


def test_table_tells_the_same_as_the_picture(page: Page, picture: Picture):
    assert page.locator("#nodes tbody tr").count() == len(picture.nodes)
    ties = page.locator("#nodes td.count").evaluate_all("cells => cells.map(c => Number(c.textContent))")
    assert sum(ties) == 2 * len(picture.edges)


@pytest.mark.parametrize("width", [390, 1400])
def test_no_width_breaks_the_page(page: Page, width: int):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#mynetwork canvas").bounding_box()["width"] > width * 0.6


def test_print_shows_the_drawing_without_script(page: Page):
    page.emulate_media(media="print")
    assert page.locator("#print svg").is_visible()
    assert not page.locator("#mynetwork").is_visible()
    page.emulate_media(media="screen")
