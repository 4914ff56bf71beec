//! What this machine has to compute with.

use std::thread::available_parallelism;

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use super::binding;

/// A device that llama.cpp can compute on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// llama.cpp's name for it, such as `CPU` or `CUDA0`.
    pub name: String,
    /// What it is, such as the processor's name.
    pub description: String,
    /// What kind of device it is.
    pub kind: DeviceKind,
    /// Free memory in bytes.
    pub memory_free: u64,
    /// All memory in bytes.
    pub memory_total: u64,
}

/// Kinds of devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// The processor.
    Cpu,
    /// A graphics card, or a graphics unit that shares the processor's memory.
    Gpu,
    /// Something that helps the processor, such as a matrix library.
    Accelerator,
    /// llama.cpp does not say.
    Unknown,
}

/// The devices that this build of llama.cpp can compute on.
pub fn devices() -> Vec<DeviceInfo> {
    let mut devices = binding::devices();
    for device in devices.iter_mut().filter(|device| device.kind == DeviceKind::Cpu) {
        device.memory_free = memory_free().unwrap_or(device.memory_free);
    }
    devices
}

/// Bytes of memory that this process can have without pushing others out; `None` where the system does not tell.
pub(super) fn memory_free() -> Option<u64> {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(memory);
    let limit = system.cgroup_limits().map(|limits| limits.free_memory);
    let free = system.available_memory();
    (free > 0).then(|| limit.map_or(free, |limit| limit.min(free)))
}

/// Processors that this process may use.
pub(super) fn processors() -> u32 {
    available_parallelism().ok().and_then(|count| u32::try_from(count.get()).ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_tells_of_itself() {
        assert!(processors() >= 1);
        let free = memory_free().unwrap();
        let processor = devices().into_iter().find(|device| device.kind == DeviceKind::Cpu).unwrap();
        assert!(free > 1 << 20 && processor.memory_free <= processor.memory_total, "{processor:?}");
    }
}
