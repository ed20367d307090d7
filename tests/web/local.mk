# tests/web: the running API against openapi.yaml and against bad input.
# A script prints TAP and is listed in dist_check_SCRIPTS and in WEB_TESTS; what it reads is in EXTRA_DIST.
dist_check_SCRIPTS += tests/web/import_test.py tests/web/api_test.py tests/web/session_test.py tests/web/live_test.py tests/web/people_test.py
WEB_TESTS += tests/web/import_test.py tests/web/api_test.py tests/web/session_test.py tests/web/live_test.py tests/web/people_test.py
EXTRA_DIST += tests/web/web.py
dist_check_SCRIPTS += tests/web/transfers_test.py
WEB_TESTS += tests/web/transfers_test.py
dist_check_SCRIPTS += tests/web/explanations_test.py
WEB_TESTS += tests/web/explanations_test.py
dist_check_SCRIPTS += tests/web/controllers_test.py
WEB_TESTS += tests/web/controllers_test.py
