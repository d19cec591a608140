#!/bin/sh
# check_package.sh PREFIX: the package works where it is copied to: pkg-config answers with the new place, a program
# compiles and links with what it says, and runs.
set -eu
prefix=$1
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cp -a "$prefix" "$place/moved"
export PKG_CONFIG_PATH="$place/moved/lib/pkgconfig"

cat >"$place/program.c" <<'PROGRAM'
#include <refruntime.h>
#include <string.h>
int main(void) { return rr_abi_version() != RR_ABI_VERSION || strcmp(rr_version(), RR_VERSION) != 0; }
PROGRAM

for flag in --cflags --libs; do
    case $(pkg-config $flag refruntime) in
        *"$place/moved"*) ;;
        *) echo "pkg-config $flag does not follow the move: $(pkg-config $flag refruntime)"; exit 1 ;;
    esac
done

# shellcheck disable=SC2046 # a list of arguments
cc "$place/program.c" -o "$place/program" $(pkg-config --cflags --libs refruntime)
LD_LIBRARY_PATH="$place/moved/lib" "$place/program" || { echo "the program of the moved package failed"; exit 1; }
[ "$(pkg-config --modversion refruntime)" = "$(sed -n 's/^#define RR_VERSION  *"\([^"]*\)".*/\1/p' "$place/moved/include/refruntime.h")" ] ||
    { echo "refruntime.pc has another version than refruntime.h"; exit 1; }
