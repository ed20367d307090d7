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
lib_db_libdb_a_SOURCES += lib/db/poller.c
lib_db_libdb_a_SOURCES += lib/db/poller.h
lib_db_libdb_a_SOURCES += lib/db/poller_array.c
lib_db_libdb_a_SOURCES += lib/db/poller_array.h
lib_db_libdb_a_SOURCES += lib/db/poller_store.c
