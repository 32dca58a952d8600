using System.Text;
using Insula.SystemTests.Harness;
using Insula.Tests.Shared;

namespace Insula.SystemTests.Crash;

/// <summary>Failpoints are in the programs of the tests, and in no other.</summary>
public sealed class FailpointBuildTests
{
    [Fact]
    public void The_release_programs_contain_no_failpoint()
    {
        foreach (var inShim in (bool[])[false, true])
        {
            var program = inShim ? "insula-shim" : "insulad";
            var names = FailpointNames.All().Where(f => f.InShim == inShim).Select(f => f.Name).Append("INSULA_FAILPOINTS").ToList();
            var released = File.ReadAllBytes(Repository.Program(program));
            Assert.DoesNotContain(names, name => Has(released, name));

            // The search would find them.
            var tested = File.ReadAllBytes(Repository.Program($"failpoints/{program}"));
            Assert.All(names, name => Assert.True(Has(tested, name), name));
        }
    }

    // As C and as .NET keep strings.
    private static bool Has(ReadOnlySpan<byte> program, string name) =>
        program.IndexOf(Encoding.ASCII.GetBytes(name)) >= 0 || program.IndexOf(Encoding.Unicode.GetBytes(name)) >= 0;
}
