using System.Globalization;

namespace Insula.Network.Services;

/// <summary>A range of ports, both ends included.</summary>
/// <param name="First">The least.</param>
/// <param name="Last">The greatest.</param>
public readonly record struct PortRange(int First, int Last)
{
    /// <summary>Kubernetes' range for node ports.</summary>
    public static readonly PortRange NodePorts = new(30000, 32767);

    /// <summary>How many there are.</summary>
    public int Count => Last - First + 1;

    /// <summary>Whether a port is one of them.</summary>
    public bool Contains(int port) => port >= First && port <= Last;

    /// <summary>Reads <c>30000-32767</c>; null when it is no range of ports.</summary>
    public static PortRange? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('-');
        return parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            && first is >= 1 and <= 65535 && last >= first && last <= 65535
                ? new PortRange(first, last)
                : null;
    }

    /// <summary><c>30000-32767</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");
}
