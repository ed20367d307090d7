"""What a private site asks of the machine: free ports and networks, installed programs, crypt(3)."""
import ctypes
import ctypes.util
import glob
import itertools
import os
import random
import shutil
import socket
import subprocess


class SiteError(Exception):
    """Something about the environment that a sentence explains."""


def hash_password(password):
    """crypt(3) with yescrypt, as passwd makes it on Debian."""
    library = ctypes.CDLL(ctypes.util.find_library("crypt") or "libcrypt.so.1")
    library.crypt_gensalt.restype = library.crypt.restype = ctypes.c_char_p
    salt = library.crypt_gensalt(b"$y$", ctypes.c_ulong(0), None, 0)
    hashed = library.crypt(password.encode(), salt) if salt else None
    if not hashed or not hashed.startswith(b"$y$"):
        raise SiteError("this system's crypt(3) has no yescrypt: install libcrypt1 4.4 or newer")
    return hashed.decode()


def free_port(kind=socket.SOCK_STREAM):
    """A loopback port that nobody uses now, below those that the kernel gives to whoever asks for any: one of these might be
    taken by somebody's connection before its turn comes."""
    for _ in range(100):
        port = random.SystemRandom().randint(20000, 32000)
        try:
            with socket.socket(socket.AF_INET, kind) as probe:
                probe.bind(("127.0.0.1", port))
            return port
        except OSError:
            continue
    raise SiteError("no port from 20000 to 32000 is free on 127.0.0.1")


def free_network(hosts, *ports):
    """A random 127.x.y such that the first addresses of it have these UDP ports free."""
    for _ in range(100):
        network = f"127.{random.SystemRandom().randint(16, 250)}.{random.SystemRandom().randint(1, 240)}"
        try:
            for host, port in itertools.product((1, min(hosts, 250)), ports):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                    probe.bind((f"{network}.{host}", port))
            return network
        except OSError:
            continue
    raise SiteError(f"UDP ports {ports} are not free on loopback addresses")


def find_program(name, *folders):
    path = shutil.which(name, path=os.pathsep.join([*folders, os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))
    if path is None:
        raise SiteError(f"{name} is not built: run make" if "/" in name else f"{name} is missing: run ./autogen.sh --install-deps")
    return path


def postgres_bin():
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: float(p.split("/")[4]), reverse=True)
    return [folder for folder in folders if os.access(os.path.join(folder, "postgres"), os.X_OK)]


def run_command(*words, stdin=None):
    """Runs a command to its end; its output is the message when it fails."""
    words = [find_program(str(words[0]), *postgres_bin()), *map(str, words[1:])]
    done = subprocess.run(words, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise SiteError(f"{' '.join(words)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout
