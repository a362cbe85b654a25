#!/bin/sh
# Verify an evidence pack of Seawall with sh, tar, sha256sum and ssh-keygen (OpenSSH 8.2 or newer), without Seawall.
#
#   sh verify.sh --trusted KEYS ARCHIVE   look at the archive's names first, then unpack it aside and verify it
#   sh verify.sh --trusted KEYS           verify the folder in which this script lies, unpacked already
#
# KEYS: the list of keys that the site trusts, kept outside the pack, in the form of the pack's file `signers`.
# Exit codes: 0 everything verified; 2 something was tampered with; 3 wrong usage, or not everything was looked at.
set -u
unset CDPATH
LC_ALL=C
export LC_ALL
umask 077

wrong=0
trusted=
archive=

usage() {
    echo "usage: sh verify.sh [--trusted KEYS] [ARCHIVE]" >&2
    exit 3
}

bad() {
    wrong=$((wrong + 1))
    printf 'TAMPERED: %s\n' "$(printf '%s' "$*" | tr -c ' -~' '?')" # names in a pack may move the cursor
}

# Whatever could not be written or compared was not looked at.
lost() {
    echo "not looked at to its end: a tool failed; is there room in ${TMPDIR:-/tmp}?" >&2
    exit 3
}

ended() {
    [ "$wrong" -eq 0 ] || { echo "FAIL: $wrong findings"; exit 2; }
}

while [ $# -gt 0 ]; do
    case $1 in
        --trusted) [ $# -ge 2 ] || usage; trusted=$2; shift ;;
        -*) usage ;;
        *) [ -z "$archive" ] || usage; archive=$1 ;;
    esac
    shift
done
for tool in tar sha256sum ssh-keygen cmp comm cut find grep head mktemp sed sort tr uniq wc; do
    command -v "$tool" > /dev/null || { echo "$tool is needed and is not here" >&2; exit 3; }
done
[ -z "$trusted" ] || [ -r "$trusted" ] || { echo "$trusted can't be read" >&2; exit 3; }
[ -z "$archive" ] || [ -r "$archive" ] || { echo "$archive can't be read" >&2; exit 3; }
scratch=$(mktemp -d) || exit 3
trap 'rm -rf "$scratch"' EXIT
trap 'exit 3' HUP INT TERM
: > "$scratch/trusted"
[ -z "$trusted" ] || cat "$trusted" > "$scratch/trusted" || exit 3

# 1. No name in the archive leads elsewhere, nothing but plain files is in it, and nothing twice.
unpack() {
    tar -tf "$archive" > "$scratch/names" 2> /dev/null || bad "the archive can't be read: it was changed or cut short"
    tar -tvf "$archive" 2> /dev/null | grep -v '^-' > "$scratch/strange"
    [ ! -s "$scratch/strange" ] || bad "the archive holds a link, folder or device; only plain files belong there"
    if grep -v '^seawall-evidence/[A-Za-z0-9_][A-Za-z0-9._/-]*$' "$scratch/names" > "$scratch/strange" \
        || grep -e '/\.' -e '//' -e '/$' "$scratch/names" > "$scratch/strange"; then
        bad "the archive holds a path outside its folder: $(head -n 1 "$scratch/strange")"
    fi
    sort "$scratch/names" | uniq -d > "$scratch/strange"
    [ ! -s "$scratch/strange" ] || bad "added: $(head -n 1 "$scratch/strange") is in the archive twice"
    ended
    mkdir "$scratch/unpacked"
    tar -xf "$archive" -C "$scratch/unpacked" || { echo "the archive can't be unpacked" >&2; exit 3; }
}

