using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Daemon;

/// <summary>On a machine where no pod could run the daemon says what is missing, ends with 1, and has touched nothing.</summary>
public sealed class RefusalTests
{
    /// <summary>The kernel's own word for its release, which a mount of this process alone covers with another.</summary>
    private const string Release = "/proc/sys/kernel/osrelease";

    /// <summary>Lets one system call fail as a kernel without it does, then becomes the command given.</summary>
    private const string WithoutCall =
        """
        import ctypes, os, struct, sys
        ENOSYS, ALLOW, ERRNO, SECCOMP, FILTER = 38, 0x7fff0000, 0x00050000, 22, 2
        program = (struct.pack("HBBI", 0x20, 0, 0, 0)                        # load the number of the call
                   + struct.pack("HBBI", 0x15, 0, 1, int(sys.argv[1]))       # is it the one?
                   + struct.pack("HBBI", 0x06, 0, 0, ERRNO | ENOSYS)
                   + struct.pack("HBBI", 0x06, 0, 0, ALLOW))
        code = ctypes.create_string_buffer(program)
        header = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", 4, ctypes.addressof(code)))
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(SECCOMP, FILTER, header, 0, 0) != 0:
            sys.exit(os.strerror(ctypes.get_errno()))
        os.execv(sys.argv[2], sys.argv[2:])
        """;

    [Theory]
    [InlineData("5.14.21-150500.55-default", "5.14")]
    [InlineData("4.18.0-553.el8_10.x86_64", "4.18")]
    [InlineData("2.6.78", "2.6")]
    public async Task A_kernel_that_is_too_old(string release, string shown) =>
        await RefusedAsync(
            $"the kernel is {shown}, at least 5.15 is needed",
            InOwnMounts($"printf '%s\\n' '{release}' > \"$0/release\"; mount --bind \"$0/release\" {Release}"));

    [Theory]
    [InlineData("437", "openat2", "Function not implemented")]
    [InlineData("434", "pidfd", "Function not implemented")]
    [InlineData("442", "mount API", "Function not implemented")]
    public async Task A_kernel_without_a_system_call(string number, string feature, string detail)
    {
        var said = await RefusedAsync("this kernel lacks what every pod needs: ", _ => ["python3", "-c", WithoutCall, number]);
        Assert.Contains($"{feature} (", said, StringComparison.Ordinal);
        Assert.Contains(detail, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kernel_without_overlayfs() =>
        Assert.Contains(
            "overlay (not there): images: layers cannot be stacked (modprobe overlay)",
            await RefusedAsync(
                "this kernel lacks what every pod needs: ",
                InOwnMounts(
                    """
                    grep -v 'overlay$' /proc/filesystems > "$0/filesystems"
                    mount --bind "$0/filesystems" /proc/filesystems
                    [ ! -d /lib/modules ] || mount -t tmpfs tmpfs /lib/modules
                    """)),
            StringComparison.Ordinal);

    [Fact]
    public async Task A_machine_without_cgroups() =>
        Assert.Contains(
            "cgroups (No cgroup hierarchy is mounted: mount cgroup2 at /sys/fs/cgroup.): everything",
            await RefusedAsync(
                "this kernel lacks what every pod needs: ",
                InOwnMounts("for each in $(findmnt --noheadings --output TARGET --types cgroup,cgroup2 --list | tac); do umount \"$each\"; done")),
            StringComparison.Ordinal);

    [Fact]
    public async Task Root_without_the_capabilities_of_root() =>
        Assert.Contains(
            "root (not there): everything: start the daemon as root",
            await RefusedAsync("this kernel lacks what every pod needs: ", _ => ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"]),
            StringComparison.Ordinal);

    /// <summary>A mount namespace of the command's own, changed by a script (its <c>$0</c> is a directory of the test's) before the command runs.</summary>
    private static Func<string, string[]> InOwnMounts(string script) =>
        directory => ["unshare", "--mount", "--propagation", "private", "sh", "-ec", $"{script}\nexec \"$@\"", directory];

    private static async Task<string> RefusedAsync(string reason, Func<string, string[]> surroundings)
    {
        var directory = Directory.CreateTempSubdirectory("insula-test-").FullName;
        try
        {
            var (root, run) = (Path.Combine(directory, "root"), Path.Combine(directory, "run"));
            string[] command = [.. surroundings(directory), Repository.Program("insulad"), "--root", root, "--run", run];
            var result = await Commands.RunAsync(command[0], command[1..]);
            Assert.True(result.ExitCode == 1, $"exit code {result.ExitCode}: {result.Output}{result.Error}");
            var line = Assert.Single(result.Failed().Split('\n', StringSplitOptions.RemoveEmptyEntries));
            Assert.Contains($"cannot start: {reason}", line, StringComparison.Ordinal);
            Assert.False(Directory.Exists(root) || Directory.Exists(run), "something was made");
            return line;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
