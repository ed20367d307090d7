# lib/base: log, configuration, strings, clock and other things that know no domain word. May use no other layer.
noinst_LIBRARIES += lib/base/libbase.a
lib_base_libbase_a_SOURCES = \
	lib/base/buf.c lib/base/clock.c lib/base/clock.h lib/base/config.c lib/base/config.h lib/base/csv_reader.c lib/base/csv_reader.h lib/base/listen.c lib/base/listen.h \
	lib/base/log.c lib/base/log.h lib/base/notify.c lib/base/notify.h lib/base/password.c lib/base/password.h lib/base/password_judge.c lib/base/program.c lib/base/program.h \
	lib/base/seal.c lib/base/seal.h lib/base/str.c lib/base/str.h lib/base/token.c lib/base/token.h

BASE_TESTS = tests/unit/base_clock_test tests/unit/base_config_test tests/unit/base_seal_test tests/unit/base_str_test \
	tests/unit/base_system_test
check_PROGRAMS += $(BASE_TESTS)
UNIT_TESTS += $(BASE_TESTS)
tests_unit_base_clock_test_SOURCES = tests/unit/base_clock_test.c
tests_unit_base_clock_test_LDADD = $(LINK_BASE) $(LINK_CUNIT)
tests_unit_base_config_test_SOURCES = tests/unit/base_config_test.c
tests_unit_base_config_test_LDADD = $(LINK_BASE) $(LINK_CUNIT)
tests_unit_base_seal_test_SOURCES = tests/unit/base_seal_test.c
tests_unit_base_seal_test_LDADD = $(LINK_BASE) $(LINK_CUNIT)
tests_unit_base_str_test_SOURCES = tests/unit/base_str_test.c
tests_unit_base_str_test_LDADD = $(LINK_BASE) $(LINK_CUNIT)
tests_unit_base_system_test_SOURCES = tests/unit/base_system_test.c
tests_unit_base_system_test_LDADD = $(LINK_BASE) $(LINK_CUNIT)

check_PROGRAMS += tests/unit/base_csv_reader_test
UNIT_TESTS += tests/unit/base_csv_reader_test
tests_unit_base_csv_reader_test_SOURCES = tests/unit/base_csv_reader_test.c
tests_unit_base_csv_reader_test_LDADD = $(LINK_BASE) $(CSV_LIBS) $(LINK_CUNIT)

check_PROGRAMS += tests/unit/base_password_test
UNIT_TESTS += tests/unit/base_password_test
tests_unit_base_password_test_SOURCES = tests/unit/base_password_test.c
# The sanitizer's library has a crypt_r of its own that only calls the real one: without this, as-needed would leave that out.
tests_unit_base_password_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--no-as-needed
tests_unit_base_password_test_LDADD = $(LINK_BASE) $(CRYPT_LIBS) $(LINK_CUNIT)