if [ -n "$archive" ]; then
    case $archive in /*) ;; *) archive=./$archive ;; esac
    unpack
    cd "$scratch/unpacked/seawall-evidence" || exit 3
else
    cd "$(dirname "$0")" || exit 3
fi

# 2. Only plain files with plain names.
find . ! -type d ! -type f > "$scratch/strange"
[ ! -s "$scratch/strange" ] || bad "a link or device was added: $(head -n 1 "$scratch/strange")"
find . -name '*[!A-Za-z0-9._-]*' > "$scratch/strange"
[ ! -s "$scratch/strange" ] || bad "a file with a strange name was added"
for file in MANIFEST MANIFEST.sig signers; do
    [ -f "$file" ] || bad "removed: $file"
done
ended

# 3. The keys: one plain line each, and each one known to whoever verifies.
key='\(ssh-[a-z0-9-]*\|ecdsa-[a-z0-9-]*\|sk-[a-z0-9@.-]*\) \([A-Za-z0-9+/]*=*\)'
name='\([A-Za-z0-9._-][A-Za-z0-9._-]*\)'
# What a list says in the form of `signers`; a key without a namespace is good for each, one with other options for none.
plain() {
    tr -d '\r' < "$1" | sed -n -e h \
        -e "s!^$name namespaces=\"\(seawall-[a-z]*\)\" $key\( .*\)\{0,1\}\$!\1 \2 \3 \4!p" -e g \
        -e "s!^$name $key\( .*\)\{0,1\}\$!\1 seawall-ledger \2 \3!p" -e g \
        -e "s!^$name $key\( .*\)\{0,1\}\$!\1 seawall-evidence \2 \3!p" | sort -u
}
grep -v "^$name namespaces=\"seawall-[a-z]*\" $key\$" signers > "$scratch/strange" \
    && bad "signers: a line is not one machine's key"
ended
plain signers > "$scratch/keys" || lost
if [ -n "$trusted" ]; then
    plain "$scratch/trusted" > "$scratch/known" || lost
    comm -23 "$scratch/keys" "$scratch/known" > "$scratch/strange" || lost
    while read -r whose use words; do
        bad "key exchanged: the site does not trust this key of $whose: $(echo "$words" | ssh-keygen -lf - 2>&1)"
    done < "$scratch/strange"
fi

# signature FILE SIGNER NAMESPACE
signature() {
    ssh-keygen -Y verify -f signers -I "$2" -n "$3" -s "$1.sig" < "$1" > /dev/null 2>&1 && return
    if ssh-keygen -Y check-novalidate -n "$3" -s "$1.sig" < "$1" > /dev/null 2>&1; then
        bad "$1 is signed with another key, which \`signers\` does not list for $2"
    else
        bad "$1 was edited, or its signature was: they do not match"
    fi
}

# 4. The manifest: its signature, and each file against its digest.
signature MANIFEST evidence-pack seawall-evidence
if grep -v '^[0-9a-f]\{64\}  [A-Za-z0-9_][A-Za-z0-9._/-]*$' MANIFEST > "$scratch/strange" \
    || grep -e '/\.' -e '//' MANIFEST > "$scratch/strange"; then
    bad "MANIFEST was edited: a line in it is no digest and path"
    ended
fi
cut -c 67- MANIFEST | sort > "$scratch/listed" || lost
uniq -d "$scratch/listed" > "$scratch/strange"
[ ! -s "$scratch/strange" ] || bad "MANIFEST was edited: it lists $(head -n 1 "$scratch/strange") twice"
while read -r digest path; do
    if [ ! -f "$path" ]; then
        bad "removed: $path"
    elif [ "$(sha256sum < "$path" | cut -c 1-64)" != "$digest" ]; then
        bad "changed: $path"
    fi
done < MANIFEST
find . -type f | sed 's!^\./!!' | grep -v -x -F -e MANIFEST -e MANIFEST.sig | sort > "$scratch/there" || lost
comm -13 "$scratch/listed" "$scratch/there" > "$scratch/strange" || lost
while read -r path; do
    bad "added: $path"
done < "$scratch/strange"

# 5. The ledgers. `before` is the record before the first one here, `head` the signed one with which they end.
numbered() {
    sed -n 's/^{"version":1,"n":\([1-9][0-9]\{0,8\}\),.*/\1/p' "$folder/records.jsonl" > "$scratch/numbers"
    grep -v '^{"version":1,"n":[1-9][0-9]\{0,8\},' "$folder/records.jsonl" > "$scratch/strange" \
        && bad "$host: a line is no record: it was changed or added"
    sort -n "$scratch/numbers" > "$scratch/sorted"
    cmp -s "$scratch/numbers" "$scratch/sorted" || bad "$host: records were reordered"
    expected=$((before + 1))
    while read -r n; do
        if [ "$n" -lt "$expected" ]; then
            bad "$host: record $n was added: it is there twice, or before the first"
        elif [ "$n" -gt "$last" ]; then
            bad "$host: record $n was added after the signed head"
        else
            [ "$n" -eq "$expected" ] || bad "$host: records $expected to $((n - 1)) were removed"
            expected=$((n + 1))
        fi
    done < "$scratch/sorted"
    [ "$expected" -gt "$last" ] || bad "$host: records $expected to $last were removed"
}

