# htdocs: the console; static HTML, CSS, ES modules, messages and openapi.yaml. Installed under $(pkgdatadir)/htdocs.
# The build tree's htdocs/ is a complete document root: what git holds is copied there beside what is made or fetched.
CONSOLE_FILES = \
	htdocs/alarms/acknowledge.js htdocs/alarms/alarms.js htdocs/alarms/panel.js htdocs/alarms/strip.js htdocs/alarms/toasts.js \
	htdocs/alarms/words.js htdocs/app/api.js htdocs/app/choosers.js htdocs/app/dialog.js htdocs/app/edit_form.js htdocs/app/event_reader.js htdocs/app/find.js \
	htdocs/app/format.js htdocs/app/help.js htdocs/app/i18n.js htdocs/app/keys.js htdocs/app/live.js htdocs/app/login.js htdocs/app/main.js \
	htdocs/app/menus.js htdocs/app/notices.js htdocs/app/palette.js htdocs/app/prefs.js htdocs/app/problems.js htdocs/app/router.js \
	htdocs/app/account.js htdocs/app/refused.js htdocs/operators/acts.js htdocs/operators/columns.js htdocs/operators/detail.js \
	htdocs/operators/edit.js htdocs/operators/model.js htdocs/operators/rights.js htdocs/operators/scope.js htdocs/operators/screen.js \
	htdocs/system/alarms.js htdocs/system/chain.js htdocs/system/filter.js htdocs/system/log.js htdocs/system/model.js htdocs/system/words.js \
	htdocs/app/saved_searches.js htdocs/app/session.js htdocs/app/shell.js htdocs/app/splitter.js htdocs/app/status_bar.js \
	htdocs/app/store.js htdocs/app/tabs.js htdocs/app/theme.js htdocs/app/validity.js htdocs/cardholders/bulk.js htdocs/cardholders/cards.js \
	htdocs/cardholders/columns.js htdocs/cardholders/conditions.js htdocs/cardholders/detail.js htdocs/cardholders/edit.js \
	htdocs/cardholders/model.js htdocs/cardholders/permits.js htdocs/cardholders/proof.js htdocs/cardholders/screen.js \
	htdocs/cardholders/states.js htdocs/changes/filter.js htdocs/changes/list.js htdocs/changes/rows.js htdocs/changes/undo.js htdocs/changes/words.js \
	htdocs/elements/grid_columns.js htdocs/elements/grid_columns_dialog.js htdocs/elements/grid_keys.js \
	htdocs/elements/grid_marks.js htdocs/elements/grid_pages.js htdocs/elements/kb-grid.js htdocs/elements/kb-plot.js \
	htdocs/elements/kb-tree.js htdocs/explain/lists.js htdocs/explain/panel.js htdocs/explain/verdict.js htdocs/explain/words.js htdocs/gates/columns.js \
	htdocs/gates/commands.js htdocs/gates/conditions.js htdocs/gates/controller_form.js htdocs/gates/controllers.js htdocs/gates/detail.js \
	htdocs/gates/discovery.js htdocs/gates/driver.js \
	htdocs/gates/edit.js htdocs/gates/groups.js htdocs/gates/lockdown.js htdocs/gates/log.js htdocs/gates/model.js htdocs/gates/progress.js \
	htdocs/gates/screen.js htdocs/gates/states.js htdocs/gates/tree.js htdocs/history/columns.js htdocs/history/csv.js \
	htdocs/history/detail.js htdocs/history/filter_bar.js htdocs/history/model.js htdocs/history/plots.js htdocs/history/screen.js \
	htdocs/history/time_range.js htdocs/history/tree.js htdocs/history/words.js htdocs/icon.svg htdocs/imports/dialog.js \
	htdocs/imports/jobs.js htdocs/index.html htdocs/messages/en.json htdocs/messages/ja.json htdocs/openapi.yaml \
	htdocs/settings/departments.js htdocs/settings/list.js htdocs/settings/management_groups.js htdocs/settings/screen.js \
	htdocs/settings/things.js htdocs/style/base.css htdocs/style/controls.css htdocs/style/dialogs.css htdocs/style/elements.css \
	htdocs/style/layout.css htdocs/style/print.css htdocs/style/screens.css htdocs/transfers/begin.js htdocs/transfers/jobs.js htdocs/transfers/list.js \
	htdocs/transfers/states.js htdocs/transfers/words.js
nobase_dist_pkgdata_DATA += $(CONSOLE_FILES)
nobase_pkgdata_DATA += htdocs/messages/codes.ja.json htdocs/messages/codes.en.json

# Other projects' files. From git they come by npm, exactly as package-lock.json says; a tarball carries them, and then no npm is
# needed. The stamp is the hash of what decides the content, so neither times nor a changed mind about times fetch anything again.
THIRD_PARTY_FILES = \
	htdocs/vendor/lit-html/lit-html.js htdocs/vendor/lit-html/LICENSE htdocs/vendor/lit-html/source/lit-html.js htdocs/vendor/uplot/uPlot.esm.js \
	htdocs/vendor/uplot/uPlot.min.css htdocs/vendor/uplot/LICENSE
nobase_dist_pkgdata_DATA += $(THIRD_PARTY_FILES)
EXTRA_DIST += package.json package-lock.json htdocs/third-party.txt htdocs/vendor.stamp build-aux/fetch-third-party.sh
$(THIRD_PARTY_FILES): htdocs/vendor.stamp ;
htdocs/vendor.stamp: htdocs/third-party.txt package.json package-lock.json build-aux/fetch-third-party.sh
	$(AM_V_GEN)srcdir='$(abs_srcdir)' NPM='$(NPM)' $(SHELL) $(top_srcdir)/build-aux/fetch-third-party.sh

# Building apart from the sources: the document root needs the files themselves. A clean takes the copies away again.
noinst_DATA += htdocs/tree.stamp
CLEANFILES += htdocs/tree.stamp
# The prerequisites name the sources: a bare name would find the copy first, and a change would never be seen.
htdocs/tree.stamp: $(CONSOLE_FILES:%=$(srcdir)/%) $(THIRD_PARTY_FILES)
	$(AM_V_GEN)$(MKDIR_P) htdocs; \
	if test '$(abs_srcdir)' != '$(abs_builddir)'; then \
		for f in $(CONSOLE_FILES) $(THIRD_PARTY_FILES); do \
			if test -f '$(srcdir)'/$$f; then \
				$(MKDIR_P) `dirname $$f` && cp '$(srcdir)'/$$f $$f.new && chmod 644 $$f.new && mv $$f.new $$f || exit 1; \
			fi; \
		done; \
	fi; touch $@
clean-htdocs:
	if test '$(abs_srcdir)' != '$(abs_builddir)'; then rm -rf htdocs node_modules package.json package-lock.json; fi
CLEAN_LOCAL += clean-htdocs
PHONY_TARGETS += clean-htdocs

# The API's description by the rules of its kind. The tool is large and comes by npm, so it is not part of `make check`.
lint-api:
	npm exec --yes --package=@redocly/cli@1.34.5 -- redocly lint $(srcdir)/htdocs/openapi.yaml
PHONY_TARGETS += lint-api
