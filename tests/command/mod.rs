//! Tests of the command's own parts, compiled into it; those that drive the binary are beside this folder.

mod metrics;
mod pages;
mod report;
