# conf: Apache snippet, problem documents, systemd units, sysusers, tmpfiles and sample settings.
apacheconfdir = $(sysconfdir)/apache2/conf-available
kidobanconfdir = $(sysconfdir)/kidoban
problemsdir = $(pkgdatadir)/problems
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d

APACHE_SNIPPET = conf/apache/kidoban.conf
nodist_apacheconf_DATA = $(APACHE_SNIPPET)
dist_problems_DATA = conf/problems/404.json conf/problems/413.json conf/problems/503.json
EXTRA_DIST += conf/apache/kidoban.conf.in conf/apache/private.conf.in
CLEANFILES += $(APACHE_SNIPPET)

SUBSTITUTE = $(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) \
	-e 's|@runstatedir[@]|$(runstatedir)|g' -e 's|@pkgdatadir[@]|$(pkgdatadir)|g' -e 's|@sysconfdir[@]|$(sysconfdir)|g' \
	-e 's|@pkglibexecdir[@]|$(pkglibexecdir)|g' -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@bindir[@]|$(bindir)|g'
conf/apache/kidoban.conf: $(top_srcdir)/conf/apache/kidoban.conf.in Makefile
	$(SUBSTITUTE) $(top_srcdir)/conf/apache/kidoban.conf.in > $@.new && mv $@.new $@