chained() {
    at=$before
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
            *'"previous":"'"$previous"'"}') ;;
            *) bad "$host: record $at was changed, or is not the one before the line that follows it" ;;
        esac
        at=${line#'{"version":1,"n":'}
        at=${at%%,*}
        case $at in '' | *[!0-9]*) at='?' ;; esac
        previous=$(printf '%s\n' "$line" | sha256sum | cut -c 1-64)
    done < "$folder/records.jsonl"
    [ "$at $previous" = "$last $end" ] || bad "$host: the last record was changed: the signed head names another text"
}

ledger() {
    folder=ledgers/$host
    for file in before records.jsonl head head.sig; do
        [ -f "$folder/$file" ] || { bad "removed: $folder/$file"; return; }
    done
    for file in before head; do
        if [ "$(grep -c '' "$folder/$file")" -ne 1 ] || ! grep -q '^[0-9]\{1,9\} [0-9a-f]\{64\}$' "$folder/$file"; then
            bad "changed: $folder/$file"
            return
        fi
    done
    signature "$folder/head" "$host" seawall-ledger
    read -r before previous < "$folder/before"
    read -r last end < "$folder/head"
    [ -s "$folder/records.jsonl" ] || bad "$host: every record was removed"
    numbered
    chained
    echo "$host: records $((before + 1)) to $last" >> "$scratch/spans"
}

# Files that are named by their own digest, and by a record: policy versions and what attestations show.
named() {
    [ -d "$1" ] || return
    find "$1" -type f > "$scratch/named" || lost
    while read -r file; do
        digest=${file##*/}
        digest=${digest%.json}
        if [ "$(sha256sum < "$file" | cut -c 1-64)" != "$digest" ]; then
            bad "changed: $file is not the file that its name, and a record, speak of"
        elif ! cat ledgers/*/records.jsonl | grep -q -F "$2$digest\""; then
            bad "added: $file is named by no record"
        fi
    done < "$scratch/named"
}
named policy/versions '"policy":"'
named attested '"sha256":"'

ledgers=0
for folder in ledgers/*/; do
    [ -d "$folder" ] || continue
    host=${folder#ledgers/}
    host=${host%/}
    ledgers=$((ledgers + 1))
    ledger
done
[ "$ledgers" -gt 0 ] || bad "removed: every ledger"
ended

echo "verified: $(grep -c '' MANIFEST) files and $ledgers ledgers are as they were signed"
cat "$scratch/spans"
if [ -z "$trusted" ]; then
    echo "NOT LOOKED AT: whether these keys are the site's. Compare each with a list kept elsewhere, or use --trusted:"
    while read -r whose use words; do
        echo "  $whose $use $(echo "$words" | ssh-keygen -lf -)"
    done < "$scratch/keys"
    exit 3
fi
echo "PASS: every key is one that the site trusts; README says what the pack does not look at"
