//! Rebuilds the tests when an attack is added: their list is read when they are compiled.
#![allow(clippy::print_stdout, reason = "cargo listens on standard output")]

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../../testdata/attacks");
}
