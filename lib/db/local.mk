# lib/db: the only user of libpq; connection, named statements, rows to structs, one file per subject. May use base only.
noinst_LIBRARIES += lib/db/libdb.a
lib_db_libdb_a_SOURCES =
