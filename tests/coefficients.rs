//! The constants of src/math are those that tools/coefficients derives.

#[path = "../tools/coefficients/src/derive/mod.rs"]
mod derive;

#[test]
fn the_table_is_the_derived_one() {
    let derived = derive::table();
    let found = include_str!("../src/math/coefficients.rs");
    for (number, (derived, found)) in derived.lines().zip(found.lines()).enumerate() {
        assert_eq!(found, derived, "src/math/coefficients.rs, line {}", number + 1);
    }
    assert_eq!(
        found.len(),
        derived.len(),
        "src/math/coefficients.rs is shorter or longer than what is derived"
    );
}
