# The tests of the Lua binding; build.sh sources this. What is tested is the module in dist/share/refruntime/lua.
need luajit command -v luajit

tests=$root/bindings/lua/tests passed=0 failed=0
export LUA_PATH="$dist/share/refruntime/lua/?.lua;$tests/?.lua"

# suite NAME ARGUMENT...: a program whose last line is "N passed, M failed".
suite() {
    local name=$1 output=$place/$1.txt count
    shift
    say "Lua: $name"
    luajit "$@" >"$output" 2>&1 || true
    count=$(sed -n '$s/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$output")
    [[ -n $count && $count == *" 0" ]] || cat "$output"
    [[ -n $count ]] || echo "FAILED: $name ended early"
    # shellcheck disable=SC2086 # two numbers
    set -- ${count:-0 1}
    passed=$((passed + $1)) failed=$((failed + $2))
}

readme_program() {
    say "Lua: the program in README.md"
    sed -n '/^```lua$/,/^```$/p' "$root/bindings/lua/README.md" | grep -v '^```' >"$place/readme.lua"
    if luajit "$place/readme.lua" 2>&1 | sort | diff - <(printf '%s\n' 'collected: 3' 'goodbye, 36' 'goodbye, 41' 'references to Bob: 3'); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
}

suite tests "$tests/tests.lua" "$place"
suite tests-compiled-eagerly -Ohotloop=2 -Ohotexit=2 "$tests/tests.lua" "$place"
suite conformance "$tests/conformance.lua" "$root/tests/conformance/programs.txt"
readme_program
echo "$passed passed, $failed failed"
