using System.Buffers.Binary;
using Insula.Linux.Seccomp;

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
        Assert.Equal(SeccompAction.Allow.Value, Bpf.Run(program, Native, 0));
        Assert.Equal(SeccompAction.Fail(Errno.EPERM).Value, Bpf.Run(program, Native, 1));
        Assert.Equal(SeccompAction.Fail(Errno.ENOSYS).Value, Bpf.Run(program, Native, 9999));
        Assert.Equal(SeccompAction.Allow.Value, Bpf.Run(program, Native, 41, 2));
        Assert.Equal(SeccompAction.Fail(Errno.ENOSYS).Value, Bpf.Run(program, Native, 41, 40));
        Assert.Equal(SeccompAction.KillProcess.Value, Bpf.Run(program, 0x40000003, 0));
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

    /// <summary>Interprets classic BPF over struct seccomp_data, as far as libseccomp uses it.</summary>
    private static class Bpf
    {
        public static uint Run(byte[] program, uint architecture, int call, params ulong[] arguments)
        {
            var data = new byte[64];
            BinaryPrimitives.WriteInt32LittleEndian(data, call);
            BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4), architecture);
            for (var i = 0; i < arguments.Length; i++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(16 + (8 * i)), arguments[i]);
            }

            uint a = 0;
            for (var at = 0; ; at++)
            {
                var instruction = program.AsSpan(at * 8, 8);
                var (code, yes, no) = (BinaryPrimitives.ReadUInt16LittleEndian(instruction), instruction[2], instruction[3]);
                var k = BinaryPrimitives.ReadUInt32LittleEndian(instruction[4..]);
                switch (code)
                {
                    case 0x20: a = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan((int)k)); break;
                    case 0x54: a &= k; break;
                    case 0x05: at += (int)k; break;
                    case 0x15: at += a == k ? yes : no; break;
                    case 0x25: at += a > k ? yes : no; break;
                    case 0x35: at += a >= k ? yes : no; break;
                    case 0x06: return k;
                    default: throw new InvalidOperationException($"instruction {code:x}");
                }
            }
        }
    }
}
