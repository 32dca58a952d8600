namespace Insula.Pods.Probes;

/// <summary>What one probing found.</summary>
/// <param name="Ok">Whether it counts as a success.</param>
/// <param name="Message">Why not; what the event says.</param>
internal readonly record struct ProbeResult(bool Ok, string Message)
{
    public static ProbeResult Success { get; } = new(true, "");

    public static ProbeResult Failure(string message) => new(false, message);
}
