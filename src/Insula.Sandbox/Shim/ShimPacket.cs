using System.Text;

using Insula.Linux.Sockets;

namespace Insula.Sandbox.Shim;

/// <summary>A packet of the shim's protocol: words, each ended by a NUL, at most 4096 bytes in all.</summary>
internal static class ShimPacket
{
    /// <summary>The most bytes of a packet.</summary>
    public const int MaximumSize = SeqPacketSocket.MaxPacket;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: false);

    /// <summary>Words to bytes.</summary>
    /// <exception cref="SandboxException">A word contains a NUL, or the packet would be too long.</exception>
    public static byte[] Encode(params ReadOnlySpan<string> words)
    {
        var size = 0;
        foreach (var word in words)
        {
            if (word.Contains('\0', StringComparison.Ordinal))
            {
                throw new SandboxException("a word for the shim contains a NUL character");
            }

            size += Utf8.GetByteCount(word) + 1;
        }

        if (size > MaximumSize)
        {
            throw new SandboxException($"a message for the shim has {size} bytes, {MaximumSize} is the most");
        }

        var packet = new byte[size];
        var at = 0;
        foreach (var word in words)
        {
            at += Utf8.GetBytes(word, packet.AsSpan(at)) + 1;
        }

        return packet;
    }

    /// <summary>Bytes to words.</summary>
    /// <exception cref="SandboxException">The packet is empty or its last word has no end.</exception>
    public static IReadOnlyList<string> Decode(ReadOnlySpan<byte> packet)
    {
        if (packet.IsEmpty || packet[^1] != 0)
        {
            throw new SandboxException("the shim sent a packet that does not end with a NUL");
        }

        var words = new List<string>();
        foreach (var range in packet[..^1].Split((byte)0))
        {
            words.Add(Utf8.GetString(packet[range]));
        }

        return words;
    }
}
