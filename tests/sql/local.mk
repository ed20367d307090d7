# tests/sql: pgTAP over a freshly deployed database.
# A file is a subject; run.py makes a private cluster, deploys with kidoban-db, and runs each file in a copy of its own.
SQL_TEST_FILES = tests/sql/fixture.sql tests/sql/change.sql tests/sql/concurrent.sql tests/sql/history.sql tests/sql/imports.sql tests/sql/ingest.sql \
	tests/sql/explanations.sql tests/sql/keeper.sql tests/sql/lists.sql tests/sql/live.sql tests/sql/operators.sql tests/sql/people.sql tests/sql/poller.sql \
	tests/sql/retention.sql tests/sql/scope.sql tests/sql/session.sql tests/sql/streams.sql tests/sql/structure.sql tests/sql/system_log.sql tests/sql/transfers.sql \
	tests/sql/uhppote.sql
EXTRA_DIST += $(SQL_TEST_FILES)
dist_check_SCRIPTS += tests/sql/run.py
SQL_TESTS += tests/sql/run.py
tests/sql/run.log: sql/kidoban-db sql/codes.sql
