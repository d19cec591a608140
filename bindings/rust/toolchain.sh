# What test.sh and package.sh have in common: a Rust that is new enough, and where cargo finds and puts things.
rust_new_enough() {
    local version
    version=$(cargo --version | cut -d ' ' -f 2) && [[ $(printf '%s\n' 1.84.0 "$version" | sort -V | head -n 1) == 1.84.0 ]]
}

# Debian 12 has a Rust of its day, and a current one for its web browsers.
need "$(if grep -qs '^12' /etc/debian_version; then echo cargo-web rustc-web; else echo cargo rustc; fi)" rust_new_enough

cd "$root/bindings/rust"
export CARGO_TERM_COLOR=never CARGO_NET_OFFLINE=true CARGO_BUILD_JOBS=2 REFRUNTIME_LIB_DIR=$dist/lib
