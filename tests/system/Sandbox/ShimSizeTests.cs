using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Sandbox;

/// <summary>Each pod has a shim: what it takes is taken as often as there are pods.</summary>
public sealed class ShimSizeTests
{
    private const long Most = 100 * 1024;

    [Fact]
    public void The_shim_is_no_larger_than_was_promised() => Assert.InRange(new FileInfo(Repository.Program("insula-shim")).Length, 1, Most);
}
