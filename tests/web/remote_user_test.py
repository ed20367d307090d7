"""Log-in by what Apache says (A-4), with the example files of conf/apache/login: a password file, a directory (slapd), client certificates.
Each with the right and the wrong, the unknown, the disabled, and headers that somebody made up. Prints TAP."""
import base64
import pathlib
import shutil
import signal
import ssl
import subprocess

import site_files
import web
from private_site import HTTPD_MODULES, SiteError, find_program, free_port, hash_password
from supervisor import Program

LOGIN = pathlib.Path(web.SOURCE) / "conf/apache/login"
SECRET = "open the gate gently"
# Names by which a client might hope to be believed.
FORGED = ("Remote-User", "REMOTE_USER", "Remote_User", "X-Remote-User", "X-Forwarded-User", "X-User", "HTTP_REMOTE_USER", "Redirect-Remote-User", "REDIRECT_REMOTE_USER", "SSL_CLIENT_S_DN_CN", "Proxy-User", "OIDC_CLAIM_preferred_username")


def basic(name, password=SECRET):
    given = name if isinstance(name, bytes) else name.encode()
    return {"Authorization": "Basic " + base64.b64encode(given + b":" + password.encode()).decode()}


def setting(site, value):
    site.psql(f"UPDATE kidoban.setting SET value = '{value}' WHERE name = 'remote_user_login'")


def apache(site, lines, modules=()):
    """Starts Apache again with these lines in the virtual host."""
    site.httpd_extra, site.httpd_modules = lines, (*HTTPD_MODULES, *modules)
    site_files.write_httpd(site)
    site.restart("httpd")


def example(name, **values):
    """An example file with the site's own names in it; each must be there to be replaced."""
    text = (LOGIN / name).read_text(encoding="utf-8")
    for old, new in values.values():
        assert text.count(old) == 1, (name, old)
        text = text.replace(old, str(new))
    return text


def come_in(site, contract, headers, operator, context=None):
    """A client whom Apache vouches for, or None."""
    client = web.Client(site, contract)
    if context:
        client.context = context
    answer = client.get("/session", headers=headers)
    if answer.status != 200 or answer.json["operator"]["name"] != operator or answer.json["login"] != "remote_user":
        return None
    client.cookie = web.TOKEN.match(answer.headers["Set-Cookie"]).group(1)
    return client


def forged(tap, site, contract):
    """Nobody asks who it is: then nobody is believed."""
    web.add_operator(site, "taro", remote_user="taro@example.org")
    for value in ("off", "on", "only"):
        setting(site, value)
        found = {name: web.Client(site, contract).get("/session", headers={name: "taro@example.org"}).status for name in FORGED}
        tap.check(set(found.values()) == {401}, f"remote_user_login {value}: no header names anybody", found)
        tap.check(web.Client(site, contract).get("/session", headers=basic("taro@example.org")).status == 401, "nor does Basic authentication that Apache did not ask for")
        tap.check(web.Client(site, contract).get("/session", headers=dict.fromkeys(FORGED, "taro@example.org")).status == 401, "nor all of it together")
    tap.check(web.Client(site, contract).login("taro").problem == "login_failed", "only: the right password is refused as a wrong one")
    setting(site, "on")
    tap.check(web.Client(site, contract).login("taro").status == 201, "on: passwords are taken besides")


