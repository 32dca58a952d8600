using System.Numerics;

namespace Insula.Ingresses.Configuration;

/// <summary>
/// How many places a backend has for pods. Places are made when the configuration is loaded, and filled and emptied while it runs; with room
/// for twice as many as there are, a rolling update loads nothing.
/// </summary>
public static class Slots
{
    private const int Least = 4;
    private const int Wasteful = 8;

    /// <summary>The number of places.</summary>
    /// <param name="endpoints">Pods there are.</param>
    /// <param name="present">Places there are now; 0 for none.</param>
    public static int For(int endpoints, int present)
    {
        var wanted = Math.Max(Least, (int)BitOperations.RoundUpToPowerOf2((uint)endpoints * 2));
        return present >= endpoints && present > 0 && present <= wanted * Wasteful ? present : wanted;
    }
}
