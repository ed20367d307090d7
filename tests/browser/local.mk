# tests/browser: the console in a real browser.
# A script prints TAP and is listed in dist_check_SCRIPTS and in BROWSER_TESTS; what it reads is in EXTRA_DIST.
