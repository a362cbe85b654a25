"""The free applications whose own schemas and first rows are taken: which packages have them, and where in these."""

from dataclasses import dataclass

_KAMAILIO = (
    *("standard", "acc", "auth_db", "avpops", "dialog", "dispatcher", "domain", "group", "lcr", "msilo", "presence"),
    *("registrar", "usrloc"),
)


@dataclass(frozen=True)
class Application:
    """packages: of Debian. postgresql, mariadb: its scripts in their order, as paths below /, where it has any.

    before: what a site's administrator makes in a new PostgreSQL database first.
    """

    packages: tuple[str, ...]
    postgresql: tuple[str, ...] = ()
    mariadb: tuple[str, ...] = ()
    before: str = ""

    def scripts(self, engine: str) -> tuple[str, ...]:
        """Return the scripts for `postgresql` or `mariadb`."""
        return self.postgresql if engine == "postgresql" else self.mariadb


def _zabbix(package: str) -> tuple[str, ...]:
    return tuple(f"usr/share/{package}/{name}.sql.gz" for name in ("schema", "images", "data"))


def _both(package: str, place: str, *, before: str = "") -> Application:
    """One whose package has both schemas, at places that differ by a word."""
    return Application((package,), (place.format("pgsql"),), (place.format("mysql"),), before)


APPLICATIONS = {
    "Zabbix": Application(
        ("zabbix-server-pgsql", "zabbix-server-mysql"), _zabbix("zabbix-server-pgsql"), _zabbix("zabbix-server-mysql")
    ),
    "Roundcube": _both("roundcube-core", "usr/share/dbconfig-common/data/roundcube/install/{}"),
    "Icinga 2 (IDO)": Application(
        ("icinga2-ido-pgsql", "icinga2-ido-mysql"),
        ("usr/share/icinga2-ido-pgsql/schema/pgsql.sql",),
        ("usr/share/icinga2-ido-mysql/schema/mysql.sql",),
    ),
    "Icinga DB": _both("icingadb", "usr/share/icingadb/schema/{}/schema.sql", before="create extension citext"),
    "Icinga Director": _both(
        "icingaweb2-module-director",
        "usr/share/icingaweb2/modules/director/schema/{}.sql",
        before="create extension pgcrypto",
    ),
    "Bacula": Application(
        ("bacula-director-pgsql", "bacula-director-mysql"),
        ("usr/share/dbconfig-common/data/bacula-director-pgsql/install/pgsql",),
        ("usr/share/dbconfig-common/data/bacula-director-mysql/install/mysql",),
    ),
    "Kamailio": Application(
        ("kamailio-postgres-modules", "kamailio-mysql-modules"),
        tuple(f"usr/share/kamailio/postgres/{name}-create.sql" for name in _KAMAILIO),
        tuple(f"usr/share/kamailio/mysql/{name}-create.sql" for name in _KAMAILIO),
    ),
    "PowerDNS": Application(
        ("pdns-backend-pgsql", "pdns-backend-mysql"),
        ("usr/share/pdns-backend-pgsql/schema/schema.pgsql.sql",),
        ("usr/share/pdns-backend-mysql/schema/schema.mysql.sql",),
    ),
    "FreeRADIUS": Application(
        ("freeradius-config",),
        ("etc/freeradius/3.0/mods-config/sql/main/postgresql/schema.sql",),
        ("etc/freeradius/3.0/mods-config/sql/main/mysql/schema.sql",),
    ),
    "ejabberd": Application(("ejabberd",), ("usr/share/ejabberd/sql/pg.sql",), ("usr/share/ejabberd/sql/mysql.sql",)),
    "Gammu": _both("gammu-smsd", "usr/share/doc/gammu-smsd/examples/{}.sql"),
    "MediaWiki": Application(
        ("mediawiki",),
        tuple(f"usr/share/mediawiki/maintenance/postgres/{name}.sql" for name in ("tables-generated", "tables")),
        tuple(f"usr/share/mediawiki/maintenance/{name}.sql" for name in ("tables-generated", "tables")),
    ),
    "Tiny Tiny RSS": _both("tt-rss", "usr/share/tt-rss/schema/ttrss_schema_{}.sql"),
    "Request Tracker": Application(
        ("request-tracker5",),
        ("usr/share/request-tracker5/etc/schema.Pg",),
        ("usr/share/request-tracker5/etc/schema.mysql",),
    ),
    "DAViCal": Application(
        ("libawl-php", "davical"),
        (
            *(f"usr/share/awl/dba/{name}.sql" for name in ("awl-tables", "schema-management")),
            *(
                f"usr/share/davical/dba/{name}.sql"
                for name in ("davical", "base-data", "caldav_functions", "rrule_functions", "views/dav_principal")
            ),
        ),
    ),
    "Cacti": Application(("cacti",), mariadb=("usr/share/cacti/conf_templates/cacti.sql",)),
    "TANGO": Application(
        ("tango-db",),
        mariadb=tuple(f"usr/share/tango-db/{name}.sql" for name in ("create_db_tables", "stored_proc")),
    ),
    "phpMyAdmin": Application(("phpmyadmin",), mariadb=("usr/share/phpmyadmin/sql/create_tables.sql",)),
}
