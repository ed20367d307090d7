# tests/web: the running API against openapi.yaml and against bad input.
# A script prints TAP and is listed in WEB_TESTS; what it reads is in EXTRA_DIST.
WEB_TESTS += tests/web/import_test.py tests/web/api_test.py tests/web/session_test.py tests/web/live_test.py tests/web/people_test.py \
	tests/web/transfers_test.py tests/web/controllers_test.py tests/web/operators_test.py tests/web/operator_tool_test.py tests/web/remote_user_test.py \
	tests/web/explanations_test.py tests/web/system_log_test.py tests/web/rights_test.py tests/web/scope_test.py tests/web/abuse_test.py
dist_check_SCRIPTS += $(WEB_TESTS)
EXTRA_DIST += tests/web/web.py tests/web/cases.py tests/web/oracle.py tests/web/straight.py tests/web/world.py

# The same programs with their own check of rights left out: what the database refuses by itself. Never installed.
check_LIBRARIES = tests/web/libunchecked.a
tests_web_libunchecked_a_SOURCES = lib/web/handle.c
tests_web_libunchecked_a_CPPFLAGS = $(AM_CPPFLAGS) -DWEB_UNCHECKED
# The object, not the library: nothing may take the other one instead.
LINK_UNCHECKED = $(tests_web_libunchecked_a_OBJECTS) $(LINK_WEB)
check_PROGRAMS += tests/unchecked/session/session tests/unchecked/gates/gates tests/unchecked/history/history tests/unchecked/live/live \
	tests/unchecked/cardholders/cardholders tests/unchecked/organisation/organisation tests/unchecked/transfers/transfers tests/unchecked/imports/imports \
	tests/unchecked/system/system tests/unchecked/explanations/explanations tests/unchecked/operators/operators
tests_unchecked_session_session_SOURCES =
tests_unchecked_session_session_LDADD = $(cgi_bin_session_session_OBJECTS) $(LINK_UNCHECKED)
tests_unchecked_session_session_LDFLAGS = $(cgi_bin_session_session_LDFLAGS)
tests_unchecked_gates_gates_SOURCES =
tests_unchecked_gates_gates_LDADD = $(cgi_bin_gates_gates_OBJECTS) $(LINK_UNCHECKED)
tests_unchecked_history_history_SOURCES =
tests_unchecked_history_history_LDADD = $(cgi_bin_history_history_OBJECTS) $(LINK_UNCHECKED)
tests_unchecked_live_live_SOURCES =
tests_unchecked_live_live_LDADD = $(cgi_bin_live_live_OBJECTS) $(LINK_UNCHECKED) -lpthread
tests_unchecked_cardholders_cardholders_SOURCES =
tests_unchecked_cardholders_cardholders_LDADD = $(cgi_bin_cardholders_cardholders_OBJECTS) $(LINK_UNCHECKED)
tests_unchecked_organisation_organisation_SOURCES =
tests_unchecked_organisation_organisation_LDADD = $(cgi_bin_organisation_organisation_OBJECTS) $(LINK_UNCHECKED)
tests_unchecked_transfers_transfers_SOURCES =
tests_unchecked_transfers_transfers_LDADD = $(cgi_bin_transfers_transfers_OBJECTS) $(LINK_UNCHECKED)
tests_unchecked_imports_imports_SOURCES =
tests_unchecked_imports_imports_LDADD = $(cgi_bin_imports_imports_OBJECTS) $(LINK_UNCHECKED)
tests_unchecked_system_system_SOURCES =
tests_unchecked_system_system_LDADD = $(cgi_bin_system_system_OBJECTS) $(LINK_UNCHECKED)
tests_unchecked_explanations_explanations_SOURCES =
tests_unchecked_explanations_explanations_LDADD = $(cgi_bin_explanations_explanations_OBJECTS) $(LINK_UNCHECKED)
tests_unchecked_operators_operators_SOURCES =
tests_unchecked_operators_operators_LDADD = $(cgi_bin_operators_operators_OBJECTS) $(LINK_UNCHECKED)
tests_unchecked_operators_operators_LDFLAGS = $(cgi_bin_operators_operators_LDFLAGS)
