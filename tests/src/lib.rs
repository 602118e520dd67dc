//! Where the program under test is.
