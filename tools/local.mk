# tools: small programs for administrators. May use db and base.
sbin_PROGRAMS += tools/kidoban-seal
tools_kidoban_seal_SOURCES = tools/kidoban-seal.c
tools_kidoban_seal_LDADD = $(LINK_BASE)

sbin_PROGRAMS += tools/kidoban-operator/kidoban-operator
tools_kidoban_operator_kidoban_operator_SOURCES = tools/kidoban-operator/main.c tools/kidoban-operator/operator.c tools/kidoban-operator/operator.h \
	tools/kidoban-operator/password.c
tools_kidoban_operator_kidoban_operator_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
# As with cgi-bin/session: crypt_r under the sanitizer.
tools_kidoban_operator_kidoban_operator_LDFLAGS = $(AM_LDFLAGS) -Wl,--no-as-needed
tools_kidoban_operator_kidoban_operator_LDADD = $(LINK_DB) $(CRYPT_LIBS)

# Proves that the system log was not touched. It reads the database, so it may use db.
sbin_PROGRAMS += tools/kidoban-audit
tools_kidoban_audit_SOURCES = tools/kidoban-audit.c tools/audit_source.c tools/audit_source.h
tools_kidoban_audit_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tools
tools_kidoban_audit_LDADD = $(LINK_DB) $(JSON_C_LIBS)
