//! Runs the conformance programs through the Rust binding. The last line is "N passed, M failed".

#![forbid(unsafe_code)]

mod objects;
mod program;

use program::{compiler_refuses, Problem, Program};
use std::collections::BTreeMap;
use std::process::ExitCode;

fn main() -> ExitCode {
    let path = std::env::args()
        .nth(1)
        .unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/conformance/programs.txt").to_string());
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let (mut passed, mut failed) = (0, 0);
    let mut left_out = BTreeMap::<&str, u32>::new();
    for (name, max_bytes, steps) in programs(&text) {
        match run(max_bytes, &steps, &mut left_out) {
            Ok(()) => passed += 1,
            Err(problem) => {
                println!("{path}: {name}: {problem}");
                failed += 1;
            }
        }
    }
    for (reason, count) in left_out {
        println!("{count} steps are left out: {reason}");
    }
    println!("{passed} passed, {failed} failed");
    ExitCode::from(u8::from(failed > 0 || passed == 0))
}

type Step<'a> = (usize, Vec<&'a str>);

/// Each program's name, limit and numbered steps.
fn programs(text: &str) -> Vec<(&str, u64, Vec<Step<'_>>)> {
    let mut programs = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let code = line.split('#').next().unwrap_or_default();
        match *code.split_whitespace().collect::<Vec<_>>() {
            [] => {}
            ["program", name] => programs.push((name, 0, Vec::new())),
            ["program", name, limit] => {
                let limit = limit.strip_prefix("max_bytes=").and_then(|bytes| bytes.parse().ok());
                programs.push((name, limit.unwrap_or_else(|| panic!("line {}: what is this?", index + 1)), Vec::new()));
            }
            ref words => programs.last_mut().expect("a step belongs to a program").2.push((index + 1, words.to_vec())),
        }
    }
    programs
}

fn run<'a>(max_bytes: u64, steps: &[Step<'a>], left_out: &mut BTreeMap<&'a str, u32>) -> Result<(), String> {
    let explain = |problem| match problem {
        Problem::Refused(error) => error.to_string(),
        Problem::Wrong(what) => what,
    };
    let mut program = Program::new(max_bytes).map_err(|error| error.to_string())?;
    for (line, words) in steps {
        match compiler_refuses(words) {
            Some(reason) => *left_out.entry(reason).or_default() += 1,
            None => program
                .step(words)
                .map_err(|problem| format!("line {line}: {}: {}", words.join(" "), explain(problem)))?,
        }
    }
    program.end().map_err(|problem| format!("at its end: {}", explain(problem)))
}
