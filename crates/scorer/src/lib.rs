//! The transcript scorer: aptitude, unreliability, degradation and gap closed, from recorded conversations.