def password_file(tap, site, contract):
    users = site.state / "users"
    users.write_bytes(b"".join(name + b":" + hash_password(SECRET).encode() + b"\n" for name in ("taro@example.org".encode(), "hanako".encode(), "退職者".encode(), "山田 太郎".encode(), b"t\xe4ro")))
    web.add_operator(site, "gone", remote_user="退職者")
    web.add_operator(site, "kanji", remote_user="山田 太郎")
    site.psql("UPDATE kidoban.operator SET disabled = true WHERE name = 'gone'")
    apache(site, example("password-file.conf", users=("/etc/apache2/kidoban.users", users)))
    asked = web.Client(site, contract).get("/session", checked=False)
    tap.check(asked.status == 401 and "Basic" in asked.headers["WWW-Authenticate"], "Apache asks first", asked)
    tap.check(web.Client(site, contract).get("/health").status == 200, "monitoring asks without a name")
    tap.check(web.Client(site, contract).get("/session", headers=basic("taro@example.org", "wrong"), checked=False).status == 401, "a wrong password")
    client = come_in(site, contract, basic("taro@example.org"), "taro")
    tap.check(client and client.get("/gates", headers=basic("taro@example.org")).status == 200, "the right one: the operator of that name")
    tap.check(come_in(site, contract, basic("山田 太郎"), "kanji"), "names are UTF-8")
    entries = site.rows("SELECT action, operator, outcome FROM kidoban.system_log_unsealed WHERE action LIKE 'session_%' ORDER BY id DESC LIMIT 1")
    tap.check(entries == [["session_create", "kanji", "done"]], "the system log has it as a log-in of that operator", entries)
    for name, what in ((b"hanako", "whom no operator is mapped to"), ("退職者".encode(), "whose operator is disabled"), (b"t\xe4ro", "whose name is no UTF-8")):
        answer = web.Client(site, contract).get("/session", headers=basic(name))
        tap.check(answer.problem == "not_logged_in", f"one {what} is refused", answer)
    tap.check(come_in(site, contract, {**basic("hanako"), **dict.fromkeys(FORGED, "taro@example.org")}, "taro") is None, "headers do not change who it is")
    answer = client.get("/gates", headers=basic("hanako"))
    tap.check(answer.status == 401, "the cookie is worth nothing with another name", answer)
    tap.check(client.get("/gates", headers=basic("taro@example.org")).status == 200, "and goes on with its own")
    site.psql("UPDATE kidoban.operator SET disabled = true WHERE name = 'taro'")
    tap.check(client.get("/gates", headers=basic("taro@example.org")).status == 401 and come_in(site, contract, basic("taro@example.org"), "taro") is None, "who is disabled is out at once, whatever Apache says")
    site.psql("UPDATE kidoban.operator SET disabled = false WHERE name = 'taro'")
    client = come_in(site, contract, basic("taro@example.org"), "taro")
    site.psql("UPDATE kidoban.operator SET remote_user = 'other' WHERE name = 'taro'")
    tap.check(client.get("/gates", headers=basic("taro@example.org")).status == 401 and come_in(site, contract, basic("taro@example.org"), "taro") is None, "who is mapped to another name is out at once")
    site.psql("UPDATE kidoban.operator SET remote_user = 'taro@example.org' WHERE name = 'taro'")
    tap.check(web.Client(site, contract).ask("PUT", "/session/password", {"current": "x", "password": SECRET}, headers=basic("taro@example.org")).status == 401, "a name alone is no session for other routes")
    apache(site, "")
    tap.check(client.get("/gates", headers=basic("taro@example.org")).status == 401, "when Apache asks nobody any more, such sessions are over")


class Directory:
    """A slapd of our own, on loopback, in a directory of our own."""

    PEOPLE = (("yamada", "山田 太郎", SECRET), ("suzuki", "鈴木 花子", SECRET), ("satou", "佐藤 次郎", SECRET), ("高橋", "高橋 三郎", SECRET))

    def __init__(self, site):
        self.site, self.port, self.folder = site, free_port(), site.state / "slapd"
        schema = next((p for p in (pathlib.Path("/etc/ldap/schema"), pathlib.Path("/etc/openldap/schema")) if p.is_dir()), None)
        if schema is None:
            raise SiteError("slapd is missing: run ./autogen.sh --install-deps")
        (self.folder / "db").mkdir(parents=True)
        modules = next((p for p in ("/usr/lib/ldap", "/usr/lib64/openldap") if pathlib.Path(p).is_dir()), None)
        self.conf = self.folder / "slapd.conf"
        self.conf.write_text("".join(f"include {schema}/{name}.schema\n" for name in ("core", "cosine", "inetorgperson"))
                             + (f"modulepath {modules}\nmoduleload back_mdb\n" if modules else "")
                             + f'pidfile {self.folder}/pid\nargsfile {self.folder}/args\ndatabase mdb\nmaxsize 10485760\nsuffix "dc=example,dc=org"\ndirectory {self.folder}/db\n'
                             "access to attrs=userPassword by anonymous auth by * none\naccess to * by * read\n", encoding="utf-8")
        done = subprocess.run([find_program("slapadd"), "-f", self.conf], input=self.ldif(), text=True, encoding="utf-8", capture_output=True, check=False)
        if done.returncode != 0:
            raise SiteError(f"slapadd: {done.stderr}")
        self.start()

    def ldif(self):
        def line(name, value):
            return f"{name}:: {base64.b64encode(value.encode()).decode()}\n"
        text = ("dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n\n"
                "dn: ou=people,dc=example,dc=org\nobjectClass: organizationalUnit\nou: people\n\n")
        for uid, name, password in self.PEOPLE:
            text += line("dn", f"uid={uid},ou=people,dc=example,dc=org") + "objectClass: inetOrgPerson\n" + line("uid", uid) + line("cn", name) + line("sn", name.split()[0]) + line("userPassword", password) + "\n"
        return text

    def start(self):
        program = Program("slapd", [find_program("slapd"), "-d", "0", "-f", self.conf, "-h", f"ldap://127.0.0.1:{self.port}/"], self.site.log / "slapd.log", stop_signal=signal.SIGINT)
        self.site.supervisor.start(program)
        self.site.wait(self.answers, 20, "slapd to answer")

    def answers(self):
        return subprocess.run([find_program("ldapwhoami"), "-x", "-H", f"ldap://127.0.0.1:{self.port}/"], capture_output=True, check=False).returncode == 0


