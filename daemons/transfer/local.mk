# daemons/transfer: plans what goes to controllers and runs what takes longer than a request. May use gate, db and base.
pkglibexec_PROGRAMS += daemons/transfer/transfer
daemons_transfer_transfer_SOURCES = \
	daemons/transfer/handlers.c \
	daemons/transfer/import.c daemons/transfer/import.h daemons/transfer/import_cell.c daemons/transfer/import_known.c \
	daemons/transfer/import_row.c \
	daemons/transfer/lane.c \
	daemons/transfer/main.c \
	daemons/transfer/permits.c \
	daemons/transfer/transfer.c daemons/transfer/transfer.h
daemons_transfer_transfer_CFLAGS = $(AM_CFLAGS) -pthread
daemons_transfer_transfer_LDFLAGS = $(AM_LDFLAGS) -pthread
daemons_transfer_transfer_LDADD = $(LINK_DB) $(CSV_LIBS)
