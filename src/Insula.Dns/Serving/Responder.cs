using Insula.Dns.Messages;
using Insula.Dns.Tables;

namespace Insula.Dns.Serving;

/// <summary>Answers questions from a table, and says which it cannot.</summary>
public sealed class Responder
{
    // A chain of other names is followed so far.
    private const int MostAliases = 8;

    private uint _turn;

    /// <summary>What is known.</summary>
    public DnsTable Table { get; set; } = new();

    /// <summary>Answers a question.</summary>
    /// <param name="query">The question.</param>
    /// <param name="buffer">Room for the answer.</param>
    /// <param name="limit">How long it may be.</param>
    /// <param name="target">Room for a name, of <see cref="DnsName.MaxLength"/> bytes: the one that others have to be asked for.</param>
    /// <param name="targetLength">Its length.</param>
    /// <param name="others">What others answered for that name, checked; empty as long as they were not asked.</param>
    /// <returns>The length of the answer; 0 when others have to be asked first.</returns>
    public int Answer(in DnsQuery query, Span<byte> buffer, int limit, Span<byte> target, out int targetLength, ReadOnlySpan<byte> others)
    {
        var writer = new MessageWriter(query, buffer, limit);
        DnsName.Lower(query.Name, target);
        targetLength = query.Name.Length;
        var isCut = false;
        for (var aliases = 0; aliases <= MostAliases; aliases++)
        {
            ReadOnlySpan<byte> name = target[..targetLength];
            var authority = Table.FindZone(name, out var zone);
            var isThere = Table.TryFind(name, out var records);
            if (!authority.IsEmpty && aliases == 0)
            {
                writer.SetAuthoritative();
            }

            var named = aliases == 0 ? default : name;
            if (isCut && !HasAlias(records))
            {
                writer.SetTruncated();
                return writer.Finish(ResponseCode.NoError);
            }

            if (Add(ref writer, named, query.Type, records) is { } complete)
            {
                if (!complete)
                {
                    writer.SetTruncated();
                }
                else if (query.Type == RecordTypes.SRV)
                {
                    AddAddresses(ref writer, records);
                }

                return writer.Finish(ResponseCode.NoError);
            }

            if (TryFindAlias(records, out var alias, out var ttl))
            {
                // Followed all the same: a chain without end is an error however little of it fits.
                isCut = isCut || !writer.TryAdd(MessageSection.Answer, named, RecordTypes.CNAME, ttl, alias);
                DnsName.Lower(alias, target);
                targetLength = alias.Length;
                continue;
            }

            if (authority.IsEmpty)
            {
                return others.IsEmpty ? 0 : Join(ref writer, others);
            }

            if (new RecordReader(authority) is var reader && reader.Next())
            {
                writer.TryAdd(MessageSection.Authority, zone, reader.Type, reader.Ttl, reader.Data);
            }

            return writer.Finish(isThere ? ResponseCode.NoError : ResponseCode.NXDomain);
        }

        // Names that stand for each other.
        return new MessageWriter(query, buffer, limit).Finish(ResponseCode.ServFail);
    }

    /// <summary>Adds the records of a type, beginning with another one each time, so that clients that take the first spread.</summary>
    /// <returns>Null when there are none; false when there was no room for all.</returns>
    private bool? Add(ref MessageWriter writer, ReadOnlySpan<byte> name, ushort type, ReadOnlySpan<byte> records)
    {
        var count = 0;
        var reader = new RecordReader(records);
        while (reader.Next())
        {
            count += Matches(type, reader.Type) ? 1 : 0;
        }

        if (count == 0)
        {
            return null;
        }

        var first = (int)(_turn++ % (uint)count);
        for (var round = 0; round < 2; round++)
        {
            reader = new RecordReader(records);
            for (var i = 0; reader.Next();)
            {
                if (Matches(type, reader.Type) && i++ >= first == (round == 0) && !writer.TryAdd(MessageSection.Answer, name, reader.Type, reader.Ttl, reader.Data))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool Matches(ushort asked, ushort type) => asked == type || asked == RecordTypes.ANY;

    private static bool HasAlias(ReadOnlySpan<byte> records) => TryFindAlias(records, out _, out _);

    private static bool TryFindAlias(ReadOnlySpan<byte> records, out ReadOnlySpan<byte> alias, out uint ttl)
    {
        var reader = new RecordReader(records);
        while (reader.Next())
        {
            if (reader.Type == RecordTypes.CNAME)
            {
                alias = reader.Data;
                ttl = reader.Ttl;
                return true;
            }
        }

        alias = default;
        ttl = 0;
        return false;
    }

    /// <summary>The addresses of the names that services are at, as far as there is room.</summary>
    private void AddAddresses(ref MessageWriter writer, ReadOnlySpan<byte> services)
    {
        var reader = new RecordReader(services);
        ReadOnlySpan<byte> before = default;
        while (reader.Next())
        {
            var target = reader.Type == RecordTypes.SRV ? reader.Data[6..] : default;
            if (target.IsEmpty || target.SequenceEqual(before) || !Table.TryFind(target, out var records))
            {
                continue;
            }

            before = target;
            var addresses = new RecordReader(records);
            while (addresses.Next())
            {
                if (addresses.Type is RecordTypes.A or RecordTypes.AAAA
                    && !writer.TryAdd(MessageSection.Additional, target, addresses.Type, addresses.Ttl, addresses.Data))
                {
                    return;
                }
            }
        }
    }

    /// <summary>Puts what others answered for the last name of a chain behind it.</summary>
    private static int Join(ref MessageWriter writer, ReadOnlySpan<byte> others)
    {
        Span<byte> room = stackalloc byte[AnswerReader.Room];
        var answer = new AnswerReader(others, room);
        if (answer.IsTruncated)
        {
            writer.SetTruncated();
        }

        while (answer.Next())
        {
            if (!writer.TryAdd(answer.Section, answer.Name, answer.Type, answer.Ttl, answer.Data))
            {
                if (answer.Section == MessageSection.Answer)
                {
                    writer.SetTruncated();
                }

                break;
            }
        }

        return writer.Finish(answer.Code);
    }
}
