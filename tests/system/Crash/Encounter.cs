using Insula.Tests.Shared;

namespace Insula.SystemTests.Crash;

/// <summary>An operation that comes to a failpoint.</summary>
internal sealed record Encounter(Operation Operation, FailpointNames.Failpoint Failpoint)
{
    public override string ToString() => $"{Operation}/{Failpoint.Name}";
}
