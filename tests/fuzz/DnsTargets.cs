using System.Net;
using Insula.Dns;
using Insula.Dns.Control;
using Insula.Dns.Health;
using Insula.Dns.Messages;
using Insula.Dns.Serving;
using Insula.Dns.Tables;

namespace Insula.Fuzz;

/// <summary>What pods ask, what other servers answer, and what the daemon says to the DNS server.</summary>
internal sealed class DnsTargets
{
    private static readonly byte[] _alias = DnsName.FromText("www.example.com");
    private readonly Responder _responder = new();
    private readonly byte[] _answer = new byte[DnsLimits.StreamSize];
    private readonly byte[] _target = new byte[DnsName.MaxLength];

    public DnsTargets()
    {
        var changes = new TableChanges(new DnsTable());
        var name = DnsName.FromText("a.b");
        byte[][] packets =
        [
            ControlText.Of(ControlPacket.Whole), ControlText.Zone(DnsName.FromText("b"), DnsRecord.Authority(name, name, 1, 5)),
            .. ControlText.Name(name, [.. Enumerable.Range(0, 100).Select(i => DnsRecord.Address(new IPAddress([10, 0, 0, (byte)i]), 5))]),
            .. ControlText.Name(DnsName.FromText("s.b"), [DnsRecord.Service(0, 100, 80, name, 5)]),
            .. ControlText.Name(DnsName.FromText("c.b"), [DnsRecord.Alias(_alias, 5)]),
            ControlText.Of(ControlPacket.Commit, 1),
        ];
        Targets.Check(packets.All(p => changes.TryTake(p, out _)), "the table is taken");
        _responder.Table = changes.Table;
    }

    /// <summary>A datagram of a client.</summary>
    public void Query(byte[] input)
    {
        var code = DnsQuery.Read(input, out var query);
        if (code is not ResponseCode.NoError)
        {
            Targets.Check(code is null || MessageWriter.Refuse(input, code.Value, _answer) == DnsQuery.HeaderLength, "a refusal is a header");
            return;
        }

        Targets.Check(DnsName.ToText(query.Name).Length > 0, "a name is text");
        foreach (var isStream in (bool[])[false, true])
        {
            var limit = Desk.Limit(query, isStream);
            var length = _responder.Answer(query, _answer, limit, _target, out var targetLength, default);
            Targets.Check(length <= limit, "an answer is no longer than the client takes");
            Targets.Check(length > 0 || DnsName.IsCanonical(_target.AsSpan(0, targetLength)), "what others are asked for is a name");
            Targets.Check(length == 0 || AnswerReader.IsTo(_answer.AsSpan(0, length), query.Message, query.Message.Length), "an answer is one to the question");
        }

        Span<byte> key = stackalloc byte[DnsName.MaxLength + ForwardKey.Extra];
        DnsName.Lower(query.Name, _target);
        key = key[..ForwardKey.Write(query, _target.AsSpan(0, query.Name.Length), isStream: false, key)];
        var question = ForwardKey.WriteQuestion(key, 7, _answer, out _);
        Targets.Check(DnsQuery.Read(_answer.AsSpan(0, question), out var sent) is ResponseCode.NoError && sent.Type == query.Type, "what is sent on is a question");
    }

    /// <summary>A datagram of another server, to a question that stands for one of ours.</summary>
    public void Answer(byte[] input)
    {
        Span<byte> key = stackalloc byte[DnsName.MaxLength + ForwardKey.Extra];
        byte[] asked = [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. DnsName.FromText("c.b"), 0, (byte)RecordTypes.A, 0, 1];
        DnsQuery.Read(asked, out var query);
        key = key[..ForwardKey.Write(query, _alias, isStream: false, key)];
        var question = new byte[512];
        ForwardKey.WriteQuestion(key, 7, question, out var length);
        if (!AnswerReader.IsTo(input, question, length))
        {
            return;
        }

        foreach (var isStream in (bool[])[false, true])
        {
            var limit = Desk.Limit(query, isStream);
            var answered = _responder.Answer(query, _answer, limit, _target, out _, input);
            Targets.Check(answered > 0 && answered <= limit, "an answer is joined, and no longer than the client takes");
            Targets.Check(AnswerReader.IsTo(_answer.AsSpan(0, answered), asked, asked.Length), "it is one to the client's question");
        }
    }

    /// <summary>What comes to a health-check node port, and what the daemon says about one.</summary>
    public static void Health(byte[] input)
    {
        var answer = HealthAnswer.To(input, DnsLimits.HealthRequest, "default/web", 1);
        Targets.Check(answer is not null || input.Length < DnsLimits.HealthRequest, "what is too long is answered");
        Targets.Check(answer is null || answer.AsSpan().IndexOf("\r\n\r\n"u8) > 0, "an answer is whole");
        Targets.Check(!HealthText.TryRead(input, out _, out _, out var service) || HealthAnswer.IsService(service), "a Service has a name");
    }

    /// <summary>Packets of the daemon, each with its length before it.</summary>
    public static void Control(byte[] input)
    {
        var changes = new TableChanges(new DnsTable());
        for (var at = 0; at + 2 <= input.Length;)
        {
            var length = Math.Min(input[at] | (input[at + 1] << 8), input.Length - at - 2);
            if (!changes.TryTake(input.AsSpan(at + 2, length), out _))
            {
                return;
            }

            Targets.Check(changes.Table.Size is >= 0 and <= DnsLimits.TableSize, "a table is bounded");
            at += 2 + length;
        }
    }
}
