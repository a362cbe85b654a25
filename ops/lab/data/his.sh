# The hospital information system's server, Debian 12: PostgreSQL 15, MariaDB 10.11, SQLite, documents, Orthanc.
. /var/tmp/hospital/servers.sh
. /var/tmp/hospital/orthanc.sh
start_postgresql 15
start_mariadb
as_postgres psql -qc "CREATE ROLE his_app LOGIN PASSWORD 'made for the lab'"
as_postgres createdb --owner his_app his
load -d his -c 'SET ROLE his_app' -f $here/hospital.schema.sql -f $here/rows.sql -f $here/hospital.indexes.sql
chinook_for_postgresql his_app
make_orthanc
mariadb -e "CREATE USER pharmacist@localhost IDENTIFIED BY 'made for the lab';
  GRANT ALL ON pharmacy.* TO pharmacist@localhost"
fill_mariadb pharmacy
stop_all 15
make_agenda
mkdir -p /srv/his
mv $here/documents $here/dicom /srv/his/
give_to_web_server /srv/his
cat >/usr/local/sbin/analyzer-export <<'END'
#!/bin/sh
# What a vendor's program may look like: settings to standard output, and a last line that says it is whole.
for channel in 1 2 3 4 5 6 7 8; do
    printf 'channel %s: gain %s, offset %s, reagent lot R2026-%s\n' "$channel" "1.0$channel" "-0.$channel" "11$channel"
    printf 'calibration of channel %s: %s\n' "$channel" "0.12 0.25 0.51 1.02 2.04 4.08 8.16 16.32 32.64 65.28 130.56"
done
echo '-- end of export'
END
chmod 755 /usr/local/sbin/analyzer-export
