#!/bin/sh
# walkthrough.sh PLACE PYTHON...: in this Python, refruntime is the package below PLACE, and the article's walkthrough prints what it must:
# the transcript of all languages, as the right one of two columns, its counts one higher as sys.getrefcount() has them, and a table.
set -eu
place=$1
shift
root=$(cd "$(dirname "$0")/../../.." && pwd)
away=$(mktemp -d)
trap 'rm -rf "$away"' EXIT
# Away from the checkout, which it would import from.
cp "$root/bindings/python/examples/walkthrough.py" "$away/"
cd "$away"
unset REFRUNTIME_LIBRARY

"$@" -c 'import refruntime, sys
for module in refruntime.__file__, refruntime._raw.library._name:
    assert module.startswith(sys.argv[1]), f"{module} is not in {sys.argv[1]}"' "$place"
"$@" walkthrough.py pictures >told
awk -F ' [|] ' '
    $2 ~ /^(Reference|Initial ref|Ref) count/ { count = $2; sub(/.*: /, "", count); sub(/[0-9]+$/, count - 1, $2) }
    NF == 2 && $2 !~ /^RefRuntime / { print $2 }
    { number = $0; gsub(/[^0-9]/, "", number) }
    /^   live now .* objects$/ { print "Live objects: " number }
    /^   allocated so far .* objects$/ { print "Objects allocated: " number }
    /^   freed so far .* objects$/ { print "Objects freed: " number }
    /^   of these by collections .* objects$/ { print "Objects collected: " number }
    /^   collections .* runs$/ { print "Collections: " number }' told >right
"$root/tests/walkthrough/check.sh" cat right || { cat told && echo "the walkthrough does not say what it should" >&2 && exit 1; }
