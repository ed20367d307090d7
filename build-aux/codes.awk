# Turns lib/gate/codes.tsv, the one list of coded words, into one of its forms.
# Use: awk -v form=h|c|sql|json [-v lang=ja|en] -f codes.awk codes.tsv
# A double number, a double word or a malformed line stops the build.

BEGIN { FS = "\t"; classes = 0; rows = 0 }

/^#/ || $1 == "class" { next }

NF != 5 || $1 !~ /^[a-z_]+$/ || $2 !~ /^[0-9]+$/ || $3 !~ /^[a-z0-9_]+$/ || $4 == "" || $5 == "" {
	printf "codes.tsv:%d: want class, number, code, Japanese, English between tabs\n", FNR > "/dev/stderr"
	failed = 1; exit 1
}

(($1, $2) in seen_number) || (($1, $3) in seen_code) {
	printf "codes.tsv:%d: %s %s %s is there twice\n", FNR, $1, $2, $3 > "/dev/stderr"
	failed = 1; exit 1
}

{
	seen_number[$1, $2] = seen_code[$1, $3] = 1
	if (!($1 in size)) class[classes++] = $1
	row[$1, size[$1]++] = rows
	number[rows] = $2; code[rows] = $3; ja[rows] = $4; en[rows] = $5
	rows++
}

function quoted(text) { gsub(/\\/, "\\\\", text); gsub(/"/, "\\\"", text); return "\"" text "\"" }
function sql_text(text) { gsub(/'/, "''", text); return "'" text "'" }

function header(   i, j, r, name) {
	print "/* Made from codes.tsv by codes.awk: the numbers of every coded word. Numbers are stored and sent; never reuse one. */"
	print "#ifndef GATE_CODES_H\n#define GATE_CODES_H\n"
	print "/* For each class x: x_code(n) is the word (NULL when n is none of it), x_from_code(word) the number (-1 when"
	print " * unknown), x_label(n, lang) the label in \"ja\" or else English (NULL when n is none of it), and X_CODES how many. */"
	for (i = 0; i < classes; i++) {
		name = class[i]
		printf "\nenum code_%s {\n", name
		for (j = 0; j < size[name]; j++) {
			r = row[name, j]
			printf "\t%s_%s = %s,\n", toupper(name), toupper(code[r]), number[r]
		}
		printf "};\n#define %s_CODES %d\n", toupper(name), size[name]
		printf "const char *%s_code(int number);\nint %s_from_code(const char *code);\nconst char *%s_label(int number, const char *lang);\n", name, name, name
	}
	print "\n#endif"
}

function source(   i, j, r, name) {
	print "/* Made from codes.tsv by codes.awk. */"
	print "#include <string.h>\n\n#include \"gate/codes.h\"\n"
	print "struct code {\n\tint number;\n\tconst char *code, *ja, *en;\n};\n"
	print "static const struct code *by_number(const struct code *table, int count, int number)\n{"
	print "\tfor (int i = 0; i < count; i++)\n\t\tif (table[i].number == number)\n\t\t\treturn &table[i];\n\treturn NULL;\n}\n"
	print "static int by_code(const struct code *table, int count, const char *code)\n{"
	print "\tfor (int i = 0; i < count; i++)\n\t\tif (strcmp(table[i].code, code) == 0)\n\t\t\treturn table[i].number;\n\treturn -1;\n}\n"
	print "static const char *label(const struct code *code, const char *lang)\n{"
	print "\tif (code == NULL)\n\t\treturn NULL;\n\treturn strcmp(lang, \"ja\") == 0 ? code->ja : code->en;\n}"
	for (i = 0; i < classes; i++) {
		name = class[i]
		printf "\nstatic const struct code %s_table[%s_CODES] = {\n", name, toupper(name)
		for (j = 0; j < size[name]; j++) {
			r = row[name, j]
			printf "\t{%s, \"%s\", %s, %s},\n", number[r], code[r], quoted(ja[r]), quoted(en[r])
		}
		print "};\n"
		printf "const char *%s_code(int number)\n{\n\tconst struct code *code = by_number(%s_table, %s_CODES, number);\n\treturn code ? code->code : NULL;\n}\n\n", name, name, toupper(name)
		printf "int %s_from_code(const char *code)\n{\n\treturn by_code(%s_table, %s_CODES, code);\n}\n\n", name, name, toupper(name)
		printf "const char *%s_label(int number, const char *lang)\n{\n\treturn label(by_number(%s_table, %s_CODES, number), lang);\n}\n", name, name, toupper(name)
	}
}

function sql(   r, i, j, name, comma) {
	print "-- Made from lib/gate/codes.tsv: the labels of every coded word. Run again at each upgrade; it changes what differs."
	print "INSERT INTO kidoban.code (class, number, code, ja, en) VALUES"
	for (i = 0; i < classes; i++) {
		name = class[i]
		for (j = 0; j < size[name]; j++) {
			r = row[name, j]
			comma = (i == classes - 1 && j == size[name] - 1) ? "" : ","
			printf "  (%s, %s, %s, %s, %s)%s\n", sql_text(name), number[r], sql_text(code[r]), sql_text(ja[r]), sql_text(en[r]), comma
		}
	}
	print "ON CONFLICT (class, number) DO UPDATE SET code = excluded.code, ja = excluded.ja, en = excluded.en"
	print "WHERE (code.code, code.ja, code.en) IS DISTINCT FROM (excluded.code, excluded.ja, excluded.en);"
}

function json(   r, i, j, name) {
	print "{"
	for (i = 0; i < classes; i++) {
		name = class[i]
		printf "  \"%s\": {\n", name
		for (j = 0; j < size[name]; j++) {
			r = row[name, j]
			printf "    \"%s\": %s%s\n", code[r], quoted(lang == "ja" ? ja[r] : en[r]), j == size[name] - 1 ? "" : ","
		}
		printf "  }%s\n", i == classes - 1 ? "" : ","
	}
	print "}"
}

END {
	if (failed) exit 1
	if (form == "h") header()
	else if (form == "c") source()
	else if (form == "sql") sql()
	else if (form == "json") json()
	else { print "codes.awk: form must be h, c, sql or json" > "/dev/stderr"; exit 1 }
}
