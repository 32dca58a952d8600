using System.Buffers.Binary;

namespace Insula.Tests.Shared;

/// <summary>Interprets classic BPF over struct seccomp_data, as far as libseccomp uses it.</summary>
internal static class FilterInterpreter
{
    /// <summary>What the filter answers to a system call.</summary>
    /// <param name="program">Instructions of 8 bytes.</param>
    /// <param name="architecture">AUDIT_ARCH_* of the caller.</param>
    /// <param name="call">The call's number there.</param>
    /// <param name="arguments">Its arguments, as many as matter.</param>
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
                case 0x45: at += (a & k) != 0 ? yes : no; break;
                case 0x06: return k;
                default: throw new InvalidOperationException($"instruction {code:x}");
            }
        }
    }
}
