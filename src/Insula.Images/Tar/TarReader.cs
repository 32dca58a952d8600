namespace Insula.Images.Tar;

/// <summary>
/// Reads a tar forward: v7, ustar, pax and GNU long names. Our own rather than the framework's because extended
/// attributes are bytes and a hostile header must not be able to ask for memory. Sparse, multi-volume and
/// incremental entries are refused by name.
/// </summary>
internal sealed class TarReader
{
    private const int LongestExtension = 1 << 20;
    private const int LongestName = 4096;
    private readonly Stream _source;
    private readonly long _maxEntries;
    private readonly ITarTrace? _trace;
    private readonly byte[] _block = new byte[TarHeader.BlockSize];
    private long _position;
    private long _contentLeft;
    private long _paddingLeft;
    private long _entries;
    private bool _ended;

    /// <param name="source">The tar; read from its position, never closed.</param>
    /// <param name="maxEntries">More headers than this are refused.</param>
    /// <param name="trace">Told of what is not content; null for none. Content that is skipped counts as none.</param>
    public TarReader(Stream source, long maxEntries, ITarTrace? trace = null)
    {
        _source = source;
        _maxEntries = maxEntries;
        _trace = trace;
    }

    /// <summary>The next entry; null at the end of the archive. What is left of the entry before is skipped.</summary>
    public TarEntry? Next()
    {
        Skip(_contentLeft + _paddingLeft);
        (_contentLeft, _paddingLeft) = (0, 0);
        PaxRecords? pax = null;
        string? longName = null;
        string? longLink = null;
        while (!_ended && ReadHeader())
        {
            switch ((char)TarHeader.Type(_block))
            {
                case 'x':
                    Once(pax is null, "two extended headers");
                    pax = PaxRecords.Parse(ReadExtension());
                    break;
                case 'g':
                    RefuseGlobals(PaxRecords.Parse(ReadExtension()));
                    break;
                case 'L':
                    Once(longName is null, "two long names");
                    longName = ReadLongName();
                    break;
                case 'K':
                    Once(longLink is null, "two long link targets");
                    longLink = ReadLongName();
                    break;
                default:
                    return Complete(pax, longName, longLink);
            }
        }

        return pax is null && longName is null && longLink is null
            ? null
            : throw TarErrors.Broken("it ends after an extended header");
    }

    /// <summary>Reads content of the current entry; 0 at its end.</summary>
    public int ReadContent(Span<byte> buffer)
    {
        if (_contentLeft == 0 || buffer.IsEmpty)
        {
            return 0;
        }

        var count = _source.Read(buffer[..(int)Math.Min(buffer.Length, _contentLeft)]);
        if (count == 0)
        {
            throw TarErrors.Broken("it ends inside a file");
        }

        _position += count;
        _contentLeft -= count;
        return count;
    }

    /// <summary>After the last entry: what follows the end of the archive is read, too.</summary>
    public void Finish()
    {
        var buffer = new byte[64 << 10];
        while (_source.Read(buffer, 0, buffer.Length) is > 0 and var count)
        {
            _position += count;
            _trace?.Raw(buffer.AsSpan(0, count));
        }
    }

    private static void Once(bool first, string what)
    {
        if (!first)
        {
            throw TarErrors.Broken($"{what} for one entry");
        }
    }

    // Other records would be defaults for all that follows. No tool that makes images writes them: git's comment is the one seen.
    private static void RefuseGlobals(PaxRecords records)
    {
        if (records.Keys.FirstOrDefault(k => k != "comment") is { } key)
        {
            throw TarErrors.Unsupported($"a global extended header sets {Printable.Quote(key)}");
        }
    }

    private static TarEntryType TypeOf(byte flag, string name) => (char)flag switch
    {
        // Before ustar a directory was a file whose name ends in a slash.
        '0' or '\0' or '7' => name.EndsWith('/') ? TarEntryType.Directory : TarEntryType.File,
        '1' => TarEntryType.HardLink,
        '2' => TarEntryType.SymbolicLink,
        '3' => TarEntryType.CharacterDevice,
        '4' => TarEntryType.BlockDevice,
        '5' => TarEntryType.Directory,
        '6' => TarEntryType.Fifo,
        'S' => throw TarErrors.Unsupported($"{Printable.Quote(name)} is a GNU sparse file: make the archive without --sparse"),
        'M' => throw TarErrors.Unsupported($"{Printable.Quote(name)} continues on another volume"),
        'D' or 'N' or 'V' => throw TarErrors.Unsupported($"{Printable.Quote(name)} is of an incremental archive"),
        _ => throw TarErrors.Unsupported($"{Printable.Quote(name)} has the unknown type 0x{flag:x2}"),
    };

