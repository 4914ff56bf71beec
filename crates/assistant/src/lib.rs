//! The assistant: renders a spec into a prompt and streams the reply.
