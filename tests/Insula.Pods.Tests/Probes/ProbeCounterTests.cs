using Insula.Pods.Lifecycle;
using Insula.Pods.Probes;

namespace Insula.Pods.Tests.Probes;

public class ProbeCounterTests
{
    [Theory]
    [InlineData(ProbeKind.Readiness, ProbeVerdict.Failure)]
    [InlineData(ProbeKind.Liveness, ProbeVerdict.Success)]
    [InlineData(ProbeKind.Startup, ProbeVerdict.Unknown)]
    public void TheInitialVerdictIsKubernetes(ProbeKind kind, ProbeVerdict expected) => Assert.Equal(expected, ProbeCounter.Initial(kind).Verdict);

    [Theory]
    [InlineData(ProbeKind.Liveness, 1, 3, "---", "SSF")]
    [InlineData(ProbeKind.Liveness, 1, 3, "--+--+---", "SSSSSSSSF")]
    [InlineData(ProbeKind.Readiness, 2, 3, "+-++--+---", "FFFSSSSSSF")]
    [InlineData(ProbeKind.Readiness, 1, 1, "+-+", "SFS")]
    [InlineData(ProbeKind.Startup, 1, 2, "-+", "US")]
    [InlineData(ProbeKind.Startup, 1, 2, "--", "UF")]
    public void TheVerdictChangesOnlyAfterEnoughEqualResults(ProbeKind kind, int success, int failure, string results, string verdicts)
    {
        var counter = ProbeCounter.Initial(kind);
        var seen = "";
        foreach (var result in results)
        {
            counter = counter.After(result == '+', success, failure);
            seen += counter.Verdict.ToString()[0];
        }

        Assert.Equal(verdicts, seen);
    }
}
