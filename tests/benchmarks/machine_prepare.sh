# Lets a unit work with a repository, states and a ledger of its own. Run as root, the new repository's password on stdin, with:
# root, the place; repository, its name below his1's; unit; name, of the repository in the policy; owner, the unit's account.
set -eu
umask 077
credentials=$root/etc/seawall/credentials
install -d -m 0700 $root $credentials $root/var/lib/seawall/ledger $root/var/cache/seawall $root/run/seawall
cp /etc/seawall/policy.json $root/etc/seawall/
cp /etc/seawall/credentials/ca.pem $credentials/
sed "s|/his1/|/his1/$repository/|" /etc/seawall/credentials/$name.url >$credentials/$name.url
cat >$credentials/$name.password
ssh-keygen -q -t ed25519 -N "" -f $credentials/ledger.key
if [ $name = primary ]; then
    restic --repository-file $credentials/$name.url --password-file $credentials/$name.password \
        --cacert $credentials/ca.pem --no-cache -q init
fi
chown -R $owner: $root
install -d /run/systemd/system/$unit.d
# Without credentials from systemd they are those below the root.
printf '[Service]\nLoadCredential=\nEnvironment=SEAWALL_ROOT=%s\nReadWritePaths=%s\n' $root $root >/run/systemd/system/$unit.d/benchmark.conf
systemctl daemon-reload
