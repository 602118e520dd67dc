//! The table of codes.

use placet_syntax::Code;

#[test]
fn codes_are_distinct_and_in_order() {
    assert!(Code::ALL.is_sorted_by_key(|code| code.as_str()));
    for code in Code::ALL {
        assert_eq!(code.as_str().parse(), Ok(*code));
        assert_eq!(code.as_str().to_lowercase().parse(), Ok(*code));
    }
    assert!("PL9999".parse::<Code>().is_err());
}
