//! End-to-end tests on the built binary, with real models and real servers.
