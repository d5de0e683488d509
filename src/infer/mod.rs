//! The deployable core: a trained model over the bytes of its file, no allocation, no reachable panic.
