using System.Globalization;

using Insula.Linux;

namespace Insula.Sandbox.Shim;

/// <summary>What a shim sends.</summary>
internal abstract record ShimMessage
{
    /// <summary>A request was done.</summary>
    /// <param name="Id">The request's number.</param>
    /// <param name="Words">What follows it.</param>
    public sealed record Ok(uint Id, IReadOnlyList<string> Words) : ShimMessage;

    /// <summary>A request failed.</summary>
    /// <param name="Id">The request's number.</param>
    /// <param name="Step">The step that failed.</param>
    /// <param name="Errno">The kernel's reason.</param>
    /// <param name="Text">More in words; null if none.</param>
    public sealed record Failed(uint Id, string Step, Errno Errno, string? Text) : ShimMessage;

    /// <summary>One entry of a list.</summary>
    /// <param name="Id">The request's number.</param>
    /// <param name="Entry">The entry.</param>
    public sealed record Listed(uint Id, ShimEntry Entry) : ShimMessage;

    /// <summary>A container ended.</summary>
    public sealed record Exited(string ContainerId, int Pid, int Code, int Signal, DateTimeOffset FinishedAt) : ShimMessage;

    /// <summary>A command ended.</summary>
    public sealed record ExecExited(string ExecId, int Code, int Signal, DateTimeOffset FinishedAt) : ShimMessage;

    /// <summary>All that a command started is gone.</summary>
    public sealed record ExecGone(string ExecId) : ShimMessage;

    /// <summary>Log lines were lost.</summary>
    public sealed record LogLost(string ContainerId, long Lines, long Bytes) : ShimMessage;

    /// <summary>The pod's PID 1 ended, and with it every process of the pod.</summary>
    public sealed record InitExited(int Code, int Signal) : ShimMessage;

    /// <summary>An event of a later version; to be passed over.</summary>
    public sealed record UnknownEvent(string Name) : ShimMessage;

    /// <summary>Reads a packet's words.</summary>
    /// <exception cref="SandboxException">They are not of the protocol.</exception>
    public static ShimMessage Parse(IReadOnlyList<string> words)
    {
        try
        {
            return words[0] switch
            {
                "ok" => new Ok(RequestId(words[1]), words.Skip(2).ToArray()),
                "err" => new Failed(RequestId(words[1]), words[2], (Errno)Int(words[3]), words.Count > 4 ? words[4] : null),
                "entry" => new Listed(RequestId(words[1]), ShimEntry.Parse(words)),
                "event" => Event(words),
                _ => throw Malformed(words),
            };
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            throw Malformed(words, e);
        }
    }

    internal static int Int(string word) => int.Parse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    // Nanoseconds since 1970 fit into 63 bits until 2262; a tick of .NET is 100 of them.
    internal static DateTimeOffset Time(string nanoseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(long.Parse(nanoseconds, NumberStyles.None, CultureInfo.InvariantCulture) / 100);

    internal static SandboxException Malformed(IReadOnlyList<string> words, Exception? inner = null) =>
        new($"the shim sent something that is not of its protocol: '{string.Join(' ', words)}'", inner);

    private static uint RequestId(string word) => uint.Parse(word, NumberStyles.None, CultureInfo.InvariantCulture);

    private static long Long(string word) => long.Parse(word, NumberStyles.None, CultureInfo.InvariantCulture);

    private static ShimMessage Event(IReadOnlyList<string> words) => words[1] switch
    {
        "exit" => new Exited(words[2], Int(words[3]), Int(words[4]), Int(words[5]), Time(words[6])),
        "exec-exit" => new ExecExited(words[2], Int(words[3]), Int(words[4]), Time(words[5])),
        "exec-gone" => new ExecGone(words[2]),
        "log-lost" => new LogLost(words[2], Long(words[3]), Long(words[4])),
        "init-exit" => new InitExited(Int(words[2]), Int(words[3])),
        _ => new UnknownEvent(words[1]),
    };
}
