"""A person approves and undoes by clicking, in a real browser, on the template deployed in memory.

Needs Chromium and its driver (Debian: chromium, chromium-driver; `.ci/install` installs them where it may).
TIDEGATE_SCREENSHOTS names a folder that every page is pictured into, wide and 390 pixels wide.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from deployed_account import Deployed, deployed
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

from tidegate.console.console import Console, Person
from tidegate.model import Run, RunStatus
from tidegate_local import story
from tidegate_local.account_state import differences
from tidegate_local.console_server import ConsoleServer

pytestmark = pytest.mark.end_to_end

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDE, PHONE = 1280, 360
# The contrast of each text with what is behind it, as WCAG 2.2 computes it; those below what AA asks of their size.
TOO_FAINT = """
const channel = c => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
const light = rgb => 0.2126 * channel(rgb[0]) + 0.7152 * channel(rgb[1]) + 0.0722 * channel(rgb[2]);
const parsed = text => text.match(/[\\d.]+/g).map(Number);
const behind = node => { for (let at = node; at; at = at.parentElement) {
  const rgba = parsed(getComputedStyle(at).backgroundColor); if (rgba.length < 4 || rgba[3] > 0) return rgba; }
  return [255, 255, 255]; };
const shown = node => node.checkVisibility() && !node.closest("svg");
const texts = node => shown(node) &&
  [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
return [...document.querySelectorAll("main *, header *")].filter(texts).filter(node => {
    const [a, b] = [light(parsed(getComputedStyle(node).color)), light(behind(node))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5; }).map(node => node.outerHTML.slice(0, 120));
"""
# What has to be moved sideways to be read. Differences and proofs wrap; a picture has its list instead on a phone.
SCROLLS = """
return [...document.querySelectorAll("main *")].filter(node => node.checkVisibility() && !node.closest("svg") &&
  ["auto", "scroll"].includes(getComputedStyle(node).overflowX) && node.scrollWidth > node.clientWidth + 1)
  .map(node => node.outerHTML.slice(0, 120));
"""


class OutboxFindings:
    """ports.FindingIndex over the documents that wait in the outbox: what the index would hold."""

    def __init__(self, stack: Deployed) -> None:
        self._stack = stack

    def of_incident(self, incident_id: str, *, limit: int = 200) -> list[dict[str, Any]]:
        found = [
            document
            for (index, _), document in self._stack.documents().items()
            if index.startswith("tidegate-findings") and document["tidegate"].get("incident_uid") == incident_id
        ]
        return sorted(found, key=lambda document: document["time"])[:limit]


@dataclass
class Desk:
    """A person before a browser."""

    stack: Deployed
    site: ConsoleServer
    browser: webdriver.Chrome
    audit: list[tuple[str, dict[str, str]]]

    def go(self, path: str) -> None:
        self.browser.get(f"http://127.0.0.1:{self.site.port}{path}")

    def press(self, text: str) -> None:
        (found,) = [one for one in self.browser.find_elements(By.CSS_SELECTOR, "a, button") if one.text == text]
        page = self.browser.find_element(By.TAG_NAME, "html")
        found.click()
        # While a page goes away the driver has other words for it than that it is stale: it is asked again.
        WebDriverWait(self.browser, 30, ignored_exceptions=[WebDriverException]).until(staleness_of(page))

    @property
    def text(self) -> str:
        return self.browser.find_element(By.TAG_NAME, "main").text

    def run(self, caller: str) -> Run:
        return next(run for run in self.stack.services.ledger.runs() if run.plan and caller in run.plan.reason)

    def widths(self, width: int) -> tuple[int, int]:
        """Of the window and of what is in it: wider content scrolls sideways."""
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < WIDE},
        )
        return width, int(self.browser.execute_script("return document.documentElement.scrollWidth"))

    def picture(self, name: str) -> None:
        if not (folder := os.environ.get("TIDEGATE_SCREENSHOTS")):
            return
        Path(folder).mkdir(parents=True, exist_ok=True)
        height = int(self.browser.execute_script("return document.documentElement.scrollHeight"))
        width = int(self.browser.execute_script("return window.innerWidth"))
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": min(height, 7000), "deviceScaleFactor": 1, "mobile": width < WIDE},
        )
        self.browser.save_screenshot(str(Path(folder) / f"{name}-{width}.png"))


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    binary = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("no browser: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-proxy-server"):
        options.add_argument(flag)
    try:
        started = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    except WebDriverException as error:
        pytest.skip(f"{binary} does not start here: {error.msg}")
    yield started
    started.quit()


@pytest.fixture(scope="module")
def desk(browser: webdriver.Chrome) -> Iterator[Desk]:
    with deployed(ResponseMode="approve") as stack:
        stack.before_it()
        stack.it_happens()
        stack.services.__dict__["finding_index"] = OutboxFindings(stack)
        audit: list[tuple[str, dict[str, str]]] = []
        console = Console(stack.services, lambda what, ids: audit.append((what, dict(ids))))
        site = ConsoleServer(console, Person("olga"))
        try:
            browser.get(site.url)
            yield Desk(stack, site, browser, audit)
        finally:
            site.close()


# The tests of this file share one account and follow each other.


def test_the_address_signs_in_and_the_key_leaves_it(desk: Desk) -> None:
    assert "key=" not in desk.browser.current_url
    assert desk.browser.title == "Incidents - Tidegate"
    assert "5 plans wait for a decision." in desk.text


def test_a_person_approves_by_clicking_and_the_account_is_contained(desk: Desk) -> None:
    before = desk.stack.state()
    run = desk.run(story.EVALUATOR.name)
    desk.go(f"/incidents/{run.incident_id}")
    assert "Why it fired" in desk.text
    desk.press("Read the plan and decide")
    assert "deny iam user" in desk.text
    assert differences(before, desk.stack.state()) == []
    desk.press("Approve: let it run")
    assert "Approved. The playbook runs now" in desk.text
    assert "Approved: it is about to run." in desk.text
    assert "Waits for a person" not in desk.text
    desk.stack.aws.deliver()
    desk.browser.refresh()
    kept = desk.stack.services.ledger.run(run.id)
    assert kept is not None
    assert (kept.status, kept.approved_by) == (RunStatus.CONTAINED, "olga")
    assert "Contained, and proven by reading it back. Each change to its own end" in desk.text
    assert "deny iam user on iam_user:model-evaluation: 1 h left" in desk.text
    assert "Approved by olga." in desk.text
    assert differences(before, desk.stack.state()) != []
    assert ("approved", {"person": "olga", "incident": run.incident_id, "run": run.id}) in desk.audit


def test_the_same_person_undoes_by_clicking_and_the_account_is_as_before(desk: Desk) -> None:
    run = desk.run(story.GREEDY_USER)
    before = desk.stack.state()
    desk.go(f"/approvals/{run.approval_id}")
    desk.press("Approve: let it run")
    desk.stack.aws.deliver()
    assert differences(before, desk.stack.state()) != []
    desk.go(f"/incidents/{run.incident_id}")
    desk.press("Undo this response...")
    assert "What stands, and how each is undone, in this order" in desk.text
    desk.press("Undo it now")
    assert "Undo has been asked for" in desk.text
    desk.stack.aws.deliver()
    desk.browser.refresh()
    assert "Released: what had been changed is as it was before." in desk.text
    assert differences(before, desk.stack.state()) == []
    (receipt,) = desk.stack.services.ledger.receipts(run.id)
    assert receipt.undone_by == "olga"


def test_a_form_can_t_be_sent_again_from_the_page_that_is_still_open(desk: Desk) -> None:
    run = next(one for one in desk.stack.services.ledger.runs(statuses=[RunStatus.AWAITING_APPROVAL]))
    desk.go(f"/approvals/{run.approval_id}")
    desk.press("Decline: change nothing")
    desk.stack.aws.deliver()
    desk.browser.back()
    desk.browser.execute_script("return true")
    assert "A decision is made once." in desk.text or "used" in desk.text or "Your decision" in desk.text
    buttons = desk.browser.find_elements(By.CSS_SELECTOR, "form.ask button")
    if buttons:  # the browser shows what it kept of the page
        desk.press(buttons[0].text)
        assert "has been used" in desk.text
    kept = desk.stack.services.approvals.get(run.approval_id)
    assert kept is not None
    assert kept.decision == "declined"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_legible_labelled_and_fits_a_phone(desk: Desk, theme: str) -> None:
    desk.browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    )
    waiting = next(one for one in desk.stack.services.ledger.runs(statuses=[RunStatus.AWAITING_APPROVAL]))
    standing = next(one for one in desk.stack.services.ledger.runs(statuses=[RunStatus.CONTAINED]))
    pages = {
        "incidents": "/",
        "incident": f"/incidents/{standing.incident_id}",
        "contained": "/contained",
        "approvals": "/approvals",
        "approval": f"/approvals/{waiting.approval_id}",
        "undo": f"/runs/{standing.id}/undo",
        "not-there": "/incidents/inc-unknown",
    }
    for name, path in pages.items():
        for width in (WIDE, PHONE):
            window, content = desk.widths(width)
            desk.go(path)
            window, content = desk.widths(width)
            assert content <= window, f"{name} is {content} px wide in {window}"
            assert desk.browser.execute_script(TOO_FAINT) == [], f"{name}, {theme}"
            assert desk.browser.execute_script(SCROLLS) == [], f"{name} at {width} px"
            desk.picture(f"{name}-{theme}")
        assert desk.browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"
        assert len(desk.browser.find_elements(By.TAG_NAME, "h1")) == 1
        for field in desk.browser.find_elements(By.CSS_SELECTOR, "input:not([type=hidden]), select"):
            assert desk.browser.find_elements(By.CSS_SELECTOR, f"label[for={field.get_attribute('id')}]")
        levels = [int(one.tag_name[1]) for one in desk.browser.find_elements(By.CSS_SELECTOR, "h1, h2, h3, h4")]
        assert all(after - before <= 1 for before, after in pairwise(levels)), f"{name}: {levels}"
    refused = [line["message"] for line in desk.browser.get_log("browser") if "Content Security" in line["message"]]
    assert refused == []


def test_a_playbook_is_a_picture_and_on_a_phone_the_list_of_what_it_did(desk: Desk) -> None:
    standing = next(one for one in desk.stack.services.ledger.runs(statuses=[RunStatus.CONTAINED]))
    for width, picture, listed in ((WIDE, True, False), (PHONE, False, True)):
        desk.widths(width)
        desk.go(f"/incidents/{standing.incident_id}")
        figures = desk.browser.find_elements(By.CSS_SELECTOR, "figure.picture")
        assert figures
        for figure in figures:
            assert figure.find_element(By.CSS_SELECTOR, "svg.playbook").is_displayed() is picture
            assert figure.find_element(By.CSS_SELECTOR, ".way").is_displayed() is listed
    assert "Deny" in figures[-1].text


def test_the_keyboard_is_enough(desk: Desk) -> None:
    desk.widths(WIDE)
    desk.go("/")
    body = desk.browser.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.TAB)
    focused = desk.browser.switch_to.active_element
    assert focused.text == "Skip to content"
    focused.send_keys(Keys.ENTER)
    assert desk.browser.current_url.endswith("#content")


def test_without_the_key_nobody_on_this_machine_gets_in(desk: Desk) -> None:
    desk.browser.delete_all_cookies()
    desk.go("/")
    assert "it signs you in" in desk.browser.find_element(By.TAG_NAME, "body").text
    desk.browser.get(f"http://127.0.0.1:{desk.site.port}/?key=wrong")
    assert "it signs you in" in desk.browser.find_element(By.TAG_NAME, "body").text