    private static uint Id(long value, string what, string name) =>
        value is >= 0 and < uint.MaxValue
            ? (uint)value
            : throw TarErrors.Broken($"{Printable.Quote(name)} has the {what} {value}, which no user can have");

    private TarEntry Complete(PaxRecords? pax, string? longName, string? longLink)
    {
        var name = pax?.Text("path") ?? longName ?? TarHeader.Name(_block);
        var link = pax?.Text("linkpath") ?? longLink ?? TarHeader.LinkName(_block);
        if (name.Length > LongestName || link.Length > LongestName)
        {
            throw TarErrors.TooLarge("a name has more than 4096 characters");
        }

        if (pax is not null && pax.Keys.Any(k => k.StartsWith("GNU.sparse.", StringComparison.Ordinal)))
        {
            throw TarErrors.Unsupported($"{Printable.Quote(name)} is a GNU sparse file: make the archive without --sparse");
        }

        var type = TypeOf(TarHeader.Type(_block), name);
        var isDevice = type is TarEntryType.CharacterDevice or TarEntryType.BlockDevice;
        var size = type == TarEntryType.File ? pax?.Number("size") ?? TarHeader.Size(_block) : 0;
        var (seconds, nanoseconds) = pax?.Time("mtime") ?? (TarHeader.Modified(_block), 0);
        _contentLeft = size;
        _paddingLeft = Padding(size);
        return new TarEntry
        {
            Type = type,
            Name = name,
            LinkName = link,
            Mode = TarHeader.Mode(_block),
            Uid = Id(pax?.Number("uid") ?? TarHeader.Uid(_block), "uid", name),
            Gid = Id(pax?.Number("gid") ?? TarHeader.Gid(_block), "gid", name),
            Size = size,
            ModifiedSeconds = seconds,
            ModifiedNanoseconds = nanoseconds,
            DeviceMajor = isDevice ? Device(TarHeader.DeviceMajor(_block), 0xFFF, name) : 0,
            DeviceMinor = isDevice ? Device(TarHeader.DeviceMinor(_block), 0xFFFFF, name) : 0,
            Attributes = pax?.Attributes() ?? TarEntry.NoAttributes,
            ContentOffset = _position,
        };
    }

    // Linux has 12 bits of major and 20 of minor.
    private static uint Device(long value, uint largest, string name) =>
        value <= largest ? (uint)value : throw TarErrors.Broken($"{Printable.Quote(name)} has the device number {value}");

    private static long Padding(long size) => (TarHeader.BlockSize - (size % TarHeader.BlockSize)) % TarHeader.BlockSize;

    private bool ReadHeader()
    {
        if (!ReadBlock())
        {
            return false;
        }

        if (TarHeader.IsZero(_block))
        {
            // The end is two zero blocks; one alone is accepted, as tar and Docker do. What follows is not ours.
            _ended = true;
            ReadBlock();
            return false;
        }

        if (++_entries > _maxEntries)
        {
            throw TarErrors.TooLarge($"it has more than {_maxEntries} entries");
        }

        TarHeader.Check(_block);
        return true;
    }

    private bool ReadBlock()
    {
        var count = _source.ReadAtLeast(_block, _block.Length, throwOnEndOfStream: false);
        _position += count;
        _trace?.Raw(_block.AsSpan(0, count));
        return count == _block.Length || (count == 0 ? false : throw TarErrors.Broken("it ends inside a header"));
    }

    private byte[] ReadExtension()
    {
        var size = TarHeader.Size(_block);
        if (size > LongestExtension)
        {
            throw TarErrors.TooLarge($"an extended header of {size} bytes, at most {LongestExtension} are read");
        }

        var data = new byte[size];
        if (_source.ReadAtLeast(data, data.Length, throwOnEndOfStream: false) != data.Length)
        {
            throw TarErrors.Broken("it ends inside an extended header");
        }

        _position += size;
        _trace?.Raw(data);
        Skip(Padding(size));
        return data;
    }

    private string ReadLongName()
    {
        ReadOnlySpan<byte> data = ReadExtension();
        var end = data.IndexOf((byte)0);
        return TarText.Decode(end < 0 ? data : data[..end], "a long name");
    }

    private void Skip(long count)
    {
        if (count > 0 && _source.CanSeek && _trace is null)
        {
            if (_source.Length - _source.Position < count)
            {
                throw TarErrors.Broken("it ends inside a file");
            }

            _source.Seek(count, SeekOrigin.Current);
            _position += count;
            return;
        }

        var buffer = count > 0 ? new byte[(int)Math.Min(count, 64 << 10)] : [];
        while (count > 0)
        {
            var got = _source.Read(buffer, 0, (int)Math.Min(count, buffer.Length));
            if (got == 0)
            {
                throw TarErrors.Broken("it ends inside a file");
            }

            _position += got;
            count -= got;
            _trace?.Raw(buffer.AsSpan(0, got));
        }
    }
}
