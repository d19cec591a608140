# shellcheck shell=bash disable=SC2154 # sourced by build.sh, with its functions and variables
# Packs the package, lays it where npm would, and runs the tests, the type checks and the program of README.md from there.
need nodejs command -v node
need npm command -v npm
app=$place/app
packages=$place/package
rm -rf "$packages"
. bindings/node/package.sh || exit 1

mkdir -p "$app"
cp bindings/node/tests/* bindings/node/tests/.npmrc tests/conformance/programs.txt include/refruntime.h native-tests/abi/layout_asserts.c "$app/"
if ! cmp -s "$app/package-lock.json" "$app/node_modules/fetched"; then
    run npm-node "npm can't fetch what bindings/node/tests/package-lock.json names" npm ci --prefix "$app" || exit 1
    cp "$app/package-lock.json" "$app/node_modules/fetched"
fi
rm -rf "$app/node_modules/refruntime"
mkdir "$app/node_modules/refruntime"
tar -xzf "$packages"/refruntime-*.tgz --strip-components=1 -C "$app/node_modules/refruntime"

passed=0 failed=0
# try NAME COMMAND...: one more test.
try() {
    echo "-- $1"
    if "${@:2}"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}
# block LANGUAGE: the text between the fences of that language.
block() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/{//!p}" bindings/node/README.md; }
readme() {
    block js >"$app/readme.js"
    [[ -s $app/readme.js ]] &&
        node "$app/readme.js" >"$app/readme.txt" && diff <(block text) "$app/readme.txt"
}

unset REFRUNTIME_LIBRARY
(cd "$app" && node --test --test-reporter=tap ./*.test.js) >"$app/tap" || true
cat "$app/tap"
# What is cancelled, and all behind it in its file, is not among those that fail.
passed=$(sed -n 's/^# pass //p' "$app/tap") failed=$(awk '/^# (fail|cancelled) / { failed += $3; lines++ } END { if (lines == 2) print failed }' "$app/tap")
[[ -n $passed && -n $failed ]] || { passed=0 failed=1; }
try "what types.ts does type-checks" "$app/node_modules/.bin/tsc" -p "$app"
try "the program of README.md prints what stands there" readme
echo "$passed passed, $failed failed"
