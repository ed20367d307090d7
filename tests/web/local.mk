# tests/web: the running API against openapi.yaml and against bad input.
# A script prints TAP and is listed in dist_check_SCRIPTS and in WEB_TESTS; what it reads is in EXTRA_DIST.
