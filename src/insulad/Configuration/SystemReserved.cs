using Insula.Api.Values;

namespace Insulad.Configuration;

/// <summary>What of the machine pods cannot request.</summary>
/// <param name="MilliCpu">Thousandths of a processor.</param>
/// <param name="Memory">Bytes.</param>
internal sealed record SystemReserved(long MilliCpu, long Memory)
{
    /// <summary>Reads <c>cpu=250m,memory=512Mi</c>; what is not named is 0.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static SystemReserved Parse(string text)
    {
        var (reserved, seen) = (new SystemReserved(0, 0), new HashSet<string>());
        foreach (var pair in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=');
            if (parts.Length != 2 || !Quantity.TryParse(parts[1], out var amount) || amount.Sign < 0 || !seen.Add(parts[0]) || parts[0] is not ("cpu" or "memory"))
            {
                throw new FormatException("amounts of cpu and memory like cpu=250m,memory=512Mi");
            }

            reserved = parts[0] == "cpu" ? reserved with { MilliCpu = amount.MilliValue } : reserved with { Memory = amount.Value };
        }

        return reserved;
    }

    /// <inheritdoc/>
    public override string ToString() => $"cpu={Quantity.FromMilli(MilliCpu)},memory={Quantity.FromUnits(Memory, QuantityFormat.BinarySI)}";
}
