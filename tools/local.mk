# tools: small programs for administrators. May use base only.
sbin_PROGRAMS += tools/kidoban-seal
tools_kidoban_seal_SOURCES = tools/kidoban-seal.c
tools_kidoban_seal_LDADD = $(LINK_BASE)
