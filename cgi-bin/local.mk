# cgi-bin: one FastCGI program per functional area, each a thin main.c over routes and handlers. May use web, db and base.
# A program:
#   pkglibexec_PROGRAMS += cgi-bin/gates/gates
#   cgi_bin_gates_gates_SOURCES = cgi-bin/gates/main.c cgi-bin/gates/routes.c ...
#   cgi_bin_gates_gates_LDADD = $(LINK_WEB)
