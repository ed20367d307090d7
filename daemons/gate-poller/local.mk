# daemons/gate-poller: the only program that talks to controllers, under their leases. May use gate, db and base.
# Everything but main.c is a library, so that tests link the same code.
noinst_LIBRARIES += daemons/gate-poller/libpoller.a
daemons_gate_poller_libpoller_a_SOURCES = \
	daemons/gate-poller/address.c daemons/gate-poller/address.h \
	daemons/gate-poller/board_channel.c daemons/gate-poller/board_channel.h \
	daemons/gate-poller/boards.c \
	daemons/gate-poller/channel.c daemons/gate-poller/channel.h \
	daemons/gate-poller/commands.c \
	daemons/gate-poller/controllers.c \
	daemons/gate-poller/database.c \
	daemons/gate-poller/datagram_bio.c daemons/gate-poller/datagram_bio.h \
	daemons/gate-poller/enrol.c \
	daemons/gate-poller/key_ring.c \
	daemons/gate-poller/keys.c daemons/gate-poller/keys.h \
	daemons/gate-poller/loop.c daemons/gate-poller/loop.h \
	daemons/gate-poller/metrics.c \
	daemons/gate-poller/nudge.c \
	daemons/gate-poller/pace.c daemons/gate-poller/pace.h \
	daemons/gate-poller/poller.c daemons/gate-poller/poller.h \
	daemons/gate-poller/push.c \
	daemons/gate-poller/schedule.c daemons/gate-poller/schedule.h \
	daemons/gate-poller/session.c daemons/gate-poller/session_channel.c \
	daemons/gate-poller/slots.c daemons/gate-poller/slots.h \
	daemons/gate-poller/status.c \
	daemons/gate-poller/store.c \
	daemons/gate-poller/transfers.c daemons/gate-poller/transfers.h \
	daemons/gate-poller/transfers_cards.c \
	daemons/gate-poller/transfers_confirm.c \
	daemons/gate-poller/transfers_permits.c \
	daemons/gate-poller/transfers_revoke.c \
	daemons/gate-poller/zone.c daemons/gate-poller/zone.h
daemons_gate_poller_libpoller_a_CFLAGS = $(AM_CFLAGS) -pthread

pkglibexec_PROGRAMS += daemons/gate-poller/gate-poller
daemons_gate_poller_gate_poller_SOURCES = daemons/gate-poller/main.c
daemons_gate_poller_gate_poller_LDADD = $(LINK_POLLER)
daemons_gate_poller_gate_poller_LDFLAGS = $(AM_LDFLAGS) -pthread
LINK_POLLER = daemons/gate-poller/libpoller.a $(LINK_GATE) $(LINK_DB)

check_PROGRAMS += tests/unit/poller_keys_test tests/unit/poller_schedule_test tests/unit/poller_store_test
UNIT_TESTS += tests/unit/poller_keys_test tests/unit/poller_schedule_test tests/unit/poller_store_test
tests_unit_poller_keys_test_SOURCES = tests/unit/poller_keys_test.c tests/unit/tap.h
tests_unit_poller_keys_test_LDADD = $(LINK_POLLER) $(LINK_CUNIT)
tests_unit_poller_schedule_test_SOURCES = tests/unit/poller_schedule_test.c tests/unit/tap.h
tests_unit_poller_schedule_test_LDADD = $(LINK_POLLER) $(LINK_CUNIT)
tests_unit_poller_store_test_SOURCES = tests/unit/poller_store_test.c tests/unit/tap.h
tests_unit_poller_store_test_LDADD = $(LINK_POLLER) $(LINK_CUNIT)
