#!/bin/sh
# check.sh COMMAND...: the command, the article's walkthrough in some language, ends well and prints expected.txt, with an address where that
# says ADDRESS.
set -eu
told=$(mktemp)
trap 'rm -f "$told"' EXIT
"$@" >"$told"
sed -E 's/^(Memory address of x: )[1-9][0-9]*$/\1ADDRESS/' "$told" | diff "$(dirname "$0")/expected.txt" -
