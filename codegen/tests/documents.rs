//! Scratch.
use sendmux_client_codegen::{Surface, generate};
#[test]
fn dump() {
    for s in Surface::ALL {
        let t = std::fs::read_to_string(format!("../{}", s.document())).unwrap();
        let g = generate(&t, s).unwrap_or_else(|e| panic!("{e}"));
        let f = syn::parse_file(g.source()).unwrap();
        std::fs::write(format!("/tmp/gen-{}.rs", s.module()), prettyplease::unparse(&f)).unwrap();
        std::fs::write(
            format!("/tmp/items-{}.txt", s.module()),
            g.items
                .iter()
                .map(|i| format!("{}\t{}\t{}\n", i.path, i.signature, i.origin))
                .collect::<String>(),
        )
        .unwrap();
        println!("{} {} ops", s.module(), g.operations);
    }
}
