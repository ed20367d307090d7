# tests/sql: pgTAP over a freshly deployed database.
# A script prints TAP and is listed in dist_check_SCRIPTS and in SQL_TESTS; what it reads is in EXTRA_DIST.
