using System.Buffers.Binary;
using Insula.Dns.Messages;

namespace Insula.Dns.Tests;

/// <summary>Questions as clients send them.</summary>
internal static class Question
{
    public const ushort Id = 0x4242;

    public static byte[] Of(string name, ushort type = RecordTypes.A, int? edns = null, ushort flags = 0x0100, ushort kind = 1, byte version = 0, bool dnssec = false)
    {
        var message = new byte[12];
        BinaryPrimitives.WriteUInt16BigEndian(message, Id);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), flags);
        message[5] = 1;
        byte[] question = [.. message, .. AsWritten(name), (byte)(type >> 8), (byte)type, (byte)(kind >> 8), (byte)kind];
        if (edns is { } size)
        {
            question[11] = 1;
            question = [.. question, 0, 0, 41, (byte)(size >> 8), (byte)size, 0, version, (byte)(dnssec ? 0x80 : 0), 0, 0, 0];
        }

        return question;
    }

    /// <summary>A name with its letters as they are.</summary>
    public static byte[] AsWritten(string name)
    {
        var bytes = DnsName.FromText(name);
        for (int at = 0, text = 0; bytes[at] != 0; at += 1 + bytes[at])
        {
            for (var i = 0; i < bytes[at]; i++, text++)
            {
                bytes[at + 1 + i] = (byte)name[text];
            }

            text++;
        }

        return bytes;
    }
}
