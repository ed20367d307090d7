# daemons/keeper: keeps time and house; timetable, partitions, health. May use db and base.
pkglibexec_PROGRAMS += daemons/keeper/keeper
daemons_keeper_keeper_SOURCES = \
	daemons/keeper/alarm_judge.c \
	daemons/keeper/alarms.c daemons/keeper/alarms.h \
	daemons/keeper/duties.c \
	daemons/keeper/keeper.c daemons/keeper/keeper.h \
	daemons/keeper/main.c \
	daemons/keeper/partitions.c \
	daemons/keeper/seal.c daemons/keeper/seal.h
daemons_keeper_keeper_LDADD = $(LINK_DB)

check_PROGRAMS += tests/unit/log_chain_test
UNIT_TESTS += tests/unit/log_chain_test
tests_unit_log_chain_test_SOURCES = tests/unit/log_chain_test.c daemons/keeper/alarm_judge.c
tests_unit_log_chain_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir) -I$(top_srcdir)/tests/unit
tests_unit_log_chain_test_LDADD = $(LINK_DB) $(LINK_CUNIT)
