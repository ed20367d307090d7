# daemons/keeper: keeps time and house; timetable, partitions, health. May use db and base.
pkglibexec_PROGRAMS += daemons/keeper/keeper
daemons_keeper_keeper_SOURCES = \
	daemons/keeper/duties.c \
	daemons/keeper/keeper.c daemons/keeper/keeper.h \
	daemons/keeper/main.c \
	daemons/keeper/partitions.c
daemons_keeper_keeper_LDADD = $(LINK_DB)
