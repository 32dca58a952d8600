namespace Insula.Workloads.Autoscaling;

/// <summary>Amounts of the two resources that autoscalers look at; null where one is not known.</summary>
/// <param name="Cpu">Thousandths of a core.</param>
/// <param name="Memory">Bytes.</param>
public readonly record struct ResourceAmounts(long? Cpu, long? Memory)
{
    /// <summary>That of a resource: <c>cpu</c> or <c>memory</c>.</summary>
    public long? Of(string resource) => resource == "cpu" ? Cpu : Memory;
}
