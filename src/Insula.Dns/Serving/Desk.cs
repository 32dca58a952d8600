using Insula.Dns.Messages;

namespace Insula.Dns.Serving;

/// <summary>Takes questions from wherever they come, answers what is known here, and sends on the rest.</summary>
internal sealed class Desk(Responder responder, Forwarder forwarder)
{
    private readonly byte[] _target = new byte[DnsName.MaxLength];

    /// <summary>Takes a question.</summary>
    /// <param name="message">What came.</param>
    /// <param name="buffer">Room for the answer.</param>
    /// <param name="isStream">Whether it came over TCP.</param>
    /// <param name="client">Makes who waits, if it has to be sent on.</param>
    /// <returns>The length of the answer; 0 when there is none, or none yet; whether it comes later.</returns>
    public (int Length, bool Later) Take<T>(ReadOnlySpan<byte> message, Span<byte> buffer, bool isStream, T client)
        where T : IClientMaker
    {
        switch (DnsQuery.Read(message, out var query))
        {
            case null:
                return (0, false);
            case ResponseCode.NoError:
                var length = responder.Answer(query, buffer, Limit(query, isStream), _target, out var targetLength, default);
                if (length > 0)
                {
                    return (length, false);
                }

                return forwarder.TryAsk(query, _target.AsSpan(0, targetLength), client.Make())
                    ? (0, true)
                    : (new MessageWriter(query, buffer, buffer.Length).Finish(ResponseCode.ServFail), false);
            case { } code when !query.Message.IsEmpty:
                return (new MessageWriter(query, buffer, buffer.Length).Finish(code), false);
            case { } code:
                return (MessageWriter.Refuse(message, code, buffer), false);
        }
    }

    /// <summary>How long an answer may be.</summary>
    public static int Limit(in DnsQuery query, bool isStream) => isStream ? DnsLimits.StreamSize : Math.Min(query.PayloadSize, DnsLimits.DatagramSize);
}
