"""A look at every main page of a full desk, by day, by night, on a phone, at twice the size and from right to left:
pictures for people in build/screenshots, and what nobody should have to notice by themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.pictures import GERMAN, IN_GERMAN, PICTURES, Picture, Sample
from tests.servers.browser import SCREENSHOTS, Chromium, accessibility
from tests.servers.live import LiveDesk

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

PHONE, ZOOMED, DESKTOP = (390, 844), (640, 450), (1440, 900)  # at 200 % a window of 1280 is 640 wide

# What is cut off or sticks out without the page being wider for it: its shell hides that. What scrolls within its own
# frame does so on purpose, and what only a screen reader reads has no place.
STICKS_OUT = """() => {
    const wide = document.documentElement.clientWidth;
    const scrolls = (node) => {
        for (let up = node; up && up !== document.body; up = up.parentElement) {
            const style = getComputedStyle(up);
            if (style.textOverflow === "ellipsis" && style.overflowX !== "visible") return true;
            if (["auto", "scroll"].includes(style.overflowX) && up.scrollWidth > up.clientWidth) return true;
            if (style.position === "fixed" && up !== node) return false;
            if (style.clipPath !== "none" || style.clip !== "auto" || style.visibility === "hidden") return true;
        }
        return false;
    };
    const out = [];
    for (const node of document.querySelectorAll("body *")) {
        if (!node.checkVisibility?.({opacityProperty: true, visibilityProperty: true})) continue;
        const box = node.getBoundingClientRect();
        if (box.width < 2 || box.height < 2 || (box.right <= wide + 1 && box.left >= -1)) continue;
        if (node.closest(".skip, .sr, svg svg") || scrolls(node)) continue;
        const [name, said] = [node.getAttribute("class") ?? node.id, (node.textContent ?? "").trim().slice(0, 40)];
        const [left, right] = [Math.round(box.left), Math.round(box.right)];
        out.push(`${node.tagName.toLowerCase()}.${name} ${left}..${right} of ${wide}: ${said}`);
    }
    return out.slice(0, 5);
}"""


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory, launched_browser: Browser) -> Iterator[Sample]:
    """The sample desk as `make run` fills it: invented people, the same history each time."""
    live = LiveDesk(tmp_path_factory.mktemp("sample"), DEMO="1", ADMIN_EMAIL="first@kiln.example")
    yield Sample(live.start(patience=280), launched_browser)
    live.close()


def overflow(page: Page) -> list[str]:
    """What makes the page wider than its window, or is cut off by it."""
    wide = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    wider = [f"the page is {wide[0]} wide in a window of {wide[1]}"] if wide[0] > wide[1] else []
    found: list[str] = page.evaluate(STICKS_OUT)
    return wider + found


def opened(page: Page, sample: Sample, picture: Picture, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    answer = page.goto(picture.path.format(**sample.places))
    assert answer is not None
    assert answer.ok, answer.status
    if page.locator("#shell[data-live]").count():
        expect(page.locator("#shell")).to_have_attribute("data-live", "yes")
    picture.act(page)


@pytest.mark.parametrize("name", PICTURES)
def test_a_page_as_people_see_it(sample: Sample, chromium: Chromium, name: str) -> None:
    wrong: list[str] = []
    shown = PICTURES[name]
    context = chromium.context(sample.url, storage_state=sample.session(shown.who), reduced_motion="reduce")
    page = context.new_page()

    def judge(look: str, *, shoot: bool = True, axe: bool = True) -> None:
        wrong.extend(f"{look}: {line}" for line in overflow(page))
        if axe:
            wrong.extend(f"{look}: {line}" for line in accessibility(page))
        if shoot:
            page.screenshot(path=SCREENSHOTS / f"{name}-{look}.png")

    opened(page, sample, shown, DESKTOP)
    judge("light")
    page.emulate_media(color_scheme="dark")
    judge("dark")
    page.emulate_media(color_scheme="light")
    page.evaluate("document.documentElement.dir = 'rtl'")
    judge("rtl", axe=False)
    opened(page, sample, shown, PHONE)
    judge("phone")
    page.evaluate("document.documentElement.dir = 'rtl'")
    judge("phone-rtl", shoot=False, axe=False)
    opened(page, sample, shown, ZOOMED)
    judge("zoomed", axe=False)
    context.close()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", IN_GERMAN)
def test_a_page_in_german(sample: Sample, chromium: Chromium, name: str) -> None:
    context = chromium.context(
        sample.url, storage_state=sample.session(GERMAN), reduced_motion="reduce", locale="de-DE"
    )
    page, wrong = context.new_page(), []
    for look, size in (("de", DESKTOP), ("de-phone", PHONE)):
        opened(page, sample, PICTURES[name], size)
        expect(page.locator("html")).to_have_attribute("lang", "de")
        wrong += [f"{look}: {line}" for line in (*overflow(page), *accessibility(page))]
        page.screenshot(path=SCREENSHOTS / f"{name}-{look}.png")
    context.close()
    assert not wrong, "\n".join(wrong)
