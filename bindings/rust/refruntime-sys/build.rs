//! Finds librefruntime and has dependents linked with it.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

const NAMES: [&str; 2] = ["librefruntime.so", "librefruntime.so.1"];

fn main() {
    println!("cargo:rerun-if-env-changed=REFRUNTIME_LIB_DIR");
    println!("cargo:rerun-if-env-changed=PKG_CONFIG_PATH");
    println!("cargo:rerun-if-env-changed=DOCS_RS");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-link-lib=dylib=refruntime");
    if env::var_os("DOCS_RS").is_some() {
        return; // documentation links nothing
    }
    let found = find();
    println!("cargo:rerun-if-changed={}", found.join(NAMES[1]).display());
    println!("cargo:lib_dir={}", found.display());
    println!("cargo:rustc-link-search=native={}", found.display());
    link_for_cargo(&found);
}

fn find() -> PathBuf {
    if let Some(named) = env::var_os("REFRUNTIME_LIB_DIR") {
        let named = PathBuf::from(named);
        assert!(has_library(&named), "REFRUNTIME_LIB_DIR: there is no {} in {}", NAMES[0], named.display());
        return named;
    }
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let checkout = manifest.ancestors().nth(3).map(|root| root.join("dist/lib"));
    [ask_pkg_config(), checkout].into_iter().flatten().find(|place| has_library(place)).unwrap_or_else(|| {
        panic!(
            "librefruntime is neither known to pkg-config nor in dist/lib of a checkout around {}; \
             build it with ./build.sh, or set REFRUNTIME_LIB_DIR to the directory it is in",
            manifest.display()
        )
    })
}

fn has_library(place: &Path) -> bool {
    place.join(NAMES[0]).exists()
}

fn ask_pkg_config() -> Option<PathBuf> {
    let answer = Command::new("pkg-config").args(["--variable=libdir", "refruntime"]).output().ok()?;
    let place = String::from_utf8(answer.stdout).ok()?;
    (answer.status.success() && !place.trim().is_empty()).then(|| PathBuf::from(place.trim()))
}

/// `cargo run` and `cargo test` have the loader look in places below the target directory, and in no others: so the library is
/// linked from there, too.
fn link_for_cargo(found: &Path) {
    let place = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    for name in NAMES {
        let target = found.join(name);
        let Ok(target) = fs::canonicalize(&target) else { continue };
        let link = place.join(name);
        let _ = fs::remove_file(&link);
        symlink(&target, &link).unwrap_or_else(|error| panic!("{} can't be made: {error}", link.display()));
    }
    println!("cargo:rustc-link-search=native={}", place.display());
}
