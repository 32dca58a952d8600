namespace Insula.Dns.Serving;

/// <summary>Who asked, and waits for an answer of another server.</summary>
internal interface IClient
{
    /// <summary>Where it is, for counting.</summary>
    ulong Host { get; }

    /// <summary>Whether it came over TCP, and takes long answers.</summary>
    bool IsStream { get; }

    /// <summary>Sends it the answer, if it is still there.</summary>
    void Deliver(ReadOnlySpan<byte> answer);
}
