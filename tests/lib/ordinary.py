"""Runs a script as an ordinary user when root started it: PostgreSQL refuses root."""
import os
import pathlib
import pwd
import subprocess
import sys

SOURCE = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2]).resolve()


def become_ordinary(state=None):
    """When we are root: runs this script again as an ordinary user and ends this process with its status.

    PostgreSQL refuses root. First choice is the owner of the build tree, then a user namespace in which root's own files
    stay readable, then nobody, who must be able to read the tree. state: a directory that is to be his."""
    if os.geteuid() != 0 or os.environ.get("KIDOBAN_ORDINARY"):
        return
    build = builddir()
    owner = build.stat()
    nobody = pwd.getpwnam("nobody")
    user = next((u for u in (1000, nobody.pw_uid) if user_exists(u)), nobody.pw_uid)
    group = 1000 if user == 1000 else nobody.pw_gid
    choices = [["unshare", "--user", f"--map-user={user}", f"--map-group={group}", "--"]]
    drop = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", "--"]
    if owner.st_uid != 0:
        choices.insert(0, ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups", "--"])
    for prefix in [*choices, drop]:
        if state and prefix[0] == "setpriv":
            os.makedirs(state, mode=0o700, exist_ok=True)
            uid, gid = (int(word.split("=")[1]) for word in prefix[1:3])
            for folder, _, files in os.walk(state):
                for path in (folder, *(os.path.join(folder, name) for name in files)):
                    os.chown(path, uid, gid, follow_symlinks=False)
        probe = [*prefix, "test", "-r", str(SOURCE / "configure.ac"), "-a", "-x", str(build)]
        if subprocess.run(probe, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0:
            os.environ["KIDOBAN_ORDINARY"] = prefix[0]
            os.environ["HOME"] = "/nonexistent"
            sys.stdout.flush()
            os.execvp(prefix[0], [*prefix, sys.executable, *sys.argv])
    sys.exit(f"PostgreSQL does not run as root, and no ordinary user can read {SOURCE}: clone it to a directory that others may "
             "read, such as /srv/kidoban, or run this as an ordinary user")


def user_exists(uid):
    try:
        pwd.getpwuid(uid)
        return True
    except KeyError:
        return False


def builddir():
    return pathlib.Path(os.environ.get("KIDOBAN_BUILDDIR") or os.environ.get("top_builddir") or SOURCE).resolve()
