using Insula.Linux.Seccomp;
using Insula.Pods.Security;

namespace Insula.Pods.Tests.Security;

public sealed class LocalhostProfilesTests : IDisposable
{
    private const string Good = """{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["reboot"], "action": "SCMP_ACT_ERRNO", "excludes": {"caps": ["CAP_SYS_BOOT"]}}]}""";

    private readonly string _root = Directory.CreateTempSubdirectory("insula-seccomp-").FullName;
    private readonly LocalhostProfiles _profiles;

    public LocalhostProfilesTests()
    {
        _profiles = new LocalhostProfiles(_root, new SeccompCompiler());
        Directory.CreateDirectory(Path.Combine(_root, "seccomp", "profiles"));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void AProfileIsCompiledOnceForItsContent()
    {
        Write("profiles/a.json", Good);
        Write("b.json", Good);
        var first = _profiles.Program("profiles/a.json", 0);
        Assert.Same(first, _profiles.Program("profiles/a.json", 0));
        Assert.Same(first, _profiles.Program("b.json", 0));
        Assert.NotEqual(first.Instructions.Length, _profiles.Program("b.json", 1UL << 22).Instructions.Length); // SYS_BOOT
        Write("b.json", Good.Replace("ALLOW", "LOG", StringComparison.Ordinal));
        Assert.NotSame(first, _profiles.Program("b.json", 0));
    }

    [Theory]
    [InlineData("missing.json", "no such file or directory")]
    [InlineData("profiles", "no regular file")]
    [InlineData("empty.json", "not JSON")]
    [InlineData("broken.json", "not JSON")]
    [InlineData("outside.json", "it leads out of the directory")]
    [InlineData("absolute.json", "it leads out of the directory")]
    [InlineData("../secret.json", "without '..'")]
    [InlineData("profiles/../../secret.json", "without '..'")]
    [InlineData("/etc/passwd", "a relative path")]
    [InlineData("", "a relative path")]
    [InlineData("device.json", "it leads out of the directory")]
    [InlineData("large.json", "more than 1048576 bytes")]
    public void WhatCannotBeHadIsRefused(string name, string message)
    {
        File.WriteAllText(Path.Combine(_root, "secret.json"), Good);
        Write("empty.json", "");
        Write("broken.json", Good[..^2]);
        Write("large.json", new string(' ', 1 << 20) + Good);
        File.CreateSymbolicLink(Path.Combine(_root, "seccomp/outside.json"), "../secret.json");
        File.CreateSymbolicLink(Path.Combine(_root, "seccomp/absolute.json"), Path.Combine(_root, "secret.json"));
        File.CreateSymbolicLink(Path.Combine(_root, "seccomp/device.json"), "/dev/zero");
        var e = Assert.Throws<SeccompException>(() => _profiles.Program(name, 0));
        Assert.Contains(message, e.Message);
        Assert.Contains("cannot load seccomp profile", e.Message);
    }

    [Fact]
    public void ALinkInTheDirectoryIsFollowed()
    {
        Write("profiles/a.json", Good);
        File.CreateSymbolicLink(Path.Combine(_root, "seccomp/current.json"), "profiles/a.json");
        Assert.Same(_profiles.Program("profiles/a.json", 0), _profiles.Program("current.json", 0));
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_root, "seccomp", name), text);
}
