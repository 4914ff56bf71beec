//! Which files can be read and written.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus,
    Scope, path_beneath_rules,
};

/// Libraries and what belongs to them. Whatever of this a system lacks is left out.
const SYSTEM: [&str; 10] = [
    "/usr",
    "/lib",
    "/lib64",
    "/nix/store",
    "/gnu/store",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/dev/urandom",
    "/dev/null",
    "/dev/zero",
];

/// The newest version whose rights are known here; an older one restricts less, and what it leaves open the list of
/// system calls closes.
const VERSION: ABI = ABI::V6;

/// Leaves this process with these files alone.
pub(super) fn restrict(read: &[PathBuf], scratch: &Path) -> Result<(), String> {
    let status = enforce(read, scratch).map_err(|error| format!("Landlock: {error}"))?;
    if status == RulesetStatus::NotEnforced {
        return Err("the system has no Landlock".into());
    }
    Ok(())
}

fn enforce(read: &[PathBuf], scratch: &Path) -> Result<RulesetStatus, RulesetError> {
    // Neither folders nor links: what a program leaves is one level of plain files.
    let write: BitFlags<AccessFs> = AccessFs::ReadFile
        | AccessFs::ReadDir
        | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::RemoveFile;
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(VERSION))?
        .handle_access(AccessNet::from_all(VERSION))?
        .scope(Scope::from_all(VERSION))?
        .create()?
        .add_rules(path_beneath_rules(SYSTEM, AccessFs::from_read(VERSION)))?
        .add_rules(path_beneath_rules(read, AccessFs::from_read(VERSION)))?
        .add_rules(path_beneath_rules(["/dev/null"], AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate))?
        .add_rules(path_beneath_rules([scratch], write))?
        .restrict_self()?;
    Ok(status.ruleset)
}
