"""The page in a real browser: what is drawn is what was sent, drawn zones come out as TOML, it is fit to be used."""

from __future__ import annotations

import os
import signal
import time
import tomllib
from collections.abc import Iterable, Iterator

import pytest

from browser import Chromium, Page
from edgewright.agent import read_settings
from edgewright.agent.dashboard.access import Token
from edgewright.agent.events.event import Event
from edgewright.report.palette import DARK, LIGHT

from .made_feed import SHAPES, STATUS, Made, event, gray

pytestmark = pytest.mark.extras

ATTACK = "<img src=x onerror='hacked=1'><script>hacked=1</script>"

# All at one moment: nothing is drawn while a script runs.
DRAWN = """(() => {
  const stage = document.querySelector("#stage"), canvas = document.querySelector("#picture");
  const points = (each) => each.getAttribute("points").split(" ").map((one) => one.split(",").map(Number));
  return {
    picture: Number(stage.dataset.picture), view: Number(stage.dataset.view),
    size: [canvas.height, canvas.width],
    gray: canvas.getContext("2d").getImageData(5, 5, 1, 1).data[0],
    boxes: [...document.querySelectorAll("#boxes .box")].map(points),
    tracks: [...document.querySelectorAll("#boxes .box")].map((each) => each.dataset.track),
    tags: [...document.querySelectorAll("#tags .tag")].map((each) => each.textContent),
  };
})()"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[Chromium]:
    one = Chromium(tmp_path_factory.mktemp("browser"))
    yield one
    one.close()


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    with Made() as one:
        yield one


@pytest.fixture
def page(browser, made) -> Iterator[Page]:
    with browser.page() as one:
        one.open(made.url)
        one.until("document.querySelector('#stage').dataset.view")
        yield one


# What is drawn


def test_boxes_are_where_they_were_sent_over_the_picture_in_which_they_were_seen(made, page):
    numbers = set()
    while len(numbers) < 5:
        drawn = page.value(DRAWN)
        shown = made.shown[drawn["picture"]]
        height, width = shown.size
        assert drawn["view"] == drawn["picture"]
        assert drawn["size"] == [height, width]
        assert abs(drawn["gray"] - gray(shown.number)) <= 2
        assert drawn["boxes"] == [
            [[round(x / width, 5), round(y / height, 5)] for x, y in seen.box.corners] for seen in shown.observations
        ]
        assert drawn["tracks"] == [str(shown.observations[0].track), None]
        assert drawn["tags"] == [f"dog #{shown.observations[0].track} 0.90", "cat <b> 0.50"]
        numbers.add(shown.number)


def test_a_picture_waits_for_what_was_seen_in_it(browser, made):
    late = """
      const listen = EventSource.prototype.addEventListener;
      EventSource.prototype.addEventListener = function (kind, told) {
        listen.call(this, kind, kind === "view" ? (message) => setTimeout(() => told(message), 60) : told);
      };
    """
    with browser.page() as page:
        page.call("Page.addScriptToEvaluateOnNewDocument", source=late)
        page.open(made.url)
        page.until("document.querySelector('#stage').dataset.view")
        seen = set()
        while len(seen) < 5:
            drawn = page.value(DRAWN)
            assert drawn["view"] == drawn["picture"]
            seen.add(drawn["picture"])


def test_boxes_lie_on_the_screen_where_they_lie_in_the_picture(page):
    left, top, width, height = page.place("#picture")
    corners = page.value("""(() => {
      const box = document.querySelector("#boxes .box"), area = box.getBoundingClientRect();
      return [box.getAttribute("points").split(" ")[0].split(",").map(Number), [area.x, area.y]];
    })()""")
    assert corners[1] == pytest.approx([left + corners[0][0] * width, top + corners[0][1] * height], abs=3)


def test_zones_and_lines_of_the_configuration_are_drawn(page):
    drawn = page.value(
        "[...document.querySelectorAll('#places .place')].map(each => [each.dataset.name, each.getAttribute('points')])"
    )
    assert drawn == [[shape.name, " ".join(f"{x},{y}" for x, y in shape.points)] for shape in SHAPES]


def test_another_source_is_chosen(made, page):
    page.value("document.querySelector('#source').focus()")
    page.key("y")
    page.until("document.querySelector('#source').value === 'yard'")
    page.until("document.querySelector('#stage').dataset.view")
    assert made.shown[page.value(DRAWN)["view"]].source == "yard"
    assert page.value("[...document.querySelectorAll('#places .place')].map(each => each.dataset.name)") == ["gate"]


def test_a_pause_holds_the_picture(page):
    page.click("#pause")
    held = page.value(DRAWN)
    time.sleep(0.5)
    assert page.value(DRAWN) == held
    page.click("#pause")
    page.until(f"Number(document.querySelector('#stage').dataset.picture) > {held['picture']}")


def test_of_a_sound_the_labels_are_shown(browser):
    with Made(pictures=False) as made, browser.page() as page:
        page.open(made.url)
        page.until("document.querySelectorAll('#labels li').length === 2")
        assert page.texts("#labels li") == ["dog0.90", "cat <b>0.50"]
        assert page.value("document.querySelector('#stage').hidden && document.querySelector('#draw-zone').hidden")


# Events and figures


def test_events_are_listed_as_they_come(made, page):
    made.feed.tell([event(1), Event("agent", "agent", 1_700_000_000, facts={"what": "dropped", "count": 3})])
    page.until("document.querySelector('#events strong')?.textContent === 'dropped'")
    assert page.texts("#events li:nth-child(-n+2) strong") == ["dropped", "dog"]
    assert page.texts("#events li:nth-child(-n+2) .detail") == ["count 3", "visitor · 0.50 · door"]


def test_hostile_labels_are_text(made, page):
    seen = {"label": ATTACK, "score": 0.5, "index": 1}
    made.feed.tell([Event(ATTACK, "rule", 1_700_000_000, rule=ATTACK, observation=seen, facts={"picture": ATTACK})])
    page.until("document.querySelector('#events strong')?.textContent.startsWith('<img')")
    made.status = lambda: {**STATUS, "troubles": {"source": ATTACK}, "figures": [[ATTACK] * 3]}
    page.until("document.querySelector('#troubles').textContent.includes('<img')")
    made.status = lambda: STATUS
    assert page.texts("#events strong")[0] == ATTACK
    assert page.value("typeof hacked") == "undefined"


def test_troubles_and_figures_are_told(made, page):
    page.until("document.querySelector('#figures .value')?.textContent === '25.0'")
    assert page.texts("#state") == ["at work"]
    made.status = lambda: {**STATUS, "troubles": {"source": "silent for 20 s"}}
    page.until("!document.querySelector('#troubles').hidden")
    assert page.texts("#troubles li") == ["source: silent for 20 s"]
    assert page.texts("#state") == ["in trouble"]
    made.status = lambda: STATUS
    page.until("document.querySelector('#troubles').hidden")


def test_after_a_break_the_page_goes_on_and_no_event_is_there_twice(browser):
    with Made() as made, browser.page() as page:
        made.feed.tell([event(1), event(2)])
        page.open(made.url)
        page.until("document.querySelectorAll('#events li').length === 2")
        os.kill(made.dashboard.process_id, signal.SIGKILL)
        page.until("document.querySelector('#state').dataset.state === 'lost'")
        made.feed.tell([event(3)])
        page.until("document.querySelectorAll('#events li').length === 3")
        page.until("document.querySelector('#state').dataset.state === 'well'")
        number = page.value(DRAWN)["picture"]
        page.until(f"Number(document.querySelector('#stage').dataset.picture) > {number}")
        assert len(page.texts("#events li")) == 3


def test_a_page_that_is_closed_costs_nothing(made, browser):
    with browser.page() as page:
        page.open(made.url)
        page.until("document.querySelector('#stage').dataset.view")
    time.sleep(0.5)
    before = made.encoded
    time.sleep(0.5)
    assert made.encoded == before


# Drawing


def at(page: Page, share: tuple[float, float]) -> tuple[float, float]:
    left, top, width, height = page.place("#picture")
    return left + share[0] * width, top + share[1] * height


def flat(points: Iterable[Iterable[float]]) -> list[float]:
    return [value for point in points for value in point]


def drawn_toml(page: Page) -> dict:
    return tomllib.loads(page.value("document.querySelector('#toml').value"))


def test_a_zone_drawn_with_the_mouse_comes_out_as_toml(page, tmp_path, small_model):
    page.click("#draw-zone")
    wanted = [(0.2, 0.2), (0.8, 0.25), (0.7, 0.8)]
    for share in wanted:
        page.press(*at(page, share))
    page.press(*at(page, wanted[0]))  # the first point again ends it
    (zone,) = drawn_toml(page)["zones"]
    assert (zone["name"], zone["source"]) == ("zone 1", "door")
    assert flat(zone["points"]) == pytest.approx(flat(wanted), abs=0.004)
    text = page.value("document.querySelector('#toml').value")
    rule = '\n[[rules]]\nname = "in it"\nlabels = ["macaw"]\nzone = "zone 1"\n'
    agent = f'model = "{small_model}"\n[source]\nname = "door"\ncamera = 0\n{text}{rule}'
    (tmp_path / "agent.toml").write_text(agent)
    (there,) = read_settings(tmp_path / "agent.toml").zones
    assert list(map(list, there.points)) == zone["points"]


def test_a_point_can_be_moved_and_taken_back(page):
    page.click("#draw-line")
    for share in [(0.1, 0.5), (0.5, 0.5), (0.9, 0.5)]:
        page.press(*at(page, share))
    page.mouse("mousePressed", *at(page, (0.5, 0.5)))
    page.mouse("mouseDragged", *at(page, (0.5, 0.6)))
    page.mouse("mouseDragged", *at(page, (0.5, 0.75)))
    page.mouse("mouseReleased", *at(page, (0.5, 0.75)))
    page.click("#undo")
    page.click("#finish")
    (line,) = drawn_toml(page)["lines"]
    assert flat(line["points"]) == pytest.approx([0.1, 0.5, 0.5, 0.75], abs=0.004)


def test_a_line_drawn_with_the_keyboard_alone(page):
    page.value("document.querySelector('#draw-line').focus()")
    page.key("Enter")
    for name in ["ArrowLeft"] * 3 + ["Enter"] + ["ArrowDown"] * 4 + ["Enter", "f"]:
        page.key(name)
    (line,) = drawn_toml(page)["lines"]
    assert line["points"] == [[0.47, 0.5], [0.47, 0.54]]


def test_a_name_with_everything_in_it_is_sound_toml(page):
    page.click("#draw-line")
    for share in [(0.1, 0.5), (0.5, 0.5)]:
        page.press(*at(page, share))
    name = 'a "b" \\ ü \x7f'
    page.value(f"(() => {{ const n = document.querySelector('#name'); n.value = {name!r}; "
               "n.dispatchEvent(new Event('input')) })()")  # fmt: skip
    assert drawn_toml(page)["lines"][0]["name"] == name


def test_a_zone_drawn_with_a_finger(browser, made):
    with browser.page(360, 740, touch=True) as page:
        page.open(made.url)
        page.until("document.querySelector('#stage').dataset.view")
        page.click("#draw-zone")
        page.value("document.querySelector('#stage').scrollIntoView({block: 'center'})")
        wanted = [(0.2, 0.2), (0.8, 0.2), (0.5, 0.9)]
        for share in wanted:
            page.tap(*at(page, share))
        (zone,) = drawn_toml(page)["zones"]
    assert flat(zone["points"]) == pytest.approx(flat(wanted), abs=0.01)


# Fit to be used


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_nothing_sticks_out_at_any_width(browser, made, width):
    made.status = lambda: {**STATUS, "troubles": {"a-part-with-a-long-name" * 4: "for-a-long-reason" * 9}}
    made.feed.tell(
        [Event("door", "rule", 1_700_000_000, rule="r" * 300, observation={"label": "l" * 300, "score": 1.0})]
    )
    with browser.page(width, 800, touch=width < 500) as page:
        page.open(made.url)
        page.until("document.querySelector('#stage').dataset.view && !document.querySelector('#troubles').hidden")
        assert page.value("document.documentElement.scrollWidth") == width
        page.click("#draw-zone")
        assert page.value("document.documentElement.scrollWidth") == width
    made.status = lambda: STATUS


@pytest.mark.parametrize(("dark", "paper"), [(False, LIGHT.paper), (True, DARK.paper)])
def test_light_and_dark(browser, made, dark, paper):
    with browser.page(dark=dark) as page:
        page.open(made.url)
        color = page.value("getComputedStyle(document.documentElement).backgroundColor")
    assert color == f"rgb({int(paper[1:3], 16)}, {int(paper[3:5], 16)}, {int(paper[5:7], 16)})"


def test_all_that_can_be_used_has_a_name_and_can_be_reached_with_the_keyboard(page):
    page.click("#draw-zone")
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    used = ("button", "checkbox", "combobox", "textbox", "MenuListPopup")
    named = {
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in used
    }
    assert {("button", "Pause"), ("checkbox", "boxes"), ("textbox", "Name")} <= named
    assert all(name for role, name in named if role != "MenuListPopup")
    reached = set()
    page.value("document.activeElement.blur()")
    for _ in range(30):
        page.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
        page.call("Input.dispatchKeyEvent", type="keyUp", key="Tab", code="Tab", windowsVirtualKeyCode=9)
        reached.add(page.value("document.activeElement.id"))
    assert {"source", "pause", "show-boxes", "draw-zone", "name", "copy", "toml", "scroller", "stage"} <= reached


def test_nothing_is_asked_of_another_host_and_the_policy_is_kept(browser, made, page):
    asked = [told["request"]["url"] for told in page.happened("Network.requestWillBeSent")]
    assert len(asked) > 8
    assert all(url.startswith(f"{made.url}/") for url in asked), asked
    assert page.happened("Runtime.exceptionThrown") == []
    assert [told["entry"]["text"] for told in page.happened("Log.entryAdded")] == []


def test_the_policy_stops_what_is_not_ours(page):
    blocked = page.value("""new Promise((resolve) => {
      document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
      const script = document.createElement("script");
      script.textContent = "hacked = 1";
      document.body.append(script);
    })""")
    assert blocked.startswith("script-src")
    assert page.value("typeof hacked") == "undefined"


def test_the_link_with_the_token_opens_the_page(browser):
    with Made(token=Token("t" * 32)) as made, browser.page() as page:
        page.open(made.url)
        assert "open the link with the token" in page.value("document.body.textContent")
        page.open(made.dashboard.link)
        page.until("document.querySelector('#stage')?.dataset.view")
        assert page.value("location.href") == f"{made.url}/"
        assert page.value("document.cookie") == ""
