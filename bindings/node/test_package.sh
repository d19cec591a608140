# shellcheck shell=bash disable=SC2154 # sourced by build.sh, with its functions and variables
# The npm package, installed into an empty project away from the checkout, brings what it needs: its walkthrough runs there. Of koffi the
# project takes the version that the tests use, and npm the copy that it has.
need nodejs command -v node
need npm command -v npm
project=$(mktemp -d) || exit 1
trap 'rm -rf "$project"' EXIT
koffi=$(node -p 'require("./bindings/node/tests/package.json").dependencies.koffi') || exit 1
echo "{ \"private\": true, \"overrides\": { \"koffi\": \"$koffi\" } }" >"$project/package.json"
unset REFRUNTIME_LIBRARY
(
    cd "$project" &&
        npm install --prefer-offline --ignore-scripts --no-audit --no-fund --no-package-lock "$packages"/refruntime-*.tgz &&
        cp node_modules/refruntime/examples/walkthrough.js . &&
        "$root/tests/walkthrough/check.sh" node walkthrough.js
) || exit 1
