namespace Insula.Workloads;

/// <summary>Numbers as statuses have them: zeros are left out.</summary>
internal static class Counts
{
    public static int? OrNone(int count) => count == 0 ? null : count;
}
