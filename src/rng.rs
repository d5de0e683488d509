//! The named xorshift generator and everything random that training needs.
