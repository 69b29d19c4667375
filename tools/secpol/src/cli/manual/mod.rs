// SPDX-License-Identifier: MIT OR Apache-2.0

//! The manual page: what the definitions of the commands say of themselves, and what they cannot
//! know.

use std::io;

use clap::{
    Command,
    CommandFactory, //
};
use clap_mangen::Man;

use super::{
    streams::print,
    Answer,
    Failure,
    Outcome, //
};

/// Prints the manual page
#[derive(clap::Args)]
pub(super) struct Arguments {}

/// A short account of the language.
const LANGUAGE: &str = include_str!("language.roff");
/// How commands end, examples, and where there is more.
const REST: &str = include_str!("rest.roff");

pub(super) fn main() -> Outcome {
    print(page().map_err(Failure::because)?)?;
    Ok(Answer::Yes)
}

fn page() -> io::Result<String> {
    // That each command has --help is said once.
    let mut secpol = super::Arguments::command()
        .disable_help_subcommand(true)
        .mut_subcommands(|command| command.disable_help_flag(true));
    secpol.build();
    let man = Man::new(secpol.clone());
    // render_title() leaves the date out, and what is behind it moves up.
    let version = env!("CARGO_PKG_VERSION");
    let title = format!(".TH SECPOL 1 \"\" \"secpol {version}\" \"User Commands\"\n");
    let mut page = title.into_bytes();
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    page.extend(b".SH COMMANDS\n");
    for command in secpol
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
    {
        add(command, &mut page)?;
    }
    page.extend(LANGUAGE.bytes());
    page.extend(REST.bytes());
    String::from_utf8(page).map_err(io::Error::other)
}

/// Adds a command, as a part of a section.
fn add(command: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    let man = Man::new(command.clone());
    let (mut synopsis, mut description, mut options) = (Vec::new(), Vec::new(), Vec::new());
    man.render_synopsis_section(&mut synopsis)?;
    man.render_description_section(&mut description)?;
    man.render_options_section(&mut options)?;
    page.extend(format!(".SS {}\n", command.get_name()).bytes());
    page.extend(body(&synopsis));
    page.extend(b".PP\n");
    page.extend(body(&description));
    page.extend(body(&options));
    Ok(())
}

/// What is below the headings.
fn body(section: &[u8]) -> Vec<u8> {
    section
        .split_inclusive(|byte| *byte == b'\n')
        .filter(|line| {
            !line.starts_with(b".SH ") && !line.starts_with(b".ie") && !line.starts_with(b".el")
        })
        .flatten()
        .copied()
        .collect()
}
