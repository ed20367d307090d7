# tests/system: whole sites under faults; a long run by make soak.
# A script prints TAP and is listed in dist_check_SCRIPTS and in SYSTEM_TESTS; what it reads is in EXTRA_DIST.
