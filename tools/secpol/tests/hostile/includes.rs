// SPDX-License-Identifier: MIT OR Apache-2.0

//! Policies of many files.

use std::{
    fs,
    path::{
        Path,
        PathBuf, //
    }, //
};

use secpol::policy::Policy;

use crate::{
    bounded,
    told,
    use_policy, //
};

/// Files of this test alone.
fn directory(test: &str, files: &[(String, String)]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    for (name, text) in files {
        fs::write(path.join(name), text).unwrap();
    }
    path
}

#[track_caller]
fn expect(what: &str, path: &Path, expected: &str) {
    let result = bounded(what, || match Policy::read(path) {
        Ok(policy) => use_policy(&policy),
        Err((files, mistakes)) => Err(told(&mistakes, &files)),
    });
    let told = result.err().unwrap_or_default();
    assert!(
        told.contains(expected) && expected.is_empty() == told.is_empty(),
        "{what}: {told}"
    );
}

fn named(number: usize) -> String {
    format!("{number}.pol")
}

#[test]
fn each_several_times_the_next() {
    let mut files: Vec<(String, String)> = (0..15)
        .map(|n| (named(n), format!("@include {}\n", named(n + 1)).repeat(10)))
        .collect();
    files.push((named(15), "read: allow\n".to_string()));
    let here = directory("several-times", &files);
    expect(
        "each ten times the next",
        &here.join("0.pol"),
        "more than 256 files are included",
    );
    expect("the last but one", &here.join("15.pol"), "");
}

#[test]
fn each_other() {
    let files = [
        (
            "a.pol".to_string(),
            "@include b.pol\n@include b.pol\n".to_string(),
        ),
        (
            "b.pol".to_string(),
            "@include a.pol\n@include b.pol\n".to_string(),
        ),
    ];
    let here = directory("each-other", &files);
    expect("each other", &here.join("a.pol"), "a.pol includes itself");
    let chain: Vec<(String, String)> = (0..20)
        .map(|n| (named(n), format!("@include {}\n", named(n + 1))))
        .collect();
    let here = directory("a-chain", &chain);
    expect(
        "a chain",
        &here.join("0.pol"),
        "more than 16 files include each other",
    );
}

#[test]
fn too_much() {
    let comment = format!("#{}\n", "x".repeat(600_000));
    let files = [
        ("half.pol".to_string(), comment.clone()),
        ("one.pol".to_string(), "@include half.pol\n".to_string()),
        ("two.pol".to_string(), "@include half.pol\n".repeat(2)),
        ("whole.pol".to_string(), comment.repeat(2)),
        (
            "endless.pol".to_string(),
            "@include /dev/zero\n".to_string(),
        ),
    ];
    let here = directory("too-much", &files);
    expect("once", &here.join("one.pol"), "");
    expect(
        "twice",
        &here.join("two.pol"),
        "at most 1048576 bytes, with all",
    );
    expect(
        "at once",
        &here.join("whole.pol"),
        "it has more than 1048576 bytes",
    );
    expect(
        "without end",
        &here.join("endless.pol"),
        "it has more than 1048576 bytes",
    );
    expect(
        "a device",
        Path::new("/dev/zero"),
        "it has more than 1048576 bytes",
    );
}
