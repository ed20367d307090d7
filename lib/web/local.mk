# lib/web: the only user of libfcgi; workers, routes, parameters, session, JSON, problem replies. May use db and base.
noinst_LIBRARIES += lib/web/libweb.a
lib_web_libweb_a_SOURCES = \
	lib/web/audit.c lib/web/audit.h \
	lib/web/audit_details.c \
	lib/web/body.c \
	lib/web/csv.c lib/web/csv.h \
	lib/web/csv_reply.c lib/web/csv_reply.h \
	lib/web/fcgi.c lib/web/fcgi.h \
	lib/web/field.h \
	lib/web/handle.c \
	lib/web/json.c lib/web/json.h \
	lib/web/members.c \
	lib/web/parameters.c \
	lib/web/password.c lib/web/password.h \
	lib/web/present.c lib/web/present.h \
	lib/web/problem.c lib/web/problem.h \
	lib/web/request.c lib/web/request.h \
	lib/web/route.c lib/web/route.h \
	lib/web/server.c lib/web/server.h \
	lib/web/table.c \
	lib/web/turn.c

check_PROGRAMS += tests/unit/web_test
UNIT_TESTS += tests/unit/web_test tests/unit/web_right_test.sh
dist_check_SCRIPTS += tests/unit/web_right_test.sh
tests_unit_web_test_SOURCES = tests/unit/web_test.c tests/unit/tap.h
tests_unit_web_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_web_test_LDADD = $(LINK_WEB) $(LINK_CUNIT)

dist_doc_DATA += doc/http.md doc/rights.md
