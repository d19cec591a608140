#!/bin/sh
# run_program.sh LIBDIR SOURCE COMPILER STANDARD [FLAG]: compiles the program without a warning and runs it.
set -eu
libdir=$1 source=$2 compiler=$3 standard=$4 flag=${5:-}

command -v "$compiler" >/dev/null || { echo "$compiler is not installed"; exit 1; }
case $standard in
    c++*) language=c++ ;;
    *) language=c ;;
esac
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
# shellcheck disable=SC2086 # no flag is no argument
"$compiler" -x "$language" -std="$standard" -O2 -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wconversion -Werror $flag \
    -I "$libdir/../include" "$source" -o "$place/program" -L "$libdir" -lrefruntime -Wl,-rpath,"$libdir"
"$place/program"
