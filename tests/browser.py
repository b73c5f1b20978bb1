"""A real browser without a window, for tests of pages: one for all of a run's tests."""

from __future__ import annotations

import atexit
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from .tools import need

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Browser:
    """What tests do with a page: open it, press keys, read what it shows and what went wrong."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, url: str, width: int = 1280, height: int = 860, dark: bool = False) -> None:
        """Open a page afresh."""
        self.resize(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.driver.get("about:blank")
        self.complaints()
        self.driver.get(url)

    def resize(self, width: int, height: int = 860) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def press(self, *keys: str) -> None:
        from selenium.webdriver.common.action_chains import ActionChains

        actions = ActionChains(self.driver, duration=0)
        for key in keys:
            actions.send_keys(key)
        actions.perform()

    def ask(self, script: str, *arguments: Any) -> Any:
        """What this script returns in the page."""
        return self.driver.execute_script(script, *arguments)

    def wait(self, condition: str) -> None:
        """Until this expression is true in the page."""
        from selenium.webdriver.support.wait import WebDriverWait

        WebDriverWait(self.driver, 20, 0.02).until(lambda _: self.ask(f"return {condition}"))

    def text(self, selector: str) -> str:
        """The text of the first element that a selector finds, hidden or not."""
        found: str = self.ask("return document.querySelector(arguments[0]).textContent", selector)
        return found

    def texts(self, selector: str) -> list[str]:
        """The texts of all that a selector finds."""
        script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)"
        found: list[str] = self.ask(script, selector)
        return found

    def click(self, selector: str) -> None:
        self.driver.find_element("css selector", selector).click()

    def complaints(self) -> list[str]:
        """What the browser had to say since it was last asked: errors, refusals of the policy."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


@cache
def browser() -> Browser:
    """The browser; the test is skipped where there is none."""
    chromium, chromedriver = need("chromium"), need("chromedriver")
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    options = Options()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={Path(profile.name)}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    atexit.register(profile.cleanup)
    atexit.register(driver.quit)
    return Browser(driver)
