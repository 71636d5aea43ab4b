//! `cargo xtask`: see `cargo xtask --help`.

fn main() {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let read = |path: &String| xtask::diff::Document::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (old, new) = (read(&files[0]), read(&files[1]));
    let start = std::time::Instant::now();
    let findings = xtask::diff::compare(&old, &new).unwrap();
    let took = start.elapsed();
    for finding in &findings { println!("{} {} {} {:?} | {} | {} {}", finding.level, finding.id, finding.location, finding.operations, finding.message, finding.old, finding.new); }
    println!("{} {:?}", findings.len(), took);
}
