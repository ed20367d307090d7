# daemons/gate-simulator: simulated controllers for the demo and the tests (GnuTLS). May use gate and base.
# The program:
#   bin_PROGRAMS += daemons/gate-simulator/gate-simulator
#   daemons_gate_simulator_gate_simulator_SOURCES = daemons/gate-simulator/main.c ...
#   daemons_gate_simulator_gate_simulator_LDADD = $(LINK_GATE) $(GNUTLS_LIBS) $(LIBXML2_LIBS)
