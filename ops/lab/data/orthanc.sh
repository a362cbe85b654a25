# Read by his.sh: a server of DICOM images as Debian has it, with its index in PostgreSQL and the images as files.
make_orthanc() {
    as_postgres createuser orthanc
    as_postgres createdb --owner orthanc orthanc
    # By its socket, where the account is the password. By a name of its own, and not by the address of its network card,
    # it is the same server when it is booted elsewhere, and adds no row about another one.
    cat >/etc/orthanc/postgresql.json <<'END'
{
  "PostgreSQL": {"EnableIndex": true, "EnableStorage": false, "ConnectionUri": "postgresql:///orthanc"},
  "DatabaseServerIdentifier": "pacs"
}
END
    install -d /etc/systemd/system/orthanc.service.d
    printf '[Unit]\nAfter=postgresql.service\n' >/etc/systemd/system/orthanc.service.d/after.conf
    python3 $here/send_images.py $here/images
}
