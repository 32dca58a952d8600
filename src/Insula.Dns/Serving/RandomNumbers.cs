using System.Buffers.Binary;
using Insula.Linux;
using Insula.Linux.LibC;

namespace Insula.Dns.Serving;

/// <summary>Numbers that nobody can guess, from the kernel.</summary>
internal sealed class RandomNumbers
{
    private readonly byte[] _bytes = new byte[128];
    private int _at = 128;

    public unsafe ushort Next()
    {
        if (_at == _bytes.Length)
        {
            fixed (byte* pointer = _bytes)
            {
                // As few bytes as these come whole, and without waiting.
                if (sys_random.getrandom(pointer, (nuint)_bytes.Length, 0) != _bytes.Length)
                {
                    throw LinuxException.FromLastError("getrandom");
                }
            }

            _at = 0;
        }

        _at += 2;
        return BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(_at - 2));
    }
}
