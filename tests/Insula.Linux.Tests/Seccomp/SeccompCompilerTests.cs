using Insula.Linux.Seccomp;
using Insula.Tests.Shared;

namespace Insula.Linux.Tests.Seccomp;

public sealed class SeccompCompilerTests
{
    private const uint Native = 0xC000003E;

    private readonly SeccompCompiler _compiler = new();

    [Fact]
    public void Rules_decide_by_call_and_argument()
    {
        var program = _compiler.Compile(new SeccompProfile
        {
            DefaultAction = SeccompAction.Fail(Errno.ENOSYS),
            Rules =
            [
                new(SeccompAction.Allow, "read", "no_such_call_at_all"),
                new(SeccompAction.Fail(Errno.EPERM), "write"),
                new(SeccompAction.Allow, ["socket"], [new(0, SeccompComparison.NotEqual, 40)]),
            ],
        }).Instructions.ToArray();
        Assert.Equal(SeccompAction.Allow.Value, FilterInterpreter.Run(program, Native, 0));
        Assert.Equal(SeccompAction.Fail(Errno.EPERM).Value, FilterInterpreter.Run(program, Native, 1));
        Assert.Equal(SeccompAction.Fail(Errno.ENOSYS).Value, FilterInterpreter.Run(program, Native, 9999));
        Assert.Equal(SeccompAction.Allow.Value, FilterInterpreter.Run(program, Native, 41, 2));
        Assert.Equal(SeccompAction.Fail(Errno.ENOSYS).Value, FilterInterpreter.Run(program, Native, 41, 40));
        Assert.Equal(SeccompAction.KillProcess.Value, FilterInterpreter.Run(program, 0x40000003, 0));
    }

    [Fact]
    public void Equal_profiles_are_compiled_once()
    {
        static SeccompProfile Profile(Errno errno) => new()
        {
            DefaultAction = SeccompAction.Allow,
            Rules = [new(SeccompAction.Fail(errno), "reboot")],
        };
        Assert.Same(_compiler.Compile(Profile(Errno.EPERM)), _compiler.Compile(Profile(Errno.EPERM)));
        Assert.NotSame(_compiler.Compile(Profile(Errno.EPERM)), _compiler.Compile(Profile(Errno.EACCES)));
        Assert.Equal(2u, _compiler.Compile(Profile(Errno.EPERM) with { Flags = 2 }).Flags);
    }

    [Fact]
    public void What_libseccomp_refuses_is_an_error_with_its_reason()
    {
        var exception = Assert.Throws<SeccompException>(() => _compiler.Compile(
            new SeccompProfile { DefaultAction = SeccompAction.Allow, Architectures = ["vax"] }));
        Assert.Contains("vax", exception.Message, StringComparison.Ordinal);
        Assert.Throws<SeccompException>(() => _compiler.Compile(new SeccompProfile
        {
            DefaultAction = SeccompAction.Allow,
            Rules = [new(SeccompAction.Fail(Errno.EPERM), ["read"], [new(6, SeccompComparison.Equal, 0)])],
        }));
    }
}
