"""What goes wrong on a machine: files, timers, services, accounts, versions, database, UPS."""

from breakages import CREDENTIALS, UNITS, Breakage, changed, drop_in

SQL = "runuser -u postgres -- psql -Xqd postgres -v ON_ERROR_STOP=1 -c"
MARIADB = "mariadb -e"

ON_MACHINES = (
    Breakage(
        "a secret that others may read",
        "his1",
        f"chmod 0644 {CREDENTIALS}/primary.password",
        f"chmod 0600 {CREDENTIALS}/primary.password",
        {"secrets belong to root alone": "primary.password is 0644"},
    ),
    Breakage(
        "a folder of secrets that is open",
        "drill1",
        f"chmod 0755 {CREDENTIALS}",
        f"chmod 0700 {CREDENTIALS}",
        {"folders are closed to others": f"{CREDENTIALS} is 0755"},
    ),
    Breakage(
        "states that everybody reads",
        "backup1",
        # A timer's next run would mend it before anybody looks.
        "systemctl stop seawall-{health,alarms}.{timer,service}; touch /var/lib/seawall/state/left.json; "
        "chmod 0755 /var/lib/seawall /var/lib/seawall/state; chmod 0644 /var/lib/seawall/state/*.json",
        "rm /var/lib/seawall/state/left.json; chmod 0750 /var/lib/seawall /var/lib/seawall/state; "
        "chmod -f 0640 /var/lib/seawall/state/*.json; systemctl start seawall-{health,alarms}.timer",
        {"only its owners read what is kept": "/var/lib/seawall/state/"},
    ),
    Breakage(
        "a client's password on a backup host",
        "backup1",
        f"(umask 077; echo secret >{CREDENTIALS}/primary.password)",
        f"rm {CREDENTIALS}/primary.password",
        {"a machine has its own secrets and no others": "primary.password"},
    ),
    Breakage(
        "a policy edited on the machine",
        "drill1",
        *changed("/etc/seawall/policy.json", r"""sed -i 's/"rpo": ".*"/"rpo": "9d"/' {}"""),
        {"policy is the inventory s": "run playbooks/site.yml"},
    ),
    Breakage(
        "a policy that anybody may change",
        "offsite1",
        "chmod 0666 /etc/seawall/policy.json",
        "chmod 0640 /etc/seawall/policy.json",
        {"policy file can be read by the agent and changed by root only": "is 0666"},
    ),
    Breakage(
        "a password among a program's arguments",
        "his1",
        f"systemd-run --quiet --unit=careless sh -c 'sleep 600; : \"$0\"' $(cat {CREDENTIALS}/offsite.password)",
        "systemctl stop careless",
        {"no secret outside its file": "offsite.password in process"},
    ),
    Breakage(
        "a timer that was stopped",
        "his1",
        "systemctl stop seawall-copy-his-offsite.timer",
        "systemctl start seawall-copy-his-offsite.timer",
        {"timer is enabled and waits": "seawall-copy-his-offsite.timer is inactive"},
    ),
    Breakage(
        "a timer that the next boot will not start",
        "his1",
        "systemctl disable --quiet seawall-copy-documents-offsite.timer",
        "systemctl enable --quiet seawall-copy-documents-offsite.timer",
        {"timer is enabled and waits": "seawall-copy-documents-offsite.timer is disabled"},
    ),
    Breakage(
        "a timer with another calendar",
        "drill1",
        *drop_in(
            "seawall-drill-his.timer",
            "Timer",
            "OnCalendar=",
            "OnCalendar=*-*-* 12:00:00",
            "Persistent=no",
            "FixedRandomDelay=no",
            start="systemctl restart seawall-drill-his.timer",
        ),
        {
            "timer is next due when the policy says": "seawall-drill-his is next due at",
            "timer makes up for what was missed": "seawall-drill-his.timer is not persistent",
            "start is spread and the same each time": "seawall-drill-his.timer starts at another",
        },
    ),
    Breakage(
        "a timer that is gone",
        "offsite1",
        f"systemctl stop seawall-health.timer; mv {UNITS}/seawall-health.timer /root; systemctl daemon-reload",
        f"mv /root/seawall-health.timer {UNITS}; systemctl daemon-reload; systemctl start seawall-health.timer",
        {"timer and service are there": "seawall-health.timer is not there"},
    ),
    Breakage(
        "a timer that nobody asked for",
        "his1",
        f"printf '[Timer]\\nOnCalendar=yearly\\nUnit=seawall-health.service\\n' >{UNITS}/seawall-old.timer;"
        "systemctl daemon-reload; systemctl start seawall-old.timer",
        f"systemctl stop seawall-old.timer; rm {UNITS}/seawall-old.timer; systemctl daemon-reload",
        {"no timer that the policy does not ask for": "seawall-old.timer"},
    ),
    Breakage(
        "a service with more rights and secrets than its act needs",
        "his1",
        *drop_in(
            "seawall-backup-his.service",
            "Service",
            "User=root",
            "NoNewPrivileges=no",
            "AmbientCapabilities=CAP_SYS_ADMIN",
            "CapabilityBoundingSet=~",
            "ProtectSystem=no",
            "SystemCallFilter=",
            "RestrictNamespaces=no",
            "PrivateDevices=no",
            f"LoadCredential=offsite.url:{CREDENTIALS}/offsite.url",
        ),
        {
            "service runs the act with its account": "seawall-backup-his runs as root",
            "service has only the rights it needs": "seawall-backup-his has cap_sys_admin",
            "service gets only its own secrets": "offsite.url",
            "service is locked in": "seawall-backup-his has an exposure of",
            "units are as they were written": "broken.conf",
        },
    ),
    Breakage(
        "an account that can log in and has company",
        "his1",
        "usermod --append --groups adm --shell /bin/bash seawall",
        "gpasswd --delete seawall adm >/dev/null; usermod --shell /usr/sbin/nologin seawall",
        {"seawall s account can only run its units": "seawall can log in"},
    ),
    Breakage(
        "a server's account that can log in",
        "offsite1",
        "usermod --shell /bin/sh seawall-reader",
        "usermod --shell /usr/sbin/nologin seawall-reader",
        {"servers accounts can only run their servers": "seawall-reader can log in"},
    ),
    Breakage(
        "a web server on a backup host",
        "offsite1",
        "systemd-run --quiet --unit=careless python3 -m http.server 80; sleep 1",
        "systemctl stop careless",
        {"backup host listens only at its doors": "port 80"},
    ),
    Breakage(
        "a repository on the drill host",
        "drill1",
        "mkdir -p /srv/old/{data,keys,snapshots,index}; touch /srv/old/config",
        "rm -r /srv/old",
        {"drill host keeps no repository": "/srv/old"},
    ),
    Breakage(
        "an old restic before the new one",
        "drill1",
        "printf '#!/bin/sh\\necho restic 0.14.0\\n' >/usr/local/bin/restic; chmod 0755 /usr/local/bin/restic",
        "rm /usr/local/bin/restic",
        {"restic is new enough": "restic is 0.14.0, older than 0.18"},
    ),
    Breakage(
        "an old rest-server before the new one",
        "offsite1",
        "printf '#!/bin/sh\\necho rest-server 0.12.1\\n' >/usr/local/bin/restic-rest-server;"
        "chmod 0755 /usr/local/bin/restic-rest-server",
        "rm /usr/local/bin/restic-rest-server",
        {"rest server is new enough": "rest-server is 0.12.1, older than 0.13"},
    ),
    Breakage(
        "another seawall than elsewhere",
        "offsite1",
        *changed("/var/lib/dpkg/status", "sed -i '/^Package: seawall$/,/^$/s/^Version: .*/Version: 0.0.1/' {}"),
        {"seawall is the same everywhere": "has seawall 0.0.1"},
    ),
    Breakage(
        "a program changed by hand",
        "offsite1",
        *changed("/usr/share/seawall/ops/__init__.py", "echo '# better' >>{}"),
        {"seawall s files are as they were installed": "ops/__init__.py"},
    ),
    Breakage(
        "an address that leads to the wrong door",
        "drill1",
        *changed(f"{CREDENTIALS}/his1-offsite.url", "sed -i 's/:8001/:8000/' {}"),
        {"account leads to its own repository": "'port': 8000"},
    ),
    Breakage(
        "a dump role that can do anything",
        "his1",
        f'{SQL} "alter role seawall_dump superuser"; {SQL} "grant pg_write_all_data to seawall_dump";'
        f'{SQL} "alter role seawall_dump reset default_transaction_read_only"',
        f'{SQL} "alter role seawall_dump nosuperuser"; {SQL} "revoke pg_write_all_data from seawall_dump";'
        f'{SQL} "alter role seawall_dump set default_transaction_read_only = on"',
        {
            "role is no superuser": "seawall_dump has superuser",
            "role has only the rights of a dump": "pg_write_all_data",
            "role is set to read only": "default_transaction_read_only",
            "role reads and cannot write": "create a table, delete rows, add rows",
        },
    ),
    Breakage(
        "a dump role that may stream a cluster whose files are not taken",
        "lis1",
        f'{SQL} "alter role seawall_dump replication";'
        f'{SQL} "grant execute on function pg_backup_start(text, boolean) to seawall_dump"',
        f'{SQL} "alter role seawall_dump noreplication";'
        f'{SQL} "revoke execute on function pg_backup_start(text, boolean) from seawall_dump"',
        {
            "role is no superuser": "seawall_dump has replication",
            "role has only the rights of a dump": "may call ['pg_backup_start(text,boolean)'], and needs []",
        },
    ),
    Breakage(
        "a database that lets anybody dump",
        "his1",
        *changed(
            "/etc/postgresql/15/main/pg_hba.conf",
            "sed -i '1i local all seawall_dump trust' {}",
            "systemctl reload postgresql@15-main; sleep 0.5",
        ),
        {"role is for seawall s account only": "user nobody is let in"},
    ),
    Breakage(
        "a MariaDB account that has a password and can write",
        "his1",
        f'{MARIADB} "alter user seawall@localhost identified via unix_socket'
        " or mysql_native_password using password('x'); grant insert, create on pharmacy.* to seawall@localhost\"",
        f'{MARIADB} "alter user seawall@localhost identified via unix_socket;'
        ' revoke insert, create on pharmacy.* from seawall@localhost"',
        {
            "account is let in by its process alone": "is let in otherwise",
            "account has exactly the rights of a dump": "more rights: GRANT INSERT, CREATE",
            "account reads and cannot write": "create a table, add rows",
        },
    ),
    Breakage(
        "a UPS server that is down",
        "his1",
        "systemctl stop nut-server",
        "systemctl start nut-server",
        {"upsd answers": "refused", "upsd knows the ups": "does not know mains"},
    ),
)
