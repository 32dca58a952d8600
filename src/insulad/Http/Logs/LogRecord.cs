using System.Globalization;
using System.Text;

namespace Insulad.Http.Logs;

/// <summary>
/// One line of a CRI log: <c>2016-10-06T00:17:09.669794202Z stdout F the text</c>. The tag P says that the text goes
/// on in the stream's next record, F that it ends here.
/// </summary>
internal readonly ref struct LogRecord
{
    private LogRecord(ReadOnlySpan<byte> timestamp, ReadOnlySpan<byte> stream, bool partial, ReadOnlySpan<byte> content)
    {
        Timestamp = timestamp;
        Stream = stream;
        Partial = partial;
        Content = content;
    }

    public ReadOnlySpan<byte> Timestamp { get; }

    public ReadOnlySpan<byte> Stream { get; }

    public bool Partial { get; }

    public ReadOnlySpan<byte> Content { get; }

    /// <summary>When it was written; null when the timestamp is malformed.</summary>
    public DateTimeOffset? Time =>
        DateTimeOffset.TryParse(Encoding.ASCII.GetString(Timestamp), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;

    /// <summary>Reads a line without its newline. False when it is none of the format, such as one cut off by a crash.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, out LogRecord record)
    {
        record = default;
        var first = line.IndexOf((byte)' ');
        if (first <= 0)
        {
            return false;
        }

        var rest = line[(first + 1)..];
        var second = rest.IndexOf((byte)' ');
        if (second <= 0)
        {
            return false;
        }

        var stream = rest[..second];
        rest = rest[(second + 1)..];
        var third = rest.IndexOf((byte)' ');
        var tag = third < 0 ? rest : rest[..third];
        if (tag.IsEmpty || tag[0] is not ((byte)'P' or (byte)'F') || !(stream.SequenceEqual("stdout"u8) || stream.SequenceEqual("stderr"u8)))
        {
            return false;
        }

        record = new LogRecord(line[..first], stream, tag[0] == (byte)'P', third < 0 ? [] : rest[(third + 1)..]);
        return true;
    }
}
