# daemons/gate-poller: the only program that talks to controllers, under their leases. May use gate, db and base.
# The program:
#   pkglibexec_PROGRAMS += daemons/gate-poller/gate-poller
#   daemons_gate_poller_gate_poller_SOURCES = daemons/gate-poller/main.c ...
#   daemons_gate_poller_gate_poller_LDADD = $(LINK_GATE) $(LINK_DB)
