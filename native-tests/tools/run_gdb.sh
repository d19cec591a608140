#!/bin/sh
# run_gdb.sh GDB LIBDIR live|core|checked|stripped|wrong PROGRAM: debugs tools_debugged with the commands that come with the library.
set -eu
gdb=$1 libdir=$2 case=$3 program=$4
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
output=$place/output

fail() {
    echo "FAILED: $1"
    exit 1
}

# says PATTERN: the output has a line that matches as a whole.
says() {
    grep -Eqx -e "$1" "$output" || fail "no line is: $1"
}

# debug ARGUMENT...: GDB as a user has it who allows the library's directory, in a place without settings.
debug() {
    HOME=$place "$gdb" -nx -batch -iex "set debuginfod enabled off" -iex "add-auto-load-safe-path $libdir" \
        -iex "set pagination off" "$@" >>"$output" 2>&1 || true
}

# A debugger needs to be allowed to trace, which some containers forbid.
debug -ex "break stop_here" -ex run -ex "printf \"%s\\n\", \"stopped\"" "$program"
if grep -q "ptrace: Operation not permitted" "$output"; then
    cat "$output"
    echo "SKIPPED: no program may be traced here"
    exit 77
fi
: >"$output"

# What does the same live and in a core file.
cat >"$place/look" <<'COMMANDS'
rr heaps
rr heap
rr info ada
rr info bob
rr info (char *)bob + 4
rr info (char *)bob - 4
rr info freed
rr info huge
rr info huge + 10000000
rr info list
rr info weak
rr info raw
rr info 0
rr info &ada
rr info (char *)heap + 100
rr info 0xffffffffffffffff
rr referrers bob
rr objects person
rr objects 2
print ada
print *ada
print heap
print &ada
COMMANDS

check_look() {
    a=0x[0-9a-f]+ heap=", heap 0x[0-9a-f]+"
    says "$a: 5 objects, [0-9]+ bytes reserved"
    says "  5 objects in blocks of [0-9]+ bytes"
    says "  0 candidates, 0 collections, 1 weak references"
    says " +2 +[0-9]+  person"
    says "$a: person, 2 references$heap"
    says "  32 bytes in a block of [0-9]+"
    says "  \+0 -> $a person, 3 references"
    says "  32 bytes in a block of [0-9]+, weak references: 1"
    says "$a lies 4 bytes inside $a: person, 3 references$heap"
    says "$a lies in the header of $a: person, 3 references$heap"
    says "$a: a free block of [0-9]+ bytes: freed, or not handed out yet$heap"
    says "$a: bytes, 1 reference$heap"
    says "  20971520 bytes in a block of [0-9]+"
    says "$a lies 10000000 bytes inside $a: bytes, 1 reference$heap"
    says "  \[1\] -> $a person, 2 references"
    says "  weakly -> $a person, 3 references"
    says "$a: raw memory of 100 bytes$heap"
    says "0x0: no memory of a heap"
    says "0xffffffffffffffff: no memory of a heap"
    says "$a: the tables of a heap$heap"
    says "$a person, 2 references, at \+0"
    says "$a list, 1 reference, at \[0\]"
    says "references from elsewhere: 1"
    says "and 3 more"
    says "\\\$1 = $a <person, 2 references>"
    says "\\\$2 = \{friend = $a <person, 3 references>, boss = 0x0, age = 36, .*"
    says "\\\$3 = $a <a heap>"
    says "\\\$4 = \(person \*\*\) $a <ada>"
}

case $case in
    live)
        debug -ex "break stop_here" -ex run -x "$place/look" \
            -ex "call rr_debug_print(bob)" -ex "call rr_debug_print(ada)" -ex "call rr_debug_print(freed)" \
            -ex "call rr_debug_print(list)" -ex "call rr_debug_print(weak)" -ex "call rr_debug_print(huge + 10000000)" \
            -ex "call rr_debug_print(raw)" -ex "call rr_debug_print(heap)" -ex "call rr_debug_print(&ada)" \
            -ex "call (int)rr_debug_print(ada) == 0" -ex "call (int)rr_debug_print(freed) == -2" "$program"
        cat "$output"
        check_look
        says "$a object of type person \([0-9]+\), 3 references, block of [0-9]+ bytes$heap"
        says "  32 bytes, weak references: 1"
        says "  \+0 -> $a person \([0-9]+\), 3 references"
        says "$a free block for objects: freed, or not handed out yet, block of [0-9]+ bytes$heap"
        says "  \[1\] -> $a person \([0-9]+\), 2 references"
        says "  weakly -> $a person \([0-9]+\), 3 references"
        says "$a lies 10000000 bytes inside $a, object of type bytes \([0-9]+\), 1 reference, block of [0-9]+ bytes$heap"
        says "$a raw memory of 100 bytes, block of [0-9]+ bytes$heap"
        says "$a is a heap: 5 objects of [0-9]+ bytes, [0-9]+ bytes of raw memory, 0 candidates"
        says "$a is no memory of a heap"
        [ "$(grep -c ' = 1$' "$output")" = 2 ] || fail "rr_debug_print has another status"
        ;;
    core)
        debug -ex "break stop_here" -ex run -ex "generate-core-file $place/core" "$program"
        [ -s "$place/core" ] || fail "no core file"
        debug -x "$place/look" "$program" "$place/core"
        cat "$output"
        check_look
        ;;
    checked)
        debug -ex "set environment REFRUNTIME_CHECK 1" -ex "break stop_here" -ex run -ex "call rr_debug_print(ada)" \
            -ex "call rr_debug_print(freed)" -ex "rr info freed" "$program"
        cat "$output"
        a=0x[0-9a-f]+
        says "  object $a: a \"person\" of 32 bytes in heap $a, references: 2"
        says "  object $a: was a \"person\" of 32 bytes in heap $a"
        says "    freed by"
        says "      #0 main\+.*"
        says "$a: a free block of [0-9]+ bytes: freed, or not handed out yet, heap $a"
        ;;
    stripped)
        # As a distribution would have it, the debug file elsewhere: nothing but the section is left to find one's way.
        mkdir "$place/lib"
        cp "$libdir/librefruntime.so.1" "$place/lib/"
        strip "$place/lib/librefruntime.so.1"
        debug -ex "set environment LD_LIBRARY_PATH $place/lib" -ex "source $(echo "$libdir"/librefruntime.so.*-gdb.py)" \
            -ex "break stop_here" -ex run -ex "info sharedlibrary" -x "$place/look" "$program"
        cat "$output"
        check_look
        ;;
    wrong)
        # In words, and without a traceback of Python's: before there is a library, and for what is nothing.
        script=$(echo "$libdir"/librefruntime.so.*-gdb.py)
        for command in "rr heaps" "rr info 0" "rr objects" "print 1"; do
            debug -ex "source $script" -ex "$command" "$program"
        done
        for command in "rr info" "rr heap 1" "rr heap nothing" "rr referrers freed" "rr referrers"; do
            debug -ex "break stop_here" -ex run -ex "$command" "$program"
        done
        cat "$output"
        says "librefruntime.so is not loaded"
        says "rr info needs an expression"
        says "0x1 is no heap, nor lies in one"
        says 'No symbol "nothing" in current context.'
        says "0x[0-9a-f]+ is no live object but a free block .*"
        says "0x0 is no live object but no memory of a heap"
        ! grep -q "Python Exception\|Traceback" "$output" || fail "an error is not put into words"
        ;;
    *)
        fail "unknown case $case"
        ;;
esac
