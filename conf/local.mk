# conf: Apache snippet, problem documents, systemd units, sysusers, tmpfiles and sample settings.
apacheconfdir = $(sysconfdir)/apache2/conf-available
kidobanconfdir = $(pkgdatadir)/examples
problemsdir = $(pkgdatadir)/problems
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d

SYSTEMD_SERVICES = conf/systemd/kidoban-imports.service conf/systemd/kidoban-transfer.service conf/systemd/kidoban-transfers.service \
	conf/systemd/kidoban-cardholders.service conf/systemd/kidoban-organisation.service \
	conf/systemd/kidoban-gate-poller.service conf/systemd/kidoban-gates.service \
	conf/systemd/kidoban-history.service conf/systemd/kidoban-keeper.service conf/systemd/kidoban-live.service \
	conf/systemd/kidoban-session.service
SYSTEMD_SOCKETS = conf/systemd/kidoban-imports.socket conf/systemd/kidoban-transfers.socket \
	conf/systemd/kidoban-cardholders.socket conf/systemd/kidoban-organisation.socket \
	conf/systemd/kidoban-gates.socket conf/systemd/kidoban-history.socket conf/systemd/kidoban-live.socket \
	conf/systemd/kidoban-session.socket

SYSTEMD_SERVICES += conf/systemd/kidoban-system.service
SYSTEMD_SOCKETS += conf/systemd/kidoban-system.socket
SYSTEMD_SERVICES += conf/systemd/kidoban-explanations.service conf/systemd/kidoban-operators.service
SYSTEMD_SOCKETS += conf/systemd/kidoban-explanations.socket conf/systemd/kidoban-operators.socket

SUBSTITUTED = conf/apache/kidoban.conf conf/kidoban.conf conf/tmpfiles/kidoban.conf $(SYSTEMD_SERVICES) $(SYSTEMD_SOCKETS)
nodist_apacheconf_DATA = conf/apache/kidoban.conf
nodist_kidobanconf_DATA = conf/kidoban.conf
nodist_tmpfiles_DATA = conf/tmpfiles/kidoban.conf
nodist_systemdsystemunit_DATA = $(SYSTEMD_SERVICES) $(SYSTEMD_SOCKETS)
dist_systemdsystemunit_DATA = conf/systemd/kidoban.target
dist_sysusers_DATA = conf/sysusers/kidoban.conf
dist_pkgdata_DATA += conf/passwords.txt
dist_problems_DATA = conf/problems/404.json conf/problems/413.json conf/problems/503.json
EXTRA_DIST += $(SUBSTITUTED:=.in) conf/apache/private.conf.in
CLEANFILES += $(SUBSTITUTED)

SUBSTITUTE = $(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) \
	-e 's|@runstatedir[@]|$(runstatedir)|g' -e 's|@pkgdatadir[@]|$(pkgdatadir)|g' -e 's|@sysconfdir[@]|$(sysconfdir)|g' \
	-e 's|@pkglibexecdir[@]|$(pkglibexecdir)|g' -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@bindir[@]|$(bindir)|g'
conf/apache/kidoban.conf: conf/apache/kidoban.conf.in Makefile
	$(SUBSTITUTE) $(top_srcdir)/conf/apache/kidoban.conf.in > $@.new && mv $@.new $@
conf/kidoban.conf: conf/kidoban.conf.in Makefile
	$(SUBSTITUTE) $(top_srcdir)/conf/kidoban.conf.in > $@.new && mv $@.new $@
conf/tmpfiles/kidoban.conf: conf/tmpfiles/kidoban.conf.in Makefile
	$(SUBSTITUTE) $(top_srcdir)/conf/tmpfiles/kidoban.conf.in > $@.new && mv $@.new $@
$(SYSTEMD_SERVICES) $(SYSTEMD_SOCKETS): Makefile
	$(SUBSTITUTE) $(top_srcdir)/$@.in > $@.new && mv $@.new $@
conf/systemd/kidoban-gate-poller.service: conf/systemd/kidoban-gate-poller.service.in
conf/systemd/kidoban-gates.service: conf/systemd/kidoban-gates.service.in
conf/systemd/kidoban-history.service: conf/systemd/kidoban-history.service.in
conf/systemd/kidoban-keeper.service: conf/systemd/kidoban-keeper.service.in
conf/systemd/kidoban-live.service: conf/systemd/kidoban-live.service.in
conf/systemd/kidoban-session.service: conf/systemd/kidoban-session.service.in
conf/systemd/kidoban-gates.socket: conf/systemd/kidoban-gates.socket.in
conf/systemd/kidoban-history.socket: conf/systemd/kidoban-history.socket.in
conf/systemd/kidoban-live.socket: conf/systemd/kidoban-live.socket.in
conf/systemd/kidoban-transfer.service: conf/systemd/kidoban-transfer.service.in
conf/systemd/kidoban-transfers.service: conf/systemd/kidoban-transfers.service.in
conf/systemd/kidoban-transfers.socket: conf/systemd/kidoban-transfers.socket.in
conf/systemd/kidoban-session.socket: conf/systemd/kidoban-session.socket.in
conf/systemd/kidoban-cardholders.service: conf/systemd/kidoban-cardholders.service.in
conf/systemd/kidoban-cardholders.socket: conf/systemd/kidoban-cardholders.socket.in
conf/systemd/kidoban-organisation.service: conf/systemd/kidoban-organisation.service.in
conf/systemd/kidoban-organisation.socket: conf/systemd/kidoban-organisation.socket.in
conf/systemd/kidoban-imports.service: conf/systemd/kidoban-imports.service.in
conf/systemd/kidoban-imports.socket: conf/systemd/kidoban-imports.socket.in
conf/systemd/kidoban-system.service: conf/systemd/kidoban-system.service.in
conf/systemd/kidoban-system.socket: conf/systemd/kidoban-system.socket.in
conf/systemd/kidoban-explanations.service: conf/systemd/kidoban-explanations.service.in
conf/systemd/kidoban-explanations.socket: conf/systemd/kidoban-explanations.socket.in
conf/systemd/kidoban-operators.service: conf/systemd/kidoban-operators.service.in
conf/systemd/kidoban-operators.socket: conf/systemd/kidoban-operators.socket.in

# Log-in by the site's Apache.
kidobanlogindir = $(kidobanconfdir)/login
dist_kidobanlogin_DATA = conf/apache/login/README conf/apache/login/password-file.conf conf/apache/login/ldap.conf \
	conf/apache/login/certificate.conf conf/apache/login/openid.conf conf/apache/login/kerberos.conf
