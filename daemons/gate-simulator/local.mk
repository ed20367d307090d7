# daemons/gate-simulator: simulated controllers for the demo and the tests (GnuTLS). May use gate and base.
# All but main.c is a library, so that unit tests link the same code.
noinst_LIBRARIES += daemons/gate-simulator/libsimulator.a
daemons_gate_simulator_libsimulator_a_CPPFLAGS = $(AM_CPPFLAGS) $(GNUTLS_CFLAGS) $(LIBXML2_CFLAGS)
daemons_gate_simulator_libsimulator_a_SOURCES = \
	daemons/gate-simulator/answer.c daemons/gate-simulator/answer.h \
	daemons/gate-simulator/answer_transfer.c \
	daemons/gate-simulator/backfill.c daemons/gate-simulator/backfill.h \
	daemons/gate-simulator/control.c daemons/gate-simulator/control.h \
	daemons/gate-simulator/controller.c daemons/gate-simulator/controller.h \
	daemons/gate-simulator/day.c daemons/gate-simulator/day.h \
	daemons/gate-simulator/decide.c daemons/gate-simulator/decide.h \
	daemons/gate-simulator/door.c daemons/gate-simulator/door.h \
	daemons/gate-simulator/door_command.c \
	daemons/gate-simulator/faults.c daemons/gate-simulator/faults.h \
	daemons/gate-simulator/inside.c daemons/gate-simulator/inside.h \
	daemons/gate-simulator/journal.c daemons/gate-simulator/journal.h \
	daemons/gate-simulator/ledger.c daemons/gate-simulator/ledger.h \
	daemons/gate-simulator/link.c daemons/gate-simulator/link.h \
	daemons/gate-simulator/memory.c daemons/gate-simulator/memory.h \
	daemons/gate-simulator/memory_entry.c daemons/gate-simulator/memory_entry.h \
	daemons/gate-simulator/memory_fold.c \
	daemons/gate-simulator/peer.c daemons/gate-simulator/peer.h \
	daemons/gate-simulator/people.c daemons/gate-simulator/people.h \
	daemons/gate-simulator/permits.c daemons/gate-simulator/permits.h \
	daemons/gate-simulator/random.h \
	daemons/gate-simulator/record.c daemons/gate-simulator/record.h \
	daemons/gate-simulator/simulator.c daemons/gate-simulator/simulator.h \
	daemons/gate-simulator/site.c daemons/gate-simulator/site.h \
	daemons/gate-simulator/status.c daemons/gate-simulator/status.h \
	daemons/gate-simulator/keymaker.c daemons/gate-simulator/keymaker.h \
	daemons/gate-simulator/syncer.c daemons/gate-simulator/syncer.h \
	daemons/gate-simulator/workers.c daemons/gate-simulator/workers.h \
	daemons/gate-simulator/timer.c daemons/gate-simulator/timer.h \
	daemons/gate-simulator/traffic.c daemons/gate-simulator/traffic.h \
	daemons/gate-simulator/transfer.c daemons/gate-simulator/transfer.h \
	daemons/gate-simulator/transfer_file.c daemons/gate-simulator/transfer_file.h \
	daemons/gate-simulator/wire.h

LINK_SIMULATOR = daemons/gate-simulator/libsimulator.a $(LINK_GATE) $(GNUTLS_LIBS) $(LIBXML2_LIBS) -lpthread -lm

bin_PROGRAMS += daemons/gate-simulator/gate-simulator
daemons_gate_simulator_gate_simulator_SOURCES = daemons/gate-simulator/main.c
daemons_gate_simulator_gate_simulator_LDADD = $(LINK_SIMULATOR)

check_PROGRAMS += tests/unit/sim_session_test
UNIT_TESTS += tests/unit/sim_session_test
tests_unit_sim_session_test_SOURCES = tests/unit/sim_session_test.c tests/unit/sim_client.c tests/unit/sim_client.h tests/unit/tap.h
tests_unit_sim_session_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/daemons/gate-simulator -I$(top_srcdir)/tests/unit
tests_unit_sim_session_test_LDADD = $(LINK_SIMULATOR) $(LINK_CUNIT)

check_PROGRAMS += tests/unit/sim_store_test
UNIT_TESTS += tests/unit/sim_store_test
tests_unit_sim_store_test_SOURCES = tests/unit/sim_store_test.c tests/unit/tap.h
tests_unit_sim_store_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/daemons/gate-simulator -I$(top_srcdir)/tests/unit
tests_unit_sim_store_test_LDADD = $(LINK_SIMULATOR) $(LINK_CUNIT)

check_PROGRAMS += tests/unit/sim_door_test
UNIT_TESTS += tests/unit/sim_door_test
tests_unit_sim_door_test_SOURCES = tests/unit/sim_door_test.c tests/unit/tap.h
tests_unit_sim_door_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/daemons/gate-simulator -I$(top_srcdir)/tests/unit
tests_unit_sim_door_test_LDADD = $(LINK_SIMULATOR) $(LINK_CUNIT)
