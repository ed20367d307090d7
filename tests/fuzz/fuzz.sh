# make fuzz: FUZZ_SECONDS (default 600) of libFuzzer where clang has it, else of the mutation runner with fresh seeds.
# What it finds stays in the build tree under tests/fuzz/found; the corpus grows under tests/fuzz/corpus there.
set -eu
: "${top_srcdir:?}" "${top_builddir:?}"
seconds=${FUZZ_SECONDS:-600}
place=$top_builddir/tests/fuzz
mkdir -p "$place/corpus" "$place/found"
"$place/fuzz_run" --corpus "$place/corpus"
if clang --version >/dev/null 2>&1 &&
    clang -std=c17 -D_GNU_SOURCE -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
	-I"$top_srcdir/lib" -I"$top_builddir/lib" -I"$top_srcdir/tests/fuzz" -o "$place/fuzz_libfuzzer" \
	"$top_srcdir"/tests/fuzz/fuzz_libfuzzer.c "$top_srcdir"/tests/fuzz/fuzz_gate.c "$top_srcdir"/lib/gate/*.c \
	"$top_builddir"/lib/gate/codes.c -lcrypto 2>"$place/clang.log"; then
	exec "$place/fuzz_libfuzzer" -max_total_time="$seconds" -max_len=4096 -artifact_prefix="$place/found/" "$place/corpus"
fi
echo "clang has no libFuzzer here (see $place/clang.log): the mutation runner goes on instead"
end=$(($(date +%s) + seconds)) seed=$(date +%s)
while [ "$(date +%s)" -lt "$end" ]; do
	echo "seed $seed"
	"$place/fuzz_run" 1000000 "$seed"
	seed=$((seed + 2))
done
