"""Opens a folder in a VS Code, types into a file of invariants, and looks at what the extension shows.

usage: headless.py URL FOLDER    (the folder is made)
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path

from playwright.sync_api import Error, Page, sync_playwright

PATIENCE = 180_000
"""Milliseconds."""


def opened(page: Page, url: str, folder: Path) -> None:
    """Waits for the server, and opens the folder and the file."""
    for left in reversed(range(60)):
        try:
            page.goto(f"{url}/?folder={folder}")
            break
        except Error:  # nobody listens there yet
            if not left:
                raise
            time.sleep(1)
    page.wait_for_selector(".monaco-workbench", timeout=PATIENCE)
    page.get_by_role("treeitem", name="new.inv").first.wait_for(timeout=PATIENCE)
    page.get_by_role("treeitem", name="new.inv").first.dblclick()


def main() -> None:
    url, folder = sys.argv[1], Path(sys.argv[2])
    (folder / ".vscode").mkdir(parents=True)
    settings = {
        "kmsVerifier.command": shutil.which("verifier"),
        "kmsVerifier.seconds": 300,
        "workbench.startupEditor": "none",
    }
    (folder / ".vscode" / "settings.json").write_text(json.dumps(settings))
    (folder / "new.inv").write_text('invariant "a": no caller outside 111122223333 can kms:Decypt\n')
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        trust = page.get_by_role("button", name="Yes, I trust the authors")
        page.add_locator_handler(trust, lambda button: button.click())
        opened(page, url, folder)
        wrong = page.locator(".squiggly-error").first
        wrong.wait_for(timeout=PATIENCE)  # the server has read it
        print("an error is shown while typing")
        assert page.locator(".view-line span[class^=mtk]").count() > 5, "the grammar colours nothing"
        page.locator(".view-line", has_text="kms:Decypt").first.click()
        page.keyboard.press("End")
        page.keyboard.press("Control+Backspace")
        page.keyboard.type("Decr")
        offer = page.locator(".suggest-widget .monaco-list-row", has_text="kms:Decrypt").first
        offer.wait_for(timeout=PATIENCE)
        print("a completion is offered")
        offer.click()
        wrong.wait_for(state="detached", timeout=PATIENCE)
        page.locator(".view-line span", has_text="kms:Decrypt").last.hover()
        page.locator(".monaco-hover", has_text="an action of AWS KMS").first.wait_for(timeout=PATIENCE)
        print("a hover is shown, and the error is gone")
        browser.close()


if __name__ == "__main__":
    main()
