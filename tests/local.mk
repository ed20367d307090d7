# tests: how they are run. Unit tests are listed by the folder whose code they test (its own local.mk); the others below.
TEST_EXTENSIONS = .sh .py .mjs
TAP_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(TAP_DRIVER)
SH_LOG_DRIVER = $(TAP_DRIVER)
PY_LOG_DRIVER = $(TAP_DRIVER)
MJS_LOG_DRIVER = $(TAP_DRIVER)
# A test that hangs is ended and has failed.
TEST_TIMEOUT = 1800
LOG_COMPILER = timeout -k 30 $(TEST_TIMEOUT)
SH_LOG_COMPILER = timeout -k 30 $(TEST_TIMEOUT) bash
PY_LOG_COMPILER = timeout -k 30 $(TEST_TIMEOUT) $(PYTHON3)
MJS_LOG_COMPILER = timeout -k 30 $(TEST_TIMEOUT) node
# Every test sees where the sources and the build are, as absolute paths, and speaks UTF-8.
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
	PYTHONPATH='$(abs_top_srcdir)/tests/lib' PYTHONDONTWRITEBYTECODE=1 PYTHON3='$(PYTHON3)' \
	LC_ALL=C.UTF-8 TZ=UTC \
	ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1; \
	export top_srcdir top_builddir PYTHONPATH PYTHONDONTWRITEBYTECODE PYTHON3 LC_ALL TZ ASAN_OPTIONS UBSAN_OPTIONS;

EXTRA_DIST += tests/unit/tap.h

include tests/sql/local.mk
include tests/replay/local.mk
include tests/fuzz/local.mk
include tests/web/local.mk
include tests/system/local.mk
include tests/browser/local.mk
include tests/bench/local.mk

# One kind at a time: make check-unit, check-sql, ...
check-unit: ; $(MAKE) $(AM_MAKEFLAGS) check TESTS='$(UNIT_TESTS)'
check-replay: ; $(MAKE) $(AM_MAKEFLAGS) check TESTS='$(REPLAY_TESTS)'
check-fuzz: ; $(MAKE) $(AM_MAKEFLAGS) check TESTS='$(FUZZ_TESTS)'
check-sql: ; $(MAKE) $(AM_MAKEFLAGS) check TESTS='$(SQL_TESTS)'
check-web: ; $(MAKE) $(AM_MAKEFLAGS) check TESTS='$(WEB_TESTS)'
check-system: ; $(MAKE) $(AM_MAKEFLAGS) check TESTS='$(SYSTEM_TESTS)'
check-browser: ; $(MAKE) $(AM_MAKEFLAGS) check TESTS='$(BROWSER_TESTS)'
PHONY_TARGETS += check-unit check-replay check-fuzz check-sql check-web check-system check-browser

dist_check_SCRIPTS += tests/layers_test.sh
OTHER_TESTS += tests/layers_test.sh

dist_check_SCRIPTS += tests/unit/uhppote_board_test.py tests/unit/tap_log_test.py
UNIT_TESTS += tests/unit/uhppote_board_test.py tests/unit/tap_log_test.py

# A site of one's own, for tests and to look at (make demo).
EXTRA_DIST += tests/lib/demo.py tests/lib/machine.py tests/lib/ordinary.py tests/lib/plan.py tests/lib/private_site.py tests/lib/site_files.py tests/lib/supervisor.py \
	tests/lib/uhppote_answer.py tests/lib/uhppote_board.py tests/lib/uhppote_door.py tests/lib/uhppote_simulator.py tests/lib/uhppote_wire.py
DEMO_DIR = $(abs_top_builddir)/demo
DEMO_ENVIRONMENT = top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' PYTHONDONTWRITEBYTECODE=1
demo: all
	@exec env $(DEMO_ENVIRONMENT) DEMO_PORT='$(DEMO_PORT)' DEMO_GATES='$(DEMO_GATES)' DEMO_SEED='$(DEMO_SEED)' \
		$(PYTHON3) $(top_srcdir)/tests/lib/demo.py '$(DEMO_DIR)'
demo-reset:
	@if test -e '$(DEMO_DIR)/lock' && ! flock -n '$(DEMO_DIR)/lock' true; then \
		echo 'the demo is running: stop it first (Ctrl-C)' >&2; exit 1; fi
	rm -rf '$(DEMO_DIR)'
PHONY_TARGETS += demo demo-reset

# The sanitizer build runs unit, replay and API tests again; it does not nest.
dist_check_SCRIPTS += tests/asan_test.py
EXTRA_DIST += tests/lib/tap_log.py
if !ASAN
if !COVERAGE
if LONG_TESTS
OTHER_TESTS += tests/asan_test.py
endif
endif
endif
asan-clean:
	rm -rf asan
CLEAN_LOCAL += asan-clean
PHONY_TARGETS += asan-clean

# Line coverage of what the tests ran (configure --enable-coverage).
coverage:
	@$(MAKE) $(AM_MAKEFLAGS) check-unit check-replay check-web
	@find . -name '*.gcda' -not -path './asan/*' | sed 's/[.]gcda$$/.o/' | xargs gcov -r -s '$(abs_top_srcdir)' -n | \
		awk '/^File/ {file = $$2} /^Lines/ {print $$2, file}' | sed "s/executed://" | sort -n
PHONY_TARGETS += coverage

dist_check_SCRIPTS += tests/man_test.sh tests/units_test.sh
OTHER_TESTS += tests/man_test.sh tests/units_test.sh
