"""A second build with sanitizers, in its own folder, running the tests that drive our C code the hardest. Prints TAP.

One line for each test of that build; memory errors, leaks and undefined behaviour make the test that meets them fail.
"""
import os
import pathlib
import shutil
import subprocess
import sys

import tap_log

source = pathlib.Path(os.environ["top_srcdir"])
build = pathlib.Path(os.environ["top_builddir"]) / "asan"
KINDS = ("UNIT_TESTS", "REPLAY_TESTS", "WEB_TESTS")


def run(*words):
    """Runs a command in the sanitizer build; its output is shown as diagnostics when it fails."""
    done = subprocess.run(words, cwd=build, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=False)
    if done.returncode != 0:
        for line in done.stdout.splitlines()[-60:]:
            print(f"# {line}")
    return done.returncode == 0


def prepare():
    """Configures and builds. A source tree that was itself configured can not be built elsewhere: use a copy of it then."""
    build.mkdir(parents=True, exist_ok=True)
    tree = source
    if (source / "config.status").exists():
        tree = build / "source"
        listed = subprocess.run(["git", "-C", source, "ls-files", "-z"], capture_output=True, text=True, check=False)
        made = ["configure", "aclocal.m4", "Makefile.in"] + [f"build-aux/{name}" for name in (
            "ar-lib", "compile", "depcomp", "install-sh", "missing", "tap-driver.sh", "test-driver")]
        names = listed.stdout.split("\0") if listed.returncode == 0 else distributed()
        shutil.rmtree(tree, ignore_errors=True)
        for name in [*filter(None, names), *made]:
            if (source / name).is_file():
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source / name, tree / name)
    if not (build / "config.status").exists() and not run(str(tree / "configure"), "--enable-asan"):
        return False
    return run("make", f"-j{os.cpu_count()}")


def distributed():
    """The files of a tarball, for a tree that is not git's: all but what a build makes."""
    for folder, folders, files in os.walk(source):
        folders[:] = [f for f in folders if f not in (".git", "node_modules", "asan", "demo", ".deps", "autom4te.cache")]
        for name in files:
            if not name.endswith((".o", ".a", ".log", ".trs")) and name not in ("config.status", "Makefile", "config.log"):
                yield os.path.relpath(os.path.join(folder, name), source)


def results():
    """Every result of every test script. The harness leaves a .trs beside each log that is one of its own."""
    for path in sorted(build.glob("tests/**/*.trs")):
        yield from tap_log.results(path.with_suffix(".log"))


environment = {name: value for name, value in os.environ.items()
               if name not in ("top_srcdir", "top_builddir", "KIDOBAN_BUILDDIR", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "TESTS", "PYTHONPATH")}
environment["ASAN_OPTIONS"] = "detect_leaks=1:abort_on_error=0:allocator_may_return_null=1"
if not prepare():
    print("1..1\nnot ok 1 - the sanitizer build is made")
    sys.exit(1)
for old in build.glob("tests/**/*.trs"):
    old.unlink()
tests = " ".join(f"$({kind})" for kind in KINDS)
all_passed = run("make", "-k", "check", f"TESTS={tests}", "TEST_TIMEOUT=600")
found = list(results())
for number, result in enumerate(found, 1):
    print(f"{'ok' if result.passed else 'not ok'} {number} - {result.name.replace('#', '')}")
    if not result.passed:
        for line in tap_log.diagnostics(result):
            print(line)
extra = len(found) + 1
print(f"{'ok' if all_passed and found else 'not ok'} {extra} - make check passes in the sanitizer build")
print(f"1..{extra}")
sys.exit(0 if all_passed and found else 1)
