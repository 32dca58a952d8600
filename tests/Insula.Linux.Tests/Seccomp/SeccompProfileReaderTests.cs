using System.Runtime.InteropServices;
using System.Text;
using Insula.Linux.Kernel;
using Insula.Linux.Seccomp;

namespace Insula.Linux.Tests.Seccomp;

public sealed class SeccompProfileReaderTests
{
    private static readonly SeccompTarget _target = new(new HashSet<string> { "CAP_SYS_ADMIN", "CAP_CHOWN" }, new KernelVersion(5, 15), Architecture.X64);

    [Fact]
    public void A_profile_of_the_runtime_specification()
    {
        var profile = Read(
            """
            {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32", "SCMP_ARCH_AARCH64"],
             "flags": ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"],
             "syscalls": [
              {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
              {"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 4294967295, "op": "SCMP_CMP_EQ"}]},
              {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]},
              {"names": ["mount"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13},
              {"names": ["reboot"], "action": "SCMP_ACT_KILL_PROCESS"}, {"names": ["chroot"], "action": "SCMP_ACT_KILL"}, {"names": ["acct"], "action": "SCMP_ACT_TRAP"},
              {"names": ["bpf"], "action": "SCMP_ACT_LOG"}, {"names": ["ptrace"], "action": "SCMP_ACT_TRACE", "errnoRet": 65535}, {"names": ["umount2"], "action": "SCMP_ACT_ERRNO"}]}
            """);
        Assert.Equal(SeccompAction.Fail(Errno.ENOSYS), profile.DefaultAction);
        Assert.Equal(["x32"], profile.Architectures);
        Assert.Equal(6u, profile.Flags);
        Assert.Equal(
            [
                SeccompAction.Allow, SeccompAction.Allow, SeccompAction.Allow, SeccompAction.Fail(Errno.EACCES), SeccompAction.KillProcess, SeccompAction.KillThread,
                SeccompAction.Trap, SeccompAction.Log, SeccompAction.Trace(65535), SeccompAction.Fail(Errno.EPERM),
            ],
            profile.Rules.Select(r => r.Action));
        Assert.Equal(["read", "write"], profile.Rules[0].Names);
        Assert.Equal(new SeccompArgument(0, SeccompComparison.Equal, 4294967295), Assert.Single(profile.Rules[1].Arguments));
        Assert.Equal(new SeccompArgument(0, SeccompComparison.MaskedEqual, 2114060288), Assert.Single(profile.Rules[2].Arguments));
        Assert.NotEmpty(new SeccompCompiler().Compile(profile).Instructions.ToArray());
    }

    [Fact]
    public void Rules_apply_under_their_conditions()
    {
        static string Rule(string name, string conditions) => $$"""{"names": ["{{name}}"], "action": "SCMP_ACT_ALLOW", {{conditions}}}""";
        string[] rules =
        [
            Rule("a1", """ "includes": {}, "excludes": {}, "comment": "x", "args": [] """),
            Rule("a2", """ "includes": {"caps": ["CAP_SYS_ADMIN"]} """),
            Rule("a3", """ "includes": {"caps": ["CAP_SYS_ADMIN", "CAP_CHOWN"], "arches": ["amd64", "arm64"], "minKernel": "4.8"} """),
            Rule("a4", """ "excludes": {"caps": ["CAP_SYS_TIME"], "arches": ["s390x"], "minKernel": "99.0"} """),
            Rule("a5", """ "includes": null, "excludes": null, "args": null """),
            Rule("n1", """ "includes": {"caps": ["CAP_SYS_TIME"]} """),
            Rule("n2", """ "includes": {"caps": ["CAP_SYS_ADMIN", "CAP_SYS_TIME"]} """),
            Rule("n3", """ "includes": {"arches": ["arm64", "s390x"]} """),
            Rule("n4", """ "includes": {"minKernel": "5.16"} """),
            Rule("n5", """ "excludes": {"caps": ["CAP_SYS_TIME", "CAP_CHOWN"]} """),
            Rule("n6", """ "excludes": {"arches": ["amd64"]} """),
            Rule("n7", """ "excludes": {"minKernel": "5.15"} """),
        ];
        var profile = Read($$"""{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{{string.Join(',', rules)}}]}""");
        Assert.Equal(["a1", "a2", "a3", "a4", "a5"], profile.Rules.SelectMany(r => r.Names));
    }

    [Fact]
    public void What_Docker_and_containers_common_write()
    {
        var profile = Read(
            """
            {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "defaultErrno": "ENOSYS",
             "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]}, {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]}, {"architecture": "SCMP_ARCH_RISCV64", "subArchitectures": null}],
             "syscalls": [{"names": ["bdflush"], "action": "SCMP_ACT_ERRNO", "args": [], "comment": "", "includes": {}, "excludes": {}, "errnoRet": 1, "errno": "EPERM"},
                          {"name": "read", "action": "SCMP_ACT_ALLOW", "args": null, "errno": ""}]}
            """);
        Assert.Equal(["x86", "x32"], profile.Architectures);
        Assert.Equal([SeccompAction.Fail(Errno.EPERM), SeccompAction.Allow], profile.Rules.Select(r => r.Action));
    }

