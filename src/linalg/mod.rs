//! Panels, products and batch assembly; no allocation, scratch is an argument.