def directory(tap, site, contract):
    ldap = Directory(site)
    web.add_operator(site, "Y. Taro", remote_user="yamada")
    web.add_operator(site, "J. Sato", remote_user="satou")
    web.add_operator(site, "三郎", remote_user="高橋", groups=[1])
    site.psql("UPDATE kidoban.operator SET disabled = true WHERE name = 'J. Sato'")
    lines = example("ldap.conf", url=("ldaps://ldap.example.org/", f"ldap://127.0.0.1:{ldap.port}/"))
    apache(site, lines, ("ldap", "authnz_ldap"))
    tap.check(web.Client(site, contract).get("/session", checked=False).headers["WWW-Authenticate"], "Apache asks first")
    client = come_in(site, contract, basic("yamada"), "Y. Taro")
    tap.check(client and client.get("/gates", headers=basic("yamada")).status == 200, "the right password in the directory: the operator of that name")
    client = come_in(site, contract, basic("高橋"), "三郎")
    tap.check(client and {g["management_group"]["id"] for g in client.get("/gates", headers=basic("高橋")).json["gates"]} == {1}, "a name in Japanese, with the operator's scope")
    client = come_in(site, contract, basic("YAMADA"), "Y. Taro")
    tap.check(client and client.get("/gates", headers=basic("yamada")).status == 200, "the name is the directory's own, however it was typed")
    for name, password, what in (("yamada", "wrong", "a wrong password"), ("yamada", "", "an empty password"), ("nobody", SECRET, "one whom the directory does not know"), ("*", SECRET, "a star"),
                                 ("yamada)(uid=*", SECRET, "a filter in the name"), ("uid=yamada,ou=people,dc=example,dc=org", SECRET, "a distinguished name")):
        answer = web.Client(site, contract).get("/session", headers=basic(name, password), checked=False)
        tap.check(answer.status == 401 and "Set-Cookie" not in answer.headers, f"{what} is refused", answer)
    answer = web.Client(site, contract).get("/session", headers=basic("suzuki"))
    tap.check(answer.problem == "not_logged_in", "one who is in the directory and no operator is refused", answer)
    answer = web.Client(site, contract).get("/session", headers=basic("satou"))
    tap.check(answer.problem == "not_logged_in", "a disabled operator is refused", answer)
    tap.check(come_in(site, contract, {**basic("suzuki"), **dict.fromkeys(FORGED, "yamada")}, "Y. Taro") is None, "headers do not change who it is")
    client = come_in(site, contract, basic("yamada"), "Y. Taro")
    site.supervisor.stop("slapd")
    apache(site, lines, ("ldap", "authnz_ldap"))  # and what Apache remembered is gone
    answer = client.get("/gates", headers=basic("yamada"), checked=False)
    tap.check(answer.status in (401, 500), "without the directory nobody is let in", answer)
    ldap.start()
    tap.check(web.wait(lambda: client.get("/gates", headers=basic("yamada"), checked=False).status == 200, 15), "and with it the session goes on")
    site.supervisor.stop("slapd")
    apache(site, "")


