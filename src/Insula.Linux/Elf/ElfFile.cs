using System.Buffers.Binary;
using System.Text;

namespace Insula.Linux.Elf;

/// <summary>What a program or a library needs to run (elf(5)): of 64 bits, little-endian. The file is the machine's own, and still not trusted to be well formed.</summary>
public sealed record ElfFile
{
    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const int DynamicSize = 16;
    private const int Load = 1;
    private const int Dynamic = 2;
    private const int Interp = 3;
    private const int Needed = 1;
    private const int StringTable = 5;

    private readonly record struct Segment(uint Type, ulong Offset, ulong Address, ulong Size);

    /// <summary>For which machine (<c>e_machine</c>).</summary>
    public required ushort Machine { get; init; }

    /// <summary>The loader it wants; null for none.</summary>
    public string? Interpreter { get; init; }

    /// <summary>The libraries it needs, by name, in their order.</summary>
    public IReadOnlyList<string> Libraries { get; init; } = [];

    /// <summary>Reads a file's bytes; null when they are none of these.</summary>
    public static ElfFile? Parse(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderSize || !file[..6].SequenceEqual("\u007fELF\u0002\u0001"u8))
        {
            return null;
        }

        var segments = new List<Segment>();
        var (start, size, count) = (BinaryPrimitives.ReadUInt64LittleEndian(file[32..]), BinaryPrimitives.ReadUInt16LittleEndian(file[54..]), BinaryPrimitives.ReadUInt16LittleEndian(file[56..]));
        for (var i = 0; i < count; i++)
        {
            if (size < ProgramHeaderSize || Slice(file, start + ((ulong)i * size), ProgramHeaderSize) is not { Length: > 0 } header)
            {
                return null;
            }

            segments.Add(new Segment(
                BinaryPrimitives.ReadUInt32LittleEndian(header), BinaryPrimitives.ReadUInt64LittleEndian(header[8..]),
                BinaryPrimitives.ReadUInt64LittleEndian(header[16..]), BinaryPrimitives.ReadUInt64LittleEndian(header[32..])));
        }

        var interpreter = segments.FirstOrDefault(s => s.Type == Interp) is { Size: > 0 } named ? Text(file, named.Offset) : null;
        return new ElfFile { Machine = BinaryPrimitives.ReadUInt16LittleEndian(file[18..]), Interpreter = interpreter, Libraries = NeededBy(file, segments) };
    }

    private static List<string> NeededBy(ReadOnlySpan<byte> file, List<Segment> segments)
    {
        var result = new List<string>();
        if (segments.FirstOrDefault(s => s.Type == Dynamic) is not { Size: > 0 } dynamic)
        {
            return result;
        }

        var entries = Slice(file, dynamic.Offset, dynamic.Size);
        ulong? strings = null;
        var names = new List<ulong>();
        for (; entries.Length >= DynamicSize; entries = entries[DynamicSize..])
        {
            var (tag, value) = (BinaryPrimitives.ReadInt64LittleEndian(entries), BinaryPrimitives.ReadUInt64LittleEndian(entries[8..]));
            if (tag == Needed)
            {
                names.Add(value);
            }
            else if (tag == StringTable)
            {
                strings = segments.Where(s => s.Type == Load && value >= s.Address && value - s.Address < s.Size).Select(s => (ulong?)(value - s.Address + s.Offset)).FirstOrDefault();
            }
        }

        foreach (var name in names)
        {
            if (strings is { } table && Text(file, table + name) is { Length: > 0 } text)
            {
                result.Add(text);
            }
        }

        return result;
    }

    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> file, ulong offset, ulong length) =>
        offset <= (ulong)file.Length && length <= (ulong)file.Length - offset ? file.Slice((int)offset, (int)length) : [];

    private static string? Text(ReadOnlySpan<byte> file, ulong offset)
    {
        if (offset >= (ulong)file.Length)
        {
            return null;
        }

        var rest = file[(int)offset..];
        return rest.IndexOf((byte)0) is var end and >= 0 ? Encoding.UTF8.GetString(rest[..end]) : null;
    }
}
