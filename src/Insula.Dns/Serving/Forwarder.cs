using System.Runtime.InteropServices;
using Insula.Dns.Messages;
using Insula.Dns.Tables;

namespace Insula.Dns.Serving;

/// <summary>Sends on what is not known here. The same question of several clients is sent on once.</summary>
internal sealed class Forwarder(Poller poller, Responder responder)
{
    private readonly Dictionary<byte[], Forward> _forwards = new(NameComparer.Instance);
    private readonly Dictionary<ulong, int> _perHost = [];
    private readonly byte[] _answer = new byte[DnsLimits.StreamSize];
    private readonly byte[] _target = new byte[DnsName.MaxLength];
    private List<Upstream> _upstreams = [];
    private int _waiters;
    private long _next = long.MaxValue;

    /// <summary>Numbers for questions.</summary>
    public RandomNumbers Random { get; } = new();

    /// <summary>Room for one datagram.</summary>
    public byte[] Buffer { get; } = new byte[DnsLimits.StreamSize];

    /// <summary>Whether nothing is on its way.</summary>
    public bool IsIdle => _forwards.Count == 0;

    /// <summary>The servers that are asked, in the order in which they are.</summary>
    public void Use(IEnumerable<Upstream> upstreams) => _upstreams = [.. upstreams];

    /// <summary>Sends a question on; the client hears of it later.</summary>
    /// <param name="query">The question.</param>
    /// <param name="name">The name to ask for, in lower case.</param>
    /// <param name="client">Who waits.</param>
    /// <returns>False when there are too many already.</returns>
    public bool TryAsk(in DnsQuery query, ReadOnlySpan<byte> name, IClient client)
    {
        Span<byte> bytes = stackalloc byte[DnsName.MaxLength + ForwardKey.Extra];
        ReadOnlySpan<byte> key = bytes[..ForwardKey.Write(query, name, client.IsStream, bytes)];
        var known = _forwards.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out var forward);
        if (_upstreams.Count == 0 || _waiters >= DnsLimits.Waiters || (!known && _forwards.Count >= DnsLimits.Forwards)
            || _perHost.GetValueOrDefault(client.Host) >= DnsLimits.WaitersPerClient)
        {
            return false;
        }

        _waiters++;
        CollectionsMarshal.GetValueRefOrAddDefault(_perHost, client.Host, out _)++;
        var question = query.HasEdns ? Whole(query) : query.Message.ToArray();
        if (known)
        {
            forward!.Waiters.Add(new(client, question));
            return true;
        }

        forward = new Forward(this, poller, key.ToArray());
        forward.Waiters.Add(new(client, question));
        _forwards[forward.Key] = forward;
        forward.Next();
        return true;
    }

    /// <summary>The server to ask after those that were asked: an untried one that is trusted, an untried one, and then again the first of these.</summary>
    public Upstream? Choose(List<Upstream> asked)
    {
        var now = Environment.TickCount64;
        Upstream? best = null;
        var bestRank = int.MaxValue;
        foreach (var upstream in _upstreams)
        {
            var rank = (2 * asked.Count(a => a == upstream)) + (upstream.DistrustedUntil > now ? 1 : 0);
            if (rank < bestRank)
            {
                (best, bestRank) = (upstream, rank);
            }
        }

        return best;
    }

    /// <summary>Has <see cref="Expire"/> called at a time.</summary>
    public void Expect(long deadline) => _next = Math.Min(_next, deadline);

    /// <summary>Asks the next server where one has not answered in time.</summary>
    /// <returns>When it has to be looked at again.</returns>
    public long Expire(long now)
    {
        if (now < _next)
        {
            return _next;
        }

        _next = long.MaxValue;
        foreach (var forward in _forwards.Values.ToList())
        {
            if (forward.Deadline <= now)
            {
                forward.Expire(now);
            }
            else
            {
                Expect(forward.Deadline);
            }
        }

        return _next;
    }

    /// <summary>Nobody answered.</summary>
    public void Fail(Forward forward) => End(forward, default);

    /// <summary>This is the answer.</summary>
    public void Finish(Forward forward, Span<byte> answer) => End(forward, answer);

    private static byte[] Whole(in DnsQuery query)
    {
        // The record that says what the client can take, behind the question as it came: without its options.
        var question = new byte[query.Message.Length + 11];
        query.Message.CopyTo(question);
        question.AsSpan(4, 8).Clear();
        (question[5], question[11]) = (1, 1);
        var record = question.AsSpan(query.Message.Length);
        record[2] = (byte)RecordTypes.OPT;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(record[3..], (ushort)query.PayloadSize);
        record[7] = (byte)(query.WantsDnssec ? 0x80 : 0);
        return question;
    }

    private void End(Forward forward, Span<byte> answer)
    {
        forward.Dispose();
        _forwards.Remove(forward.Key);
        foreach (var (client, question) in forward.Waiters)
        {
            _waiters--;
            if (--CollectionsMarshal.GetValueRefOrAddDefault(_perHost, client.Host, out _) == 0)
            {
                _perHost.Remove(client.Host);
            }

            DnsQuery.Read(question, out var query);
            client.Deliver(Form(query, client.IsStream, forward.Key, answer));
        }
    }

    /// <summary>The answer in the form in which a client takes it.</summary>
    private ReadOnlySpan<byte> Form(in DnsQuery query, bool isStream, ReadOnlySpan<byte> key, Span<byte> answer)
    {
        var limit = Desk.Limit(query, isStream);
        if (answer.IsEmpty)
        {
            return _answer.AsSpan(0, new MessageWriter(query, _answer, limit).Finish(ResponseCode.ServFail));
        }

        DnsName.Lower(query.Name, _target);
        if (!key[..^ForwardKey.Extra].SequenceEqual(_target.AsSpan(0, query.Name.Length)))
        {
            // The name stands for another one, or did: the table may have changed since.
            var length = responder.Answer(query, _answer, limit, _target, out var targetLength, default);
            if (length == 0)
            {
                length = key[..^ForwardKey.Extra].SequenceEqual(_target.AsSpan(0, targetLength))
                    ? responder.Answer(query, _answer, limit, _target, out _, answer)
                    : new MessageWriter(query, _answer, limit).Finish(ResponseCode.ServFail);
            }

            return _answer.AsSpan(0, length);
        }

        if (answer.Length > limit)
        {
            var cut = new MessageWriter(query, _answer, limit);
            cut.SetTruncated();
            return _answer.AsSpan(0, cut.Finish(AnswerReader.CodeOf(answer)));
        }

        // As it came, but for the number, and the name as the client wrote it.
        query.Message[..2].CopyTo(answer);
        query.Name.CopyTo(answer[DnsQuery.HeaderLength..]);
        return answer;
    }
}
