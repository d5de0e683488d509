//! Metrics, tables and reports.
