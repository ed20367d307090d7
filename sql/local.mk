# sql: migrations (sqitch), functions, roles, views, and kidoban-db, the tool that creates, upgrades and checks a database.
# What is installed goes under $(pkgdatadir)/sql; sql/codes.sql is made by lib/gate/local.mk.
SQL_CHANGES = roles base operators organisation gates cardholders history live work people transfer import
SQL_API = install roles scope change session partition live command alarm gate controller cardholder cardholder_edit permit organisation poller_lease poller_status poller_ingest poller_command \
	poller_key poller_records poller_stream history history_page plots keeper policies grants job proof transfer transfer_grants csv import import_indexes import_cardholders import_departments import_work import_grants undo
SQL_CHANGES += explanations
SQL_CHANGES += accounts bulk uhppote live_system told_revision history_rare
SQL_API += uhppote operator operator_edit operator_grants
SQL_API += explanation explain change_history explanation_grants
SQL_CHANGES += system_log
SQL_API += system_log system_log_page system_log_grants
nobase_dist_pkgdata_DATA += sql/sqitch.conf sql/sqitch.plan sql/check.sql sql/first-operator.sql \
	$(SQL_CHANGES:%=sql/deploy/%.sql) $(SQL_CHANGES:%=sql/revert/%.sql) $(SQL_CHANGES:%=sql/verify/%.sql) \
	$(SQL_API:%=sql/api/%.sql) sql/report/views.sql sql/report/comments.sql
nobase_pkgdata_DATA += sql/codes.sql

dist_doc_DATA += doc/database.md
sbin_SCRIPTS += sql/kidoban-db
EXTRA_DIST += sql/kidoban-db.in
CLEANFILES += sql/kidoban-db
sql/kidoban-db: sql/kidoban-db.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) -e 's|@pkgdatadir[@]|$(pkgdatadir)|g' $(top_srcdir)/sql/kidoban-db.in > $@.new && \
		chmod +x $@.new && mv $@.new $@
