#!/bin/sh
# run_valgrind.sh VALGRIND SHARE CASE PROGRAM [ARGUMENT]: runs the program under memcheck, as a user would, with the suppressions
# that the package has, and looks for what the case asks for.
set -eu
valgrind=$1 share=$2 case=$3
shift 3
output=$(mktemp)
trap 'rm -f "$output"' EXIT

status=0
"$valgrind" --suppressions="$share/valgrind.supp" --leak-check=full --error-exitcode=99 "$@" >"$output" 2>&1 || status=$?
cat "$output"

fail() {
    echo "FAILED: $1"
    exit 1
}

# says PATTERN: the output has a line that matches.
says() {
    grep -Eq -e "$1" "$output" || fail "no line matches: $1"
}

# Valgrind has read the debug information of the library that the package brings along, instead of stopping at it.
! grep -Eq "unhandled dwarf|debuginfo reader|can't recover" "$output" || fail "Valgrind can't read the library's debug information"

case $case in
    clean)
        [ "$status" = 0 ] || fail "ended with $status"
        says '^clean$'
        says 'ERROR SUMMARY: 0 errors'
        says 'definitely lost: 0 bytes'
        ;;
    *)
        fail "unknown case $case"
        ;;
esac
