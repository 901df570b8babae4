"""The public site in a real browser (`.ci/browser-test`): Debian's Chromium, driven by Playwright.

They are no part of `make test`, because they need Chromium, Java and Node.js. Nothing is skipped here: without a
browser, the tests fail.
"""
