# cgi-bin: one FastCGI program per functional area, each a thin main.c over routes and handlers. May use web, db and base.
pkglibexec_PROGRAMS += cgi-bin/session/session cgi-bin/gates/gates cgi-bin/history/history cgi-bin/live/live \
	cgi-bin/cardholders/cardholders cgi-bin/organisation/organisation

cgi_bin_session_session_SOURCES = cgi-bin/session/main.c cgi-bin/session/routes.c cgi-bin/session/routes.h cgi-bin/session/handlers.h \
	cgi-bin/session/session.c cgi-bin/session/saved_searches.c cgi-bin/session/own_password.c
cgi_bin_session_session_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
# The sanitizer's library has a crypt_r of its own that only calls the real one: without this, as-needed would leave that out.
cgi_bin_session_session_LDFLAGS = $(AM_LDFLAGS) -Wl,--no-as-needed
cgi_bin_session_session_LDADD = $(LINK_WEB)

cgi_bin_gates_gates_SOURCES = cgi-bin/gates/main.c cgi-bin/gates/routes.c cgi-bin/gates/routes.h cgi-bin/gates/handlers.h \
	cgi-bin/gates/gates.c cgi-bin/gates/commands.c cgi-bin/gates/buildings.c cgi-bin/gates/controllers.c cgi-bin/gates/discoveries.c
cgi_bin_gates_gates_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
cgi_bin_gates_gates_LDADD = $(LINK_WEB)

cgi_bin_history_history_SOURCES = cgi-bin/history/main.c cgi-bin/history/routes.c cgi-bin/history/routes.h cgi-bin/history/handlers.h \
	cgi-bin/history/history.c cgi-bin/history/export.c cgi-bin/history/alarms.c
cgi_bin_history_history_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
cgi_bin_history_history_LDADD = $(LINK_WEB)

cgi_bin_live_live_SOURCES = cgi-bin/live/main.c cgi-bin/live/live.h cgi-bin/live/stream.c cgi-bin/live/feed.c \
	cgi-bin/live/ring.c cgi-bin/live/ring.h
cgi_bin_live_live_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
cgi_bin_live_live_LDADD = $(LINK_WEB) -lpthread

cgi_bin_cardholders_cardholders_SOURCES = cgi-bin/cardholders/main.c cgi-bin/cardholders/routes.c cgi-bin/cardholders/routes.h \
	cgi-bin/cardholders/handlers.h cgi-bin/cardholders/cardholders.c cgi-bin/cardholders/edit.c cgi-bin/cardholders/bulk.c \
	cgi-bin/cardholders/permits.c cgi-bin/cardholders/export.c
cgi_bin_cardholders_cardholders_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
cgi_bin_cardholders_cardholders_LDADD = $(LINK_WEB)

cgi_bin_organisation_organisation_SOURCES = cgi-bin/organisation/main.c cgi-bin/organisation/routes.c cgi-bin/organisation/routes.h \
	cgi-bin/organisation/handlers.h cgi-bin/organisation/unit.c cgi-bin/organisation/organisation.c cgi-bin/organisation/gate_groups.c cgi-bin/organisation/export.c
cgi_bin_organisation_organisation_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
cgi_bin_organisation_organisation_LDADD = $(LINK_WEB)

pkglibexec_PROGRAMS += cgi-bin/transfers/transfers
cgi_bin_transfers_transfers_SOURCES = cgi-bin/transfers/main.c cgi-bin/transfers/routes.c cgi-bin/transfers/routes.h \
	cgi-bin/transfers/handlers.h cgi-bin/transfers/transfers.c cgi-bin/transfers/proof.c
cgi_bin_transfers_transfers_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
cgi_bin_transfers_transfers_LDADD = $(LINK_WEB)

pkglibexec_PROGRAMS += cgi-bin/imports/imports
cgi_bin_imports_imports_SOURCES = cgi-bin/imports/main.c cgi-bin/imports/routes.c cgi-bin/imports/routes.h cgi-bin/imports/handlers.h \
	cgi-bin/imports/imports.c cgi-bin/imports/rows.c cgi-bin/imports/undo.c
cgi_bin_imports_imports_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
cgi_bin_imports_imports_LDADD = $(LINK_WEB)

pkglibexec_PROGRAMS += cgi-bin/explanations/explanations
cgi_bin_explanations_explanations_SOURCES = cgi-bin/explanations/main.c cgi-bin/explanations/routes.c cgi-bin/explanations/routes.h \
	cgi-bin/explanations/handlers.h cgi-bin/explanations/explanations.c cgi-bin/explanations/change_sets.c cgi-bin/explanations/export.c \
	cgi-bin/explanations/words.c cgi-bin/explanations/words.h
cgi_bin_explanations_explanations_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
cgi_bin_explanations_explanations_LDADD = $(LINK_WEB)

pkglibexec_PROGRAMS += cgi-bin/operators/operators
cgi_bin_operators_operators_SOURCES = cgi-bin/operators/main.c cgi-bin/operators/routes.c cgi-bin/operators/routes.h \
	cgi-bin/operators/handlers.h cgi-bin/operators/operators.c cgi-bin/operators/edit.c
cgi_bin_operators_operators_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
cgi_bin_operators_operators_LDFLAGS = $(cgi_bin_session_session_LDFLAGS)
cgi_bin_operators_operators_LDADD = $(LINK_WEB)

pkglibexec_PROGRAMS += cgi-bin/system/system
cgi_bin_system_system_SOURCES = cgi-bin/system/main.c cgi-bin/system/routes.c cgi-bin/system/routes.h cgi-bin/system/handlers.h \
	cgi-bin/system/log.c cgi-bin/system/export.c cgi-bin/system/chain.c
cgi_bin_system_system_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
cgi_bin_system_system_LDADD = $(LINK_WEB)
