"""The files of a private site: keys, settings of our programs and of Apache, what the simulators read."""
import json
import os
import secrets

from machine import SiteError, run_command
from ordinary import SOURCE
from plan import BOARD_PORT


def write_private(path, text):
    """Writes or replaces a file that others may not read."""
    new = path.with_name(path.name + ".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    os.replace(new, path)


def write_files(site):
    """All of them; keys and certificate only when they are not there yet."""
    key = site.state / "master.key"
    if not key.exists():
        write_private(key, secrets.token_hex(32) + "\n")
    write_conf(site, "kidoban.conf", {})
    certificate = site.state / "tls.crt"
    if not certificate.exists():
        run_command("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "825",
                    "-subj", "/CN=localhost", "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", site.state / "tls.key", "-out", certificate)
    write_httpd(site)
    incidents = site.plan.incidents() if site.incidents else ()
    write_private(site.state / "site.xml", site.plan.site_xml(site.facts["mutual_auth_password"], incidents))
    write_private(site.state / "boards.json", json.dumps(boards(site), indent=1))


def boards(site):
    """What the simulator of boards needs: hardware, not one card. Spare ones have the addresses behind those of the plan."""
    planned = [{"serial": int(board.serial), "address": board.address, "port": board.port} for board in site.plan.boards]
    spare = [{"address": f"{site.facts['network']}.{len(planned) + n}", "port": BOARD_PORT, **board} for n, board in enumerate(site.spare_boards, 1)]
    return planned + spare


def write_conf(site, name, changes):
    """A settings file; changes win over site.settings, {"section": {"name": value}}."""
    sections = {
        "": {"database": f"host={site.run} dbname=kidoban", "master_key_file": site.state / "master.key", "run_dir": site.run,
             "password_list_file": SOURCE / "conf/passwords.txt", "password_site_list_file": site.state / "passwords.txt"},
        "keeper": {"watch": " ".join(name for name in ("gate-poller", "transfer") if name in site.components), "disk_paths": site.state,
                   "disk_low_percent": 1, "certificate_files": site.state / "tls.crt"},
        "gate-poller": {"name": "gate-poller", "nudge_address": "127.0.0.1", "nudge_port": site.facts["nudge_port"],
                        "uhppote_listen_address": "127.0.0.1", "uhppote_listen_port": site.facts["listen_port"]},
    }
    for source in (site.settings, changes):
        for section, values in source.items():
            sections.setdefault(section, {}).update(values)
    lines = []
    for section, values in sections.items():
        lines += [f"[{section}]"] if section else []
        for setting, value in values.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            quoted = text.replace("\\", "\\\\").replace('"', '\\"')
            lines.append(f'{setting} = "{quoted}"')
    (site.state / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_httpd(site):
    """Apache's configuration."""
    folder = next((f for f in ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules") if os.path.isdir(f)), None)
    if folder is None:
        raise SiteError("Apache's modules are missing: run ./autogen.sh --install-deps")
    template = (SOURCE / "conf/apache/private.conf.in").read_text(encoding="utf-8")
    values = {
        "state": site.state, "run": site.run, "log": site.log, "port": site.port,
        "threads": site.threads, "workers": 2 * site.threads, "htdocs": site.build / "htdocs", "problems": SOURCE / "conf/problems",
        "snippet": site.build / "conf/apache/kidoban.conf", "extra": site.httpd_extra,
        "modules": "\n".join(f"LoadModule {name}_module {folder}/mod_{name}.so" for name in site.httpd_modules),
    }
    for name, value in values.items():
        template = template.replace("{" + name + "}", str(value))
    (site.state / "httpd.conf").write_text(template, encoding="utf-8")
