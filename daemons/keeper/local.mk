# daemons/keeper: keeps time and house; timetable, partitions, health. May use db and base.
# The program:
#   pkglibexec_PROGRAMS += daemons/keeper/keeper
#   daemons_keeper_keeper_SOURCES = daemons/keeper/main.c ...
#   daemons_keeper_keeper_LDADD = $(LINK_DB)
