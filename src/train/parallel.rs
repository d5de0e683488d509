//! Work in parts that need nothing of each other.

use super::Error;

/// Does the work of each of at most `threads` parts, the first on this thread, the others each on one of
/// their own; gives what came of them, in their order.
///
/// # Errors
/// The first part's that failed, or [`Error::Threads`] if the system does not start one for each.
pub(super) fn in_parallel<P: Send, T: Send>(
    threads: usize,
    mut parts: impl Iterator<Item = P>,
    work: impl Fn(P) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let Some(own) = parts.next() else { return Ok(Vec::new()) };
    let work = &work;
    std::thread::scope(|scope| {
        let mut workers = Vec::new();
        for part in parts {
            let worker = std::thread::Builder::new().spawn_scoped(scope, move || work(part));
            let started = 1 + workers.len(); // this thread is one
            workers.push(worker.map_err(|_| Error::Threads { asked: threads, started })?);
        }
        let mut found = vec![work(own)?];
        for worker in workers {
            found.push(worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(found)
    })
}
