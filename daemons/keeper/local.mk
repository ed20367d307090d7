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
