using System.Text;
using Insula.Sandbox.Plans;

namespace Insula.Sandbox.Tests.Plans;

internal static class PlanText
{
    /// <summary>A plan as one would type it: words joined by blanks, a line for each option.</summary>
    public static string Of(LaunchPlan plan)
    {
        Assert.Equal(0, plan.Words[^1]);
        var words = Encoding.UTF8.GetString(plan.Words.AsSpan(..^1)).Split('\0');
        return string.Join(' ', words).Replace(" --", "\n--", StringComparison.Ordinal);
    }
}
