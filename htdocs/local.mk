# htdocs: the console; static HTML, CSS, ES modules, messages and openapi.yaml. Installed under $(pkgdatadir)/htdocs.
# The build tree's htdocs/ is a complete document root: what git holds is copied there beside what is made or fetched.