class Authority:
    """A CA made by openssl, that can also take back what it gave."""

    def __init__(self, folder, name):
        self.folder = folder / name
        self.folder.mkdir()
        (self.folder / "index").touch()
        (self.folder / "serial").write_text("01\n")
        (self.folder / "crlnumber").write_text("01\n")
        (self.folder / "conf").write_text(
            f"[ca]\ndefault_ca = x\n[x]\ndir = {self.folder}\ndatabase = $dir/index\nserial = $dir/serial\ncrlnumber = $dir/crlnumber\nnew_certs_dir = $dir\n"
            "certificate = $dir/ca.pem\nprivate_key = $dir/ca.key\ndefault_md = sha256\ndefault_days = 30\ndefault_crl_days = 30\npolicy = p\nunique_subject = no\nx509_extensions = e\n"
            "[p]\ncommonName = supplied\norganizationName = optional\n[e]\nbasicConstraints = CA:FALSE\nextendedKeyUsage = clientAuth\n")
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", f"/O={name}/CN={name}", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                     "-keyout", self.folder / "ca.key", "-out", self.folder / "ca.pem")
        self.list()

    @staticmethod
    def openssl(*words):
        done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SiteError(f"openssl {words}: {done.stderr}")

    def list(self):
        self.openssl("ca", "-config", self.folder / "conf", "-gencrl", "-out", self.folder / "crl.pem")

    def give(self, name, *more):
        """A certificate for the name; returns the file with it and its key."""
        key, path = self.folder / "one.key", self.folder / f"{len(list(self.folder.glob('*.both')))}.both"
        self.openssl("req", "-new", "-utf8", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/O=Example/CN={name}", "-keyout", key, "-out", self.folder / "one.csr")
        self.openssl("ca", "-batch", "-notext", "-utf8", "-config", self.folder / "conf", "-in", self.folder / "one.csr", "-out", self.folder / "one.pem", *more)
        path.write_bytes((self.folder / "one.pem").read_bytes() + key.read_bytes())
        return path

    def take_back(self, path):
        self.openssl("ca", "-config", self.folder / "conf", "-revoke", path)
        self.list()


def certificates(tap, site, contract):
    ours, theirs = Authority(site.state, "ours"), Authority(site.state, "theirs")
    web.add_operator(site, "holder", remote_user="山田 花子")
    web.add_operator(site, "lost", remote_user="lost@example.org")
    web.add_operator(site, "retired", remote_user="retired@example.org")
    site.psql("UPDATE kidoban.operator SET disabled = true WHERE name = 'retired'")
    given = {"good": ours.give("山田 花子"), "revoked": ours.give("lost@example.org"), "unknown": ours.give("nobody@example.org"), "disabled": ours.give("retired@example.org"),
             "expired": ours.give("山田 花子", "-startdate", "20200101000000Z", "-enddate", "20200201000000Z"), "foreign": theirs.give("山田 花子")}

    def context(which):
        made = site.tls_context()
        if which:
            made.load_cert_chain(given[which])
        return made

    def ask(which, path="/session"):
        """The answer, or the reason why there is none."""
        client = web.Client(site, contract)
        client.context = context(which)
        try:
            return client.get(path)
        except (ssl.SSLError, ConnectionError, OSError) as error:
            return str(error)

    def serve():
        apache(site, example("certificate.conf", ca=("/etc/kidoban/operators-ca.pem", ours.folder / "ca.pem"), crl=("/etc/kidoban/operators-ca.crl", ours.folder / "crl.pem")))

    serve()
    client = come_in(site, contract, {}, "holder", context("good"))
    tap.check(client and client.get("/gates").status == 200, "a certificate of the CA: the operator of that name, in Japanese")
    tap.check(come_in(site, contract, {}, "lost", context("revoked")), "another one")
    for which, what in ((None, "no certificate"), ("foreign", "another CA's certificate of the same name"), ("expired", "an expired one")):
        answer = ask(which)
        tap.check(isinstance(answer, str), f"{what}: the connection is refused", answer)
    for which, what in (("unknown", "of a name that no operator has"), ("disabled", "of a disabled operator")):
        answer = ask(which)
        tap.check(not isinstance(answer, str) and answer.problem == "not_logged_in", f"a certificate {what} is refused", answer)
    other = web.Client(site, contract, client.cookie)
    other.context = context("revoked")
    tap.check(other.get("/gates").status == 401, "the cookie is worth nothing with another certificate")
    mine = web.Client(site, contract)
    mine.context = context("unknown")
    tap.check(mine.get("/session", headers=dict.fromkeys(FORGED, "山田 花子".encode().decode("latin-1"))).status == 401, "headers do not change who it is")
    ours.take_back(given["revoked"])
    serve()
    answer = ask("revoked")
    tap.check(isinstance(answer, str), "one that was taken back is refused once the list says so", answer)
    tap.check(client.get("/gates", checked=False).status == 200, "the others go on")
    apache(site, "")
    tap.check(web.Client(site, contract, client.cookie).get("/gates").status == 401, "without the certificate the session is over")


def not_tested(tap, site, contract):
    """What can not be tested here says so."""
    for path in sorted(LOGIN.glob("*.conf")):
        tested = f'example("{path.name}"' in pathlib.Path(__file__).read_text(encoding="utf-8")
        tap.check(tested != ("NOT TESTED" in path.read_text(encoding="utf-8")), f"{path.name} says whether it is tested")
    tap.check(all(shutil.which(name, path="/usr/sbin:/usr/bin") for name in ("slapd", "ldapwhoami")), "the directory was a real one")


web.run(forged, password_file, directory, certificates, not_tested, components=("postgres", "session", "gates", "httpd"))
