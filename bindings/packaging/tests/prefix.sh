#!/bin/sh
# prefix.sh PREFIX: what is installed there serves C and C++, by pkg-config and by CMake, and Lua, and has its manual. The programs are those
# of the READMEs, and the walkthroughs that are installed as examples.
set -eu
prefix=$(cd "$1" && pwd -P)
root=$(cd "$(dirname "$0")/../../.." && pwd)
examples=$prefix/share/doc/refruntime/examples
hello=$examples/hello.c
walks=$root/tests/walkthrough/check.sh
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

fail() {
    echo "prefix.sh: $*" >&2
    exit 1
}

says_hello() {
    [ "$("$@")" = "references to Bob: 2
goodbye, Ada
goodbye, Bob
collected: 2" ] || fail "$* does not say what it should"
}

version=$(sed -n 's/^#define RR_VERSION  *"\([^"]*\)".*/\1/p' "$prefix/include/refruntime.h")
[ "$(readlink "$prefix/lib/librefruntime.so")" = librefruntime.so.1 ] || fail "librefruntime.so is no link to librefruntime.so.1"
[ "$(readlink "$prefix/lib/librefruntime.so.1")" = "librefruntime.so.$version" ] || fail "librefruntime.so.1 is no link to librefruntime.so.$version"

export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
[ "$(pkg-config --modversion refruntime)" = "$version" ] || fail "refruntime.pc has another version than refruntime.h"
# shellcheck disable=SC2046 # a list of arguments
cc "$hello" $(pkg-config --cflags --libs refruntime) -o "$place/hello"
says_hello env LD_LIBRARY_PATH="$prefix/lib" "$place/hello"

# As a project of a user has it, with the versions that it may and may not ask for.
cat >"$place/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.18)
project(hello C)
foreach(wrong 0.9 2 $version.1)
  find_package(RefRuntime \${wrong} QUIET CONFIG)
  if(RefRuntime_FOUND)
    message(FATAL_ERROR "version \${wrong} is found")
  endif()
endforeach()
find_package(RefRuntime $version EXACT REQUIRED CONFIG)
find_package(RefRuntime 1.0 REQUIRED CONFIG)
add_executable(hello "$hello")
target_link_libraries(hello PRIVATE RefRuntime::RefRuntime)
add_executable(walkthrough_c "$examples/walkthrough.c")
target_link_libraries(walkthrough_c PRIVATE RefRuntime::RefRuntime)
enable_language(CXX)
set(CMAKE_CXX_STANDARD 17)
add_executable(hello_cpp hello.cpp)
target_link_libraries(hello_cpp PRIVATE RefRuntime::RefRuntime)
add_executable(walkthrough_cpp "$examples/walkthrough.cpp")
target_compile_options(walkthrough_cpp PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
target_link_libraries(walkthrough_cpp PRIVATE RefRuntime::RefRuntime)
CMAKE
# shellcheck disable=SC2016 # nothing is to be expanded
sed -n '/^```cpp$/,/^```$/{//!p}' "$root/bindings/cpp/README.md" >"$place/hello.cpp"
{ cmake -S "$place" -B "$place/build" -DCMAKE_PREFIX_PATH="$prefix" && cmake --build "$place/build"; } >"$place/log" ||
    { cat "$place/log" && fail "a CMake project does not build"; }
says_hello "$place/build/hello"
"$place/build/hello_cpp" | grep -qx 'collected: 2' || fail "the C++ program does not collect"
"$walks" "$place/build/walkthrough_c" || fail "the walkthrough in C does not say what it should"
"$walks" "$place/build/walkthrough_cpp" || fail "the walkthrough in C++ does not say what it should"

# Lua finds the library beside the module.
export LUA_PATH="$prefix/share/refruntime/lua/?.lua"
luajit -e 'require("refruntime") io.write(io.open("/proc/self/maps"):read("*a"))' | grep -q -F " $prefix/lib/librefruntime.so.1" ||
    fail "Lua has loaded another library"
"$walks" luajit "$examples/walkthrough.lua" || fail "the walkthrough in Lua does not say what it should"

manual=$(find "$prefix/share/man/man3" -name 'refruntime.3*')
LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -l "$manual" >"$place/manual" 2>"$place/warnings"
[ ! -s "$place/warnings" ] || { cat "$place/warnings" && fail "the manual has warnings"; }
grep -q 'rr_heap_new(const rr_heap_options \*options)' "$place/manual" || fail "the manual does not know rr_heap_new"

if grep -rIl --exclude-dir=.debug -F "$prefix" "$prefix"; then fail "these files name the place where they lie"; fi
