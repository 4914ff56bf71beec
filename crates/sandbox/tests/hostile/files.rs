//! Reading, writing and changing what is not theirs.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use throughline_sandbox::Limits;

use crate::{Test, all_refused, printed, run};

pub(crate) const TESTS: &[Test] = &[
    ("files_outside_cannot_be_read", cannot_read),
    ("files_outside_cannot_be_changed", cannot_change),
    ("links_lead_nowhere", links_lead_nowhere),
    ("another_program_has_no_more_rights", another_program),
    ("open_files_are_not_inherited", not_inherited),
    ("the_environment_is_empty", empty_environment),
];

const SECRET: &str = "the-secret-of-the-user";

fn cannot_read() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("key");
    fs::write(&secret, SECRET).unwrap();
    let given = [("secret", secret.to_str().unwrap()), ("folder", outside.path().to_str().unwrap())];
    let source = r#"
tries("open", open, secret)
tries("os.open", os.open, secret, os.O_RDONLY)
tries("up", open, "../" * 20 + secret)
tries("list", os.listdir, folder)
tries("list root", os.listdir, "/")
tries("list scratch's parent", os.listdir, "..")
tries("home", os.listdir, os.path.expanduser("~root"))
tries("passwd", open, "/etc/passwd")
tries("shadow", open, "/etc/shadow")
tries("own maps", open, "/proc/self/maps")
tries("parent's environment", open, f"/proc/{os.getppid()}/environ")
tries("parent's memory", open, f"/proc/{os.getppid()}/mem")
tries("processes", os.listdir, "/proc")
tries("disk", os.listdir, "/dev")
tries("terminal", open, "/dev/tty")
import mmap, shutil
tries("copy", shutil.copyfile, secret, "mine")
tries("execute", os.execv, secret, [secret])
"#;
    let Some(outcome) = run(&given, source, &Limits::default()) else { return };
    all_refused(&outcome, 17);
    assert!(!String::from_utf8_lossy(&outcome.stdout).contains(SECRET));
}

fn cannot_change() {
    let outside = tempfile::tempdir().unwrap();
    let victim = outside.path().join("victim");
    fs::write(&victim, SECRET).unwrap();
    let before = fs::metadata(&victim).unwrap();
    let given = [("victim", victim.to_str().unwrap()), ("folder", outside.path().to_str().unwrap())];
    let source = r#"
tries("write", open, victim, "w")
tries("append", open, victim, "a")
tries("update", open, victim, "r+")
tries("truncate while reading", os.open, victim, os.O_RDONLY | os.O_TRUNC)
tries("truncate", os.truncate, victim, 0)
tries("remove", os.unlink, victim)
tries("rename", os.rename, victim, victim + "2")
tries("take away", os.rename, victim, "mine")
tries("replace", lambda: (open("own", "w").close(), os.replace("own", victim)))
tries("link", os.link, victim, "linked")
tries("mode", os.chmod, victim, 0o777)
tries("owner", os.chown, victim, 1, 1)
tries("times", os.utime, victim, (1, 1))
tries("attribute", os.setxattr, victim, "user.x", b"1")
tries("new", open, folder + "/new", "w")
tries("new in tmp", open, "/tmp/throughline-new", "w")
tries("new folder", os.mkdir, folder + "/new")
tries("remove folder", os.rmdir, folder)
tries("pipe", os.mkfifo, folder + "/pipe")
tries("device", os.mknod, "device", 0o600 | 0o060000, os.makedev(8, 0))
tries("interpreter's library", open, os.__file__, "w")
tries("interpreter's mode", os.chmod, os.__file__, 0o666)
tries("own folder's mode", os.chmod, ".", 0)
tries("root", os.chroot, ".")
"#;
    let Some(outcome) = run(&given, source, &Limits::default()) else { return };
    all_refused(&outcome, 24);
    let after = fs::metadata(&victim).unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), SECRET);
    assert_eq!((before.mode(), before.uid(), before.mtime()), (after.mode(), after.uid(), after.mtime()));
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    assert!(!std::path::Path::new("/tmp/throughline-new").exists());
}

fn links_lead_nowhere() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("key");
    fs::write(&secret, SECRET).unwrap();
    // One that somebody else made.
    symlink(&secret, outside.path().join("link")).unwrap();
    let given = [("secret", secret.to_str().unwrap()), ("folder", outside.path().to_str().unwrap())];
    let source = r#"
tries("make", os.symlink, secret, "link")
tries("make to a folder", os.symlink, folder, "folder")
tries("follow", open, folder + "/link")
tries("hard", os.link, secret, "hard")
tries("hard, of a link", os.link, folder + "/link", "hard", follow_symlinks=False)
tries("by /proc/self/root", open, "/proc/self/root" + secret)
tries("by /proc/self/cwd", open, "/proc/self/cwd/../" + secret)
held = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
tries("by an open folder", os.open, "../" * 20 + secret, os.O_RDONLY, dir_fd=held)
path = os.open(secret, os.O_PATH)
tries("by a mere path", os.read, path, 100)
tries("by the mere path's name", open, f"/proc/self/fd/{path}")
"#;
    let Some(outcome) = run(&given, source, &Limits::default()) else { return };
    all_refused(&outcome, 10);
}

fn another_program() {
    let outside = tempfile::tempdir().unwrap();
    let victim = outside.path().join("victim");
    fs::write(&victim, SECRET).unwrap();
    let given = [("victim", victim.to_str().unwrap())];
    let source = r#"os.execv("/bin/sh", ["sh", "-c", f"cat {victim}; echo gone > {victim}; kill -9 $PPID; exec 3<>/dev/tcp/127.0.0.1/1"])"#;
    let Some(outcome) = run(&given, source, &Limits::default()) else { return };
    assert!(!String::from_utf8_lossy(&outcome.stdout).contains(SECRET), "{outcome:?}");
    assert_eq!(fs::read_to_string(&victim).unwrap(), SECRET);
}

fn not_inherited() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("key");
    fs::write(&secret, SECRET).unwrap();
    let held = fs::File::open(&secret).unwrap();
    // As if somebody who knows nothing of us had opened it.
    rustix::io::fcntl_setfd(&held, rustix::io::FdFlags::empty()).unwrap();
    let source = r"
for number in range(3, 4096):
    try:
        os.fstat(number)
    except OSError:
        continue
    print(number, os.read(number, 100))
";
    let Some(outcome) = run(&[], source, &Limits::default()) else { return };
    assert_eq!(printed(&outcome), "");
    drop(held);
}

fn empty_environment() {
    // The test's own environment holds much more.
    assert!(std::env::vars_os().any(|(name, _)| name.to_string_lossy().starts_with("CARGO")));
    let Some(outcome) = run(&[], "print(*sorted(os.environ))", &Limits::default()) else { return };
    let names = printed(&outcome);
    let known = "HOME LANG LC_CTYPE MKL_NUM_THREADS OMP_NUM_THREADS OPENBLAS_NUM_THREADS PATH PYTHONHASHSEED TMPDIR";
    assert!(names.split_whitespace().all(|name| known.contains(name)), "{names}");
}