    [Fact]
    public void Two_conditions_on_one_argument_are_alternatives()
    {
        var profile = Read(
            """
            {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
             {"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}, {"index": 0, "value": 2, "op": "SCMP_CMP_EQ"}]},
             {"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 10, "op": "SCMP_CMP_EQ"}, {"index": 1, "value": 1, "op": "SCMP_CMP_EQ"}]}]}
            """);
        Assert.Equal([1, 1, 2], profile.Rules.Select(r => r.Arguments.Count));
    }

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("null", "defaultAction is missing")]
    [InlineData("{}", "defaultAction is missing")]
    [InlineData("[]", "not an object")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ALLOW\"", "not JSON")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ALLOW\"} x", "not JSON")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultAction\": \"SCMP_ACT_ALLOW\"}", "not JSON")]
    [InlineData("{\"defaultaction\": \"SCMP_ACT_ALLOW\"}", "defaultaction \"SCMP_ACT_ALLOW\": unknown")]
    [InlineData("{\"defaultAction\": 1}", "defaultAction 1: not a string")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_PERMIT\"}", "defaultAction \"SCMP_ACT_PERMIT\": unknown action")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_NOTIFY\"}", "there is no agent")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"defaultErrnoRet\": 1}", "SCMP_ACT_ALLOW returns no error")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 4096}", "not a number from 0 to 4095")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": -1}", "not a number")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrno\": \"ENOPE\"}", "unknown error")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrno\": \"1\"}", "unknown error")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"listenerPath\": \"/x\"}", "there is no agent")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_VAX\"]}", "architectures[0] \"SCMP_ARCH_VAX\": unknown architecture")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"x86_64\"]}", "unknown architecture")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X86\"], \"archMap\": [{\"architecture\": \"SCMP_ARCH_X86\"}]}", "both architectures and archMap")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"flags\": [\"SECCOMP_FILTER_FLAG_NEW_LISTENER\"]}", "flags[0] \"SECCOMP_FILTER_FLAG_NEW_LISTENER\": unknown flag")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": {}}", "syscalls: not a list")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"read\"]}]}", "syscalls[0]: action is missing")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"action\": \"SCMP_ACT_ALLOW\"}]}", "syscalls[0]: names no system call")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [], \"action\": \"SCMP_ACT_ALLOW\"}]}", "names no system call")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"re ad\"], \"action\": \"SCMP_ACT_ALLOW\"}]}", "syscalls[0].names[0] \"re ad\": not the name")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"name\": \"a\", \"names\": [\"b\"], \"action\": \"SCMP_ACT_ALLOW\"}]}", "both name and names")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"errnoRet\": 1}]}", "returns no error")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"when\": 1}]}", "syscalls[0].when 1: unknown")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 6, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"}]}]}", "syscalls[0].args[0].index 6: not a number from 0 to 5")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": 18446744073709551616, \"op\": \"SCMP_CMP_EQ\"}]}]}", "not a number")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_XX\"}]}]}", "unknown comparison")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": 1}]}]}", "op is missing")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"caps\": [\"SYS_ADMIN\"]}}]}", "they begin with CAP_")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"distro\": \"x\"}}]}", "unknown condition")]
    [InlineData("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"minKernel\": \"x\"}}]}", "not a kernel version")]
    public void What_is_not_understood_refuses_the_profile(string json, string message) =>
        Assert.Contains(message, Assert.Throws<SeccompException>(() => Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_profile_nested_without_end_is_refused() =>
        Assert.Throws<SeccompException>(() => Read(string.Concat(Enumerable.Repeat("{\"a\":", 10_000))));

    [Fact]
    public void A_call_that_is_unknown_may_be_left_out_of_what_is_allowed_but_not_of_what_is_restricted()
    {
        var compiler = new SeccompCompiler();
        Assert.NotEmpty(compiler.Compile(Read("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"no_such_call\", \"read\"], \"action\": \"SCMP_ACT_ALLOW\"}]}")).Instructions.ToArray());
        foreach (var action in (string[])["ERRNO", "KILL", "KILL_PROCESS", "TRAP", "LOG", "TRACE"])
        {
            var profile = Read($$"""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["no_such_call"], "action": "SCMP_ACT_{{action}}"}]}""");
            Assert.Contains("no_such_call", Assert.Throws<SeccompException>(() => compiler.Compile(profile)).Message, StringComparison.Ordinal);
        }
    }

    private static SeccompProfile Read(string json) => SeccompProfileReader.Read(Encoding.UTF8.GetBytes(json), _target);
}
