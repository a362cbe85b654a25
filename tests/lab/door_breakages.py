"""What goes wrong at the doors of backup hosts."""

from breakages import CREDENTIALS, Breakage, changed, drop_in

SERVER = "/usr/bin/restic-rest-server --path /srv/seawall"
TLS = "--tls --tls-cert %%d/tls.pem --tls-key %%d/tls.key"
REFUSED = "is not refused"


def strange_certificate(certificate: str, key: str) -> Breakage:
    """Return the breakage that another server stands behind a backup host's name."""
    restart = "systemctl restart seawall-readers; sleep 1"
    pem = changed(f"{CREDENTIALS}/tls.pem", f"cat >{{}} <<'END'\n{certificate}END")
    own = changed(f"{CREDENTIALS}/tls.key", f"cat >{{}} <<'END'\n{key}END", restart)
    return Breakage(
        "a certificate of another authority",
        "backup1",
        f"{pem[0]}\n{own[0]}",
        f"{pem[1]}\n{own[1]}",
        {"certificate is of the site s authority": "backup1:8001 is not good"},
        ("drill1",),
    )


OPENED = (
    "ProtectSystem=no",
    "NoNewPrivileges=no",
    "PrivateDevices=no",
    "SystemCallFilter=",
    "RestrictNamespaces=no",
    "CapabilityBoundingSet=~",
    "User=restic-rest-server",
    "Group=restic-rest-server",
    "ExecStart=",
    f"ExecStart={SERVER} --listen :8000 {TLS} --no-auth",
)
UNLIMITED = ("ExecStart=", f"ExecStart={SERVER} --listen unix:/run/seawall-reader/socket --no-auth")
NGINX = changed(
    "/etc/seawall-readers/nginx.conf",
    "sed -i 's/limit_except GET/limit_except GET POST DELETE/' {}",
    "systemctl restart seawall-readers; sleep 1",
)
READER = drop_in("seawall-reader.service", "Service", *UNLIMITED, start="systemctl restart seawall-reader")
AT_DOORS = (
    Breakage(
        "a writers' door without accounts that deletes what it is told to",
        "backup1",
        *drop_in(
            "seawall-writers.service",
            "Service",
            *OPENED,
            start="systemctl restart seawall-writers; sleep 1",
        ),
        {
            "snapshot cannot be deleted": REFUSED,
            "pack cannot be deleted": REFUSED,
            "repository cannot be deleted": REFUSED,
            "other repositories cannot be seen": "/nobody/config",
            "nobody enters without an account": "backup1 answers HTTP 200",
            "reader cannot reach the writers door": "drill1 gets HTTP 200",
            "doors are open and locked in": "seawall-writers.service has an exposure",
        },
        ("his1", "drill1"),
    ),
    Breakage(
        "a client's server that sees all repositories",
        "backup1",
        *drop_in(
            "seawall-writer-lis1.service",
            "Service",
            "TemporaryFileSystem=",
            "BindPaths=",
            "BindPaths=/srv/seawall",
            start="systemctl restart seawall-writer-lis1",
        ),
        {
            "each client has a server of its own with its quota": "seawall-writer-lis1.service sees /srv/seawall",
            "units are as they were written": "seawall-writer-lis1.service is changed",
        },
    ),
    Breakage(
        "a writers' door without TLS",
        "offsite1",
        *changed(
            "/etc/seawall-writers/nginx.conf",
            "sed -i 's/listen 8000 ssl/listen 8000/' {}",
            "systemctl restart seawall-writers; sleep 1",
        ),
        {
            "nothing goes without tls": "offsite1:8000 answers without TLS",
            "certificate is of the site s authority": "offsite1:8000 is not good",
        },
        ("his1",),
    ),
    Breakage(
        "a readers' door that lets writing through",
        "offsite1",
        f"{READER[0]}\n{NGINX[0]}",
        f"{READER[1]}\n{NGINX[1]}",
        {
            "snapshot cannot be deleted": REFUSED,
            "pack cannot be deleted": REFUSED,
            "repository cannot be deleted": REFUSED,
        },
        ("drill1",),
    ),
)
