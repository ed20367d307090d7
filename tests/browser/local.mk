# tests/browser: the console in a real browser.
# A script prints TAP and is listed in dist_check_SCRIPTS and in BROWSER_TESTS; what it reads is in EXTRA_DIST.
# words_test: files only. console_test, people_test, changes_test, operators_test, xss_test, controllers_test: the console against a mock. site_test, board_test: on a whole private site.
dist_check_SCRIPTS += tests/browser/words_test.mjs tests/browser/console_test.mjs tests/browser/people_test.mjs tests/browser/changes_test.mjs tests/browser/operators_test.mjs tests/browser/xss_test.mjs tests/browser/controllers_test.mjs tests/browser/site_test.py tests/browser/board_test.py
BROWSER_TESTS += tests/browser/words_test.mjs tests/browser/console_test.mjs tests/browser/people_test.mjs tests/browser/changes_test.mjs tests/browser/operators_test.mjs tests/browser/xss_test.mjs tests/browser/controllers_test.mjs tests/browser/site_test.py tests/browser/board_test.py
EXTRA_DIST += tests/browser/lib.mjs tests/browser/on_mock.mjs tests/browser/board_on_site.mjs tests/browser/on_site.mjs tests/browser/on_site_operators.mjs tests/browser/on_site_people.mjs tests/browser/mock/server.mjs tests/browser/mock/api.mjs tests/browser/mock/changes.mjs tests/browser/mock/controllers.mjs tests/browser/mock/data.mjs tests/browser/mock/people.mjs tests/browser/mock/operators.mjs tests/browser/mock/system.mjs

# What the browser tests drive Chromium with, by npm as package-lock.json says. Without npm or its registry they say that they are skipped.
check_DATA = tests/browser/npm.stamp
CLEANFILES += tests/browser/npm.stamp
tests/browser/npm.stamp: $(srcdir)/package.json $(srcdir)/package-lock.json htdocs/vendor.stamp
	$(AM_V_GEN)$(MKDIR_P) tests/browser; \
	if test '$(abs_srcdir)' != '$(abs_builddir)'; then cp $(srcdir)/package.json $(srcdir)/package-lock.json . && chmod u+w package.json package-lock.json; fi; \
	if test '$(NPM)' != no && $(NPM) ci --ignore-scripts --no-audit --no-fund --silent; then echo fetched >$@; \
	else echo 'npm could not fetch what the browser tests need: they are skipped' >&2; fi
