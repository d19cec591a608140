# The tests of the C++ binding; build.sh sources this. What is tested are the headers in dist/include.
#
# The oldest standard with inline calls, a newer one checked, and another compiler with sanitizers, which make all heaps checked ones.
need g++ command -v g++
need clang command -v clang++
need libclang-rt-dev eval 'test -e "$(clang -print-resource-dir)/lib/linux/libclang_rt.asan-x86_64.a"'
need binutils command -v objdump

tests=$root/bindings/cpp/tests passed=0 failed=0
warnings="-Wall -Wextra -Wpedantic -Wshadow -Werror"
includes="-I$dist/include -I$tests"
libraries="-L$dist/lib -Wl,-rpath,$dist/lib -lrefruntime -pthread"
export PLACE=$place PROGRAMS=$root/tests/conformance/programs.txt
export LSAN_OPTIONS=suppressions=$root/bindings/tools/lsan.supp:print_suppressions=0

# result NAME 0|1
result() {
    if [[ $2 == 0 ]]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "FAILED: $1"
    fi
}

# add NAME OUTPUT: takes over the line "N passed, M failed" of a program; one that has none is one failed test.
add() {
    local count
    count=$(sed -n '$s/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$2")
    [[ -n $count ]] || echo "FAILED: $1 ended early"
    grep -E '^(FAILED|    |left out|.*runtime error|.*ERROR: )' "$2" || true
    # shellcheck disable=SC2086 # two numbers
    set -- ${count:-0 1}
    passed=$((passed + $1)) failed=$((failed + $2))
}

# suite NAME COMPILER OPTION...: all tests, and the conformance programs.
suite() {
    local name=$1 compiler=$2 build=$place/$1 source
    shift 2
    say "C++: $name"
    mkdir -p "$build"
    for source in "$tests"/*.cpp; do basename "$source" .cpp; done | grep -v '^cost$' |
        xargs -P 2 -I {} "$compiler" "$@" $warnings $includes -c "$tests/{}.cpp" -o "$build/{}.o" || { result "$name compiles" 1; return; }
    "$compiler" "$@" "$build/conformance.o" $libraries -o "$build/conformance" &&
        "$compiler" "$@" "$build"/{main,test_*}.o $libraries -o "$build/tests" || { result "$name links" 1; return; }
    run_suite "$name" "$build"
}

# run_suite NAME BUILD
run_suite() {
    "$2/tests" >"$2/tests.txt" 2>&1 || true
    add "$1" "$2/tests.txt"
    "$2/conformance" >"$2/conformance.txt" 2>&1 || true
    add "$1: conformance" "$2/conformance.txt"
}

# A wrong program must not compile, and the compiler must say what its first line says.
wrong_programs() {
    local source sentence compiler output=$place/wrong.txt compiled=$place/compiled
    say "C++: what compilers say of wrong programs"
    mkdir -p "$compiled"
    g++ -std=c++17 $includes -x c++-header "$dist/include/refruntime.hpp" -o "$compiled/refruntime.hpp.gch" &&
        clang++ -std=c++17 $includes -x c++-header "$dist/include/refruntime.hpp" -o "$compiled/refruntime.hpp.pch" || result "headers compile alone" 1
    for source in "$tests"/wrong/*.cpp; do
        sentence=$(sed -n '1s,^// ,,p' "$source")
        for compiler in "g++ -I$compiled" "clang++ -include-pch $compiled/refruntime.hpp.pch"; do
            if $compiler -std=c++17 -fsyntax-only $includes "$source" >"$output" 2>&1; then
                result "${compiler%% *} accepts $(basename "$source")" 1
            else
                grep -qF -- "$sentence" "$output"
                result "${compiler%% *} says of $(basename "$source"): $sentence" $?
            fi
        done
    done
}

readme_program() {
    local program=$place/readme
    say "C++: the program in README.md"
    sed -n '/^```cpp$/,/^```$/p' "$root/bindings/cpp/README.md" | grep -v '^```' >"$program.cpp"
    # shellcheck disable=SC2046 # a list of arguments
    PKG_CONFIG_PATH=$dist/lib/pkgconfig g++ -std=c++17 $warnings "$program.cpp" $(pkg-config --cflags --libs refruntime) -o "$program" &&
        LD_LIBRARY_PATH=$dist/lib "$program" | sort >"$program.txt" &&
        diff "$program.txt" - <<<$'collected: 2\ngoodbye, Ada\ngoodbye, Bob\nreferences to Ada: 2'
    result "the program in README.md" $?
}

# As cheap as the inline calls of C: counted in instructions, which no load of the machine changes.
cost() {
    local act c cpp
    say "C++: cost beside C, in instructions"
    g++ -std=c++17 -O2 $warnings $includes "$tests/cost.cpp" $libraries -o "$place/cost" || { result "cost compiles" 1; return; }
    for act in copy drop store; do
        c=$(instructions "${act}_c") cpp=$(instructions "${act}_cpp")
        echo "$act: $c in C, $cpp in C++"
        [[ $c -gt 0 && $cpp -gt 5 && $cpp -le $((c + 5)) ]]
        result "$act is as cheap as in C" $?
    done
}
instructions() { objdump -d --no-show-raw-insn "$place/cost" --disassemble="$1" | grep -c '^ '; }

set +e
need pkg-config command -v pkg-config
suite g++17 g++ -std=c++17 -O2
suite g++20-checked g++ -std=c++20 -O0 -DRR_CHECK_INLINE
suite clang20-sanitized clang++ -std=c++20 -O0 -g1 -DMILLION=20000 -fsanitize=address,undefined -fno-sanitize-recover=all
REFRUNTIME_CHECK=0 run_suite "clang20-sanitized, heaps unchecked" "$place/clang20-sanitized"
wrong_programs
readme_program
cost
echo "$passed passed, $failed failed"
