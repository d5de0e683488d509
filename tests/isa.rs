//! Which instruction sets the other tests of this suite ran under, by name.
//!
//! `MONOLAYER_REQUIRE_ISA=avx2,avx512` makes the absence of one a failure instead of a line of output.

use monolayer::Isa;

#[test]
fn required_instruction_sets_are_here() {
    let required = std::env::var("MONOLAYER_REQUIRE_ISA").unwrap_or_default();
    for name in required.split(',').filter(|name| !name.is_empty()) {
        assert!(name.parse::<Isa>().is_ok(), "{name} is required, but this machine or build has not got it");
    }
    let (here, not_here): (Vec<_>, Vec<_>) =
        Isa::NAMES.into_iter().partition(|name| Isa::available().any(|isa| isa.name() == *name));
    println!("tested: {}; not here: {}", here.join(", "), not_here.join(", "));
}

#[test]
fn names_find_what_is_here_and_say_what_is_not() {
    assert_eq!(Isa::available().next(), Some(Isa::Scalar));
    for isa in Isa::available() {
        assert_eq!(isa.name().parse(), Ok(isa));
        assert!(isa.lanes() <= monolayer::internals::simd::MAX_LANES);
    }
    assert!(Isa::available().any(|isa| isa == Isa::best()));
    let message = |name: &str| name.parse::<Isa>().unwrap_err().to_string();
    assert_eq!(message("avx3"), "unknown instruction set, expected scalar, avx2, avx512 or neon");
    #[cfg(target_arch = "x86_64")]
    assert_eq!(message("neon"), "this machine or build does not have this instruction set");
}
