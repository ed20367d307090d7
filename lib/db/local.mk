# lib/db: the only user of libpq; connection, named statements, rows to structs, one file per subject. May use base only.
noinst_LIBRARIES += lib/db/libdb.a
lib_db_libdb_a_SOURCES =

# The non-blocking connection of gate-poller and its calls.
lib_db_libdb_a_SOURCES += lib/db/async.c
lib_db_libdb_a_SOURCES += lib/db/async.h
lib_db_libdb_a_SOURCES += lib/db/async_call.c
lib_db_libdb_a_SOURCES += lib/db/async_call.h
lib_db_libdb_a_SOURCES += lib/db/async_internal.h
lib_db_libdb_a_SOURCES += lib/db/async_rows.c
lib_db_libdb_a_SOURCES += lib/db/keeper.c
lib_db_libdb_a_SOURCES += lib/db/keeper.h
lib_db_libdb_a_SOURCES += lib/db/poller.c
lib_db_libdb_a_SOURCES += lib/db/poller.h
lib_db_libdb_a_SOURCES += lib/db/poller_array.c
lib_db_libdb_a_SOURCES += lib/db/poller_array.h
lib_db_libdb_a_SOURCES += lib/db/poller_store.c
lib_db_libdb_a_SOURCES += lib/db/poller_board.c lib/db/poller_board.h \
	lib/db/poller_stream.c
lib_db_libdb_a_SOURCES += lib/db/poller_stream.h

# The blocking connection of the FastCGI programs, and one file per subject.
lib_db_libdb_a_SOURCES += lib/db/alarm.c
lib_db_libdb_a_SOURCES += lib/db/alarm.h
lib_db_libdb_a_SOURCES += lib/db/call.c
lib_db_libdb_a_SOURCES += lib/db/call.h
lib_db_libdb_a_SOURCES += lib/db/cardholder.c
lib_db_libdb_a_SOURCES += lib/db/cardholder.h
lib_db_libdb_a_SOURCES += lib/db/command.c
lib_db_libdb_a_SOURCES += lib/db/command.h
lib_db_libdb_a_SOURCES += lib/db/conn.c
lib_db_libdb_a_SOURCES += lib/db/conn.h
lib_db_libdb_a_SOURCES += lib/db/connect.c
lib_db_libdb_a_SOURCES += lib/db/cursor.c
lib_db_libdb_a_SOURCES += lib/db/controller.c
lib_db_libdb_a_SOURCES += lib/db/controller.h
lib_db_libdb_a_SOURCES += lib/db/uhppote.c
lib_db_libdb_a_SOURCES += lib/db/uhppote.h
lib_db_libdb_a_SOURCES += lib/db/gate.c
lib_db_libdb_a_SOURCES += lib/db/gate.h
lib_db_libdb_a_SOURCES += lib/db/internal.h
lib_db_libdb_a_SOURCES += lib/db/job.c
lib_db_libdb_a_SOURCES += lib/db/job.h
lib_db_libdb_a_SOURCES += lib/db/listen.c
lib_db_libdb_a_SOURCES += lib/db/organisation.c
lib_db_libdb_a_SOURCES += lib/db/organisation.h
lib_db_libdb_a_SOURCES += lib/db/permit.c
lib_db_libdb_a_SOURCES += lib/db/permit.h
lib_db_libdb_a_SOURCES += lib/db/rows.c
lib_db_libdb_a_SOURCES += lib/db/saved_search.c
lib_db_libdb_a_SOURCES += lib/db/saved_search.h
lib_db_libdb_a_SOURCES += lib/db/session.c
lib_db_libdb_a_SOURCES += lib/db/session.h
lib_db_libdb_a_SOURCES += lib/db/transfer.c
lib_db_libdb_a_SOURCES += lib/db/transfer.h
lib_db_libdb_a_SOURCES += lib/db/history.c
lib_db_libdb_a_SOURCES += lib/db/history.h
lib_db_libdb_a_SOURCES += lib/db/live.c
lib_db_libdb_a_SOURCES += lib/db/live.h

# Files in and out.
lib_db_libdb_a_SOURCES += lib/db/export.c lib/db/export.h lib/db/export_cells.c lib/db/export_cells.h lib/db/import.c lib/db/import.h lib/db/import_work.c lib/db/import_work.h
lib_db_libdb_a_SOURCES += lib/db/change_history.c
lib_db_libdb_a_SOURCES += lib/db/log_audit.c lib/db/log_audit.h
lib_db_libdb_a_SOURCES += lib/db/log_chain.c lib/db/log_chain.h lib/db/log_verify.c lib/db/log_verify.h
lib_db_libdb_a_SOURCES += lib/db/system_log.c lib/db/system_log.h lib/db/keeper_internal.h lib/db/keeper_log.c lib/db/keeper_log.h
lib_db_libdb_a_SOURCES += lib/db/change_history.h
lib_db_libdb_a_SOURCES += lib/db/explanation.c
lib_db_libdb_a_SOURCES += lib/db/explanation.h
lib_db_libdb_a_SOURCES += lib/db/operator.c lib/db/operator.h
lib_db_libdb_a_SOURCES += lib/db/operator_tool.c lib/db/operator_tool.h
