// SPDX-License-Identifier: MIT OR Apache-2.0

//! The manual page, and the completions of shells.

use std::{
    fs,
    io::ErrorKind,
    path::Path,
    process::{
        Command,
        Output, //
    },
};

use crate::Directory;

const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

impl Directory {
    /// What the command prints, which is all that it does.
    #[track_caller]
    fn printed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Writes what the command prints to a file.
    fn save(&self, name: &str, arguments: &[&str]) {
        fs::write(self.0.join(name), self.printed(arguments)).unwrap();
    }

    /// The subcommands that the help names, each with its help.
    fn commands(&self) -> Vec<(String, String)> {
        let help = self.printed(&["--help"]);
        let (_, list) = help.split_once("Commands:\n").unwrap();
        list.lines()
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.split_whitespace().next())
            .filter(|name| *name != "help")
            .map(|name| (name.to_string(), self.printed(&[name, "--help"])))
            .collect()
    }
}

/// The long options in a help, `--help` aside.
fn options(help: &str) -> Vec<&str> {
    let words = help.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let is_option = |word: &&str| {
        let name = word.strip_prefix("--");
        name.is_some_and(|name| !name.is_empty() && name != "help") //
    };
    words.filter(is_option).collect()
}

/// Runs a program on a file. `None` if the program is not there, which is told.
fn with(program: &str, arguments: &[&str], directory: &Path) -> Option<Output> {
    match Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .output()
    {
        Ok(output) => Some(output),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("{program} is not there: not tried");
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

#[test]
fn the_page_has_all() {
    let here = Directory::new("the-page", &[]);
    let page = here.printed(&["man"]).replace("\\-", "-");
    let commands = here.commands();
    assert!(commands.len() >= 7, "{commands:?}");
    for (name, help) in &commands {
        let heading = format!(".SS {name}\n");
        let (_, part) = page
            .split_once(&heading)
            .unwrap_or_else(|| panic!("no {name}"));
        let part = part.split(".SS ").next().unwrap();
        assert!(
            part.starts_with(&format!("\\fBsecpol {name}\\fR")),
            "{part}"
        );
        let options = options(help);
        assert!(!options.is_empty(), "{help}");
        // In the synopsis, and with what it does.
        let entries: Vec<&str> = part.split(".TP\n").skip(1).collect();
        for option in options {
            let heading = format!("\\fB{option}\\fR");
            let is_it = |entry: &&str| entry.lines().next().unwrap().contains(&heading);
            let entry = entries.iter().copied().find(is_it);
            let entry = entry.unwrap_or_else(|| panic!("{name}: no {option}"));
            assert!(entry.lines().count() > 1, "{entry}");
        }
    }
    let headings: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix(".SH "))
        .collect();
    let expected = "NAME, SYNOPSIS, DESCRIPTION, OPTIONS, COMMANDS, POLICIES, EXIT STATUS, \
                    ENVIRONMENT, FILES, EXAMPLES, SEE ALSO";
    assert_eq!(headings.join(", "), expected);
}

#[test]
fn the_page_is_right() {
    let here = Directory::new("right-page", &[]);
    here.save("secpol.1", &["man"]);
    let checks: [(&str, &[&str]); 3] = [
        (
            "groff",
            &["-ww", "-z", "-Kutf8", "-Tutf8", "-man", "secpol.1"],
        ),
        ("man", &["--warnings=w", "-l", "-Tutf8", "secpol.1"]),
        ("mandoc", &["-T", "lint", "-W", "error", "secpol.1"]),
    ];
    for (program, arguments) in checks {
        if let Some(output) = with(program, arguments, &here.0) {
            assert!(output.status.success(), "{program}: {output:?}");
            assert!(output.stderr.is_empty(), "{program}: {output:?}");
        }
    }
}

#[test]
fn shells_read_the_scripts() {
    let here = Directory::new("scripts", &[]);
    for shell in SHELLS {
        let script = here.printed(&["completions", shell]);
        for (command, help) in here.commands() {
            assert!(script.contains(&command), "{shell}: {command}");
            for option in options(&help) {
                // fish writes an option without its dashes.
                let name = option.trim_start_matches('-');
                assert!(script.contains(name), "{shell}: {command} {option}");
            }
        }
        fs::write(here.0.join(shell), script).unwrap();
        if let Some(output) = with(shell, &["-n", shell], &here.0) {
            assert!(output.status.success(), "{shell}: {output:?}");
            assert!(output.stderr.is_empty(), "{shell}: {output:?}");
        }
    }
}

/// What bash offers behind these words, the last of which is not finished.
fn offered(here: &Directory, words: &str) -> Option<Vec<String>> {
    let script = format!(
        "source ./bash && read -ra COMP_WORDS <<<'{words}' \
         && COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)) \
         && name=$(complete -p secpol) && name=${{name##*-F }} && ${{name%% *}} secpol \
         \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\" \
         && printf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    let output = with("bash", &["--norc", "-c", &script], &here.0)?;
    assert!(output.stderr.is_empty(), "{words}: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(str::to_string).collect())
}

#[test]
fn bash_completes() {
    let here = Directory::new("completes", &[("small.pol", "read: allow\n")]);
    here.save("bash", &["completions", "bash"]);
    for (words, expected) in [
        ("secpol ch", &["check"][..]),
        ("secpol comp", &["compile", "completions"]),
        ("secpol check --sh", &["--short"]),
        ("secpol compile --format l", &["listing"]),
        ("secpol compile -o sm", &["small.pol"]),
    ] {
        if let Some(offered) = offered(&here, words) {
            assert_eq!(offered, expected, "{words}");
        }
    }
}
