// SPDX-License-Identifier: GPL-2.0

//! Measures how long the analysis takes for programs in files of the form in `corpus/`.

use rust_seccomp_host::logic::bpf::analyse::analyse;
use rust_seccomp_host::logic::bpf::meter::Meter;
use rust_seccomp_host::logic::bpf::outcomes::Outcome;
use rust_seccomp_host::logic::bpf::residual::specialise;
use rust_seccomp_host::shared::programs::{from_text, X86_64};
use std::hint::black_box;
use std::time::Instant;

const RUNS: u32 = 200;

fn main() {
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path).expect("file");
        let prog = from_text(&text).expect("program");
        let analyse =
            || analyse(black_box(&prog), X86_64, &mut Meter::unlimited()).expect("memory");
        let start = Instant::now();
        for _ in 0..RUNS {
            black_box(analyse());
        }
        let analysis = start.elapsed() / RUNS;
        let outcomes = analyse();
        let varies = (0..512)
            .filter(|nr| outcomes.get(*nr) == Outcome::Varies)
            .collect::<Vec<u32>>();
        let start = Instant::now();
        for nr in &varies {
            black_box(specialise(black_box(&prog), X86_64, *nr).expect("memory"));
        }
        let each = start.elapsed() / varies.len().max(1) as u32;
        println!(
            "{path}: {} instructions, analysis {analysis:?}, {:.1} ns each; {} vary, {each:?} each",
            prog.len(),
            analysis.as_nanos() as f64 / prog.len() as f64,
            varies.len()
        );
    }
}
