//! Task families: samples in the study's format, their prompts, answer extraction and evaluators.
