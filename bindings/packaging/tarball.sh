#!/bin/sh
# tarball.sh DIST VERSION DIRECTORY: the prefix DIST as a tarball in DIRECTORY, to be unpacked anywhere.
set -eu
name=refruntime-$2

tar -C "$1" --create --format=gnu --sort=name --mtime="@$SOURCE_DATE_EPOCH" --mode=u=rwX,go=rX --owner=0 --group=0 --numeric-owner \
    --transform="flags=r;s,^\.,$name," . | gzip -9n >"$3/$name-linux-x86_64.tar.gz"
