#!/bin/sh
# walkthrough.sh PLACE PYTHON...: in this Python, refruntime is the package below PLACE, and the article's walkthrough prints what it must.
set -eu
place=$1
shift
walkthrough=$(cd "$(dirname "$0")/../../../bindings/python/examples" && pwd)/walkthrough.py
away=$(mktemp -d)
trap 'rm -rf "$away"' EXIT
# Away from the checkout, which it would import from.
cp "$walkthrough" "$away/"
cd "$away"
unset REFRUNTIME_LIBRARY

"$@" -c 'import refruntime, sys
for module in refruntime.__file__, refruntime._raw.library._name:
    assert module.startswith(sys.argv[1]), f"{module} is not in {sys.argv[1]}"' "$place"
"$@" walkthrough.py pictures >told
for line in 'Initial ref count: 2' 'Ref count after b = a: 3' 'Garbage collector after deleting node: 1' 'Garbage collector run after clearing: 0'; do
    [ "$(grep -c -F "| $line" told)" = 1 ] || { cat told && echo "the walkthrough does not say: $line" >&2 && exit 1; }
done
