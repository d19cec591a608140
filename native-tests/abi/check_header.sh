#!/bin/sh
# check_header.sh COMPILER STANDARD INCLUDE_DIRECTORY HEADER: the header compiles alone, first, twice, and without a warning.
set -eu
compiler=$1 standard=$2 include=$3 header=$4

case $standard in
    c++*) language=c++ strict= ;;
    *) language=c strict='-Wstrict-prototypes -Wmissing-prototypes' ;;
esac

# shellcheck disable=SC2086 # $strict is a list
printf '#include <%s>\n#include <%s>\nint main(void) { return (int)RR_ABI_VERSION - 1; }\n' "$header" "$header" |
    "$compiler" -x "$language" -std="$standard" -Wall -Wextra -Wpedantic -Wshadow -Wundef $strict -Werror \
        -I "$include" -O2 -c -o /dev/null -
