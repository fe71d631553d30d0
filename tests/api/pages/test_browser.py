"""The pages in a real browser: nothing on the console, no sideways scrolling, everything by keyboard."""

import os
import shutil
from threading import Thread

import pytest
from werkzeug.serving import make_server

pytestmark = pytest.mark.browser

PATHS = ["/", "/catalogue", "/catalogue/lead_to_opportunity", "/catalogue/lead_to_opportunity?grain=month",
         "/catalogue/nothing", "/docs"]  # fmt: skip


@pytest.fixture(scope="module")
def address(app):
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser():
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is missing")
        pytest.skip("chromium is not installed")
    sync_api = pytest.importorskip("playwright.sync_api") if not os.environ.get("CI") else _sync_api()
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def _sync_api():
    import playwright.sync_api

    return playwright.sync_api


@pytest.fixture
def visit(browser, address):
    """Open a page; the test fails where the browser had anything to complain about."""
    complaints, contexts = [], []

    def open_page(path, width=1280, **options):
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.goto(address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    # The page that is not there answers 404, which a browser notes.
    assert [text for text in complaints if "404 (NOT FOUND)" not in text] == []


@pytest.mark.parametrize("width", [375, 768, 1280])
@pytest.mark.parametrize("path", PATHS)
def test_no_page_scrolls_sideways(visit, path, width):
    page = visit(path, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    beyond = page.evaluate(
        """width => [...document.querySelectorAll("main *")]
            .filter(one => !one.closest(".scroll") && !one.closest(".hidden") && !one.closest("thead"))
            .filter(one => one.getBoundingClientRect().right > width + 1).map(one => one.outerHTML.slice(0, 90))""",
        width,
    )
    assert beyond == []


def test_the_style_sheet_is_used(visit):
    page = visit("/")
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).borderRadius") == "10px"
    fill = "getComputedStyle(document.querySelector('.ring .fill')).fill"
    assert page.evaluate(fill) == "none"


def test_the_keyboard_reaches_everything_in_order(visit):
    page = visit("/")
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.textContent.trim().split('\\n')[0]"))
        if seen[-1] == "Revenue":
            break
    assert seen[:5] == ["Skip to the content", "Northwind Teas", "Scorecard", "Catalogue", "API"]
    assert seen[-1] == "Revenue"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url("**/catalogue/revenue")
    assert page.inner_text("h1") == "Revenue"


def test_the_first_tab_skips_to_the_content(visit):
    page = visit("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_period_is_chosen_without_scripts(visit):
    page = visit("/", java_script_enabled=False)
    page.select_option("#choose-period", "2026-Q2")
    page.click("text=Show")
    page.wait_for_url("**period=2026-Q2&*")
    assert "2026-Q2" in page.inner_text(".overall .head")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/catalogue", "/catalogue/lead_to_opportunity", "/docs"])
def test_words_can_be_read_on_their_ground(visit, path, scheme):
    """WCAG AA: 4.5 to 1 for words of usual size."""
    page = visit(path, color_scheme=scheme)
    poor = page.evaluate(
        """() => {
          const parts = text => (text.match(/[0-9.]+/g) || []).map(Number)
          const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
            .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0)
          const ground = one => {
            for (let at = one; at; at = at.parentElement) {
              const found = parts(getComputedStyle(at).backgroundColor)
              if (found.length === 3 || found[3] === 1) return found
            }
            return [255, 255, 255]
          }
          return [...document.querySelectorAll("body *")]
            .filter(one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
            .filter(one => one.getClientRects().length && !one.closest("svg, option, select"))
            .map(one => {
              const [a, b] = [light(parts(getComputedStyle(one).color)), light(ground(one))]
              return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), one.outerHTML.slice(0, 80)]
            })
            .filter(([contrast]) => contrast < 4.5)
        }"""
    )
    assert poor == []


def test_paper_shows_no_controls_and_keeps_every_indicator(visit):
    page = visit("/")
    page.emulate_media(media="print")
    assert not page.is_visible(".choose")
    assert not page.is_visible(".site nav")
    assert page.locator(".indicators tbody tr:visible").count() == 10
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
