using System.Buffers;
using System.Text;

namespace Insula.Bench.Contestants;

/// <summary>A protobuf message, written field by field: a benchmark needs a dozen fields of an interface that has thousands.</summary>
internal sealed class CriMessage
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>An empty one.</summary>
    public CriMessage()
    {
    }

    /// <summary>One that was received.</summary>
    public CriMessage(ReadOnlyMemory<byte> bytes) => _bytes.Write(bytes.Span);

    /// <summary>Adds a text.</summary>
    public CriMessage Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    /// <summary>Adds texts of a repeated field.</summary>
    public CriMessage Texts(int field, params IEnumerable<string> values) => values.Aggregate(this, (message, value) => message.Text(field, value));

    /// <summary>Adds a number, or a truth as 1.</summary>
    public CriMessage Number(int field, long value)
    {
        Variable((ulong)field << 3);
        Variable((ulong)value);
        return this;
    }

    /// <summary>Adds a message.</summary>
    public CriMessage Message(int field, CriMessage value) => Bytes(field, value.ToArray());

    /// <summary>The encoded message.</summary>
    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    /// <summary>The number in a field, 0 when it is absent.</summary>
    public long NumberOf(int field) => (long)Find(field).Number;

    /// <summary>The text in a field, empty when it is absent.</summary>
    public string TextOf(int field) => Encoding.UTF8.GetString(Find(field).Bytes.Span);

    /// <summary>The message in a field, empty when it is absent.</summary>
    public CriMessage MessageOf(int field) => new(Find(field).Bytes);

    private (ulong Number, ReadOnlyMemory<byte> Bytes) Find(int wanted)
    {
        ReadOnlyMemory<byte> rest = ToArray();
        while (rest.Length > 0)
        {
            var key = Take(ref rest);
            var value = Take(ref rest);
            var bytes = ReadOnlyMemory<byte>.Empty;
            switch (key & 7)
            {
                case 0:
                    break;
                case 2:
                    bytes = rest[..(int)value];
                    rest = rest[(int)value..];
                    break;
                default:
                    throw new InvalidOperationException($"a field of wire type {key & 7}: the interface had none such");
            }

            if ((int)(key >> 3) == wanted)
            {
                return (value, bytes);
            }
        }

        return default;
    }

    private CriMessage Bytes(int field, byte[] value)
    {
        Variable(((ulong)field << 3) | 2);
        Variable((ulong)value.Length);
        _bytes.Write(value);
        return this;
    }

    private void Variable(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _bytes.Write([(byte)(value | 0x80)]);
        }

        _bytes.Write([(byte)value]);
    }

    private static ulong Take(ref ReadOnlyMemory<byte> rest)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = rest.Span[0];
            rest = rest[1..];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
