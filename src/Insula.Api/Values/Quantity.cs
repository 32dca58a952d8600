using System.Globalization;
using System.Numerics;

namespace Insula.Api.Values;

/// <summary>
/// An amount with a unit suffix, e.g. 100m, 1.5, 64Mi (apimachinery resource.Quantity). Exact to 10⁻⁹, rounded up
/// beyond that, and bounded to ±(2⁶³−1) as Kubernetes does. Two quantities are equal when their values are.
/// </summary>
public readonly struct Quantity : IEquatable<Quantity>, IComparable<Quantity>
{
    private const long NanosPerUnit = 1_000_000_000;
    private static readonly BigInteger _max = (BigInteger)long.MaxValue * NanosPerUnit;

    // Not an Int128, though it would hold it: methods that have to do with one cannot be compiled ahead, and the first quantity would
    // cost every command some milliseconds.
    private readonly BigInteger _nanos;

    private Quantity(BigInteger nanos, QuantityFormat format)
    {
        _nanos = nanos;
        Format = format;
    }

    /// <summary>Zero.</summary>
    public static Quantity Zero => default;

    /// <summary>How the quantity is written.</summary>
    public QuantityFormat Format { get; }

    /// <summary>Whether the value is zero.</summary>
    public bool IsZero => _nanos.IsZero;

    /// <summary>-1, 0 or 1.</summary>
    public int Sign => _nanos.Sign;

    /// <summary>The value in whole units, rounded up (away from zero); bytes for memory, cores for cpu.</summary>
    public long Value => (long)DivideUp(_nanos, NanosPerUnit);

    /// <summary>The value in thousandths, rounded up and bounded to the range of long; millicores for cpu.</summary>
    public long MilliValue
    {
        get
        {
            var milli = DivideUp(_nanos, 1_000_000);
            return milli > long.MaxValue ? long.MaxValue : milli < long.MinValue ? long.MinValue : (long)milli;
        }
    }

    /// <summary>Whether the value is a whole number of thousandths.</summary>
    public bool IsWholeMilli => _nanos % 1_000_000 == 0;

    /// <summary>Whether the value is a whole number.</summary>
    public bool IsWhole => _nanos % NanosPerUnit == 0;

    /// <summary>A quantity of whole units.</summary>
    public static Quantity FromUnits(long value, QuantityFormat format = QuantityFormat.DecimalSI) =>
        new(Bound((BigInteger)value * NanosPerUnit), format);

    /// <summary>A quantity of thousandths, e.g. millicores.</summary>
    public static Quantity FromMilli(long value) => new((BigInteger)value * 1_000_000, QuantityFormat.DecimalSI);

    /// <summary>Reads a quantity.</summary>
    /// <exception cref="FormatException">The text is none.</exception>
    public static Quantity Parse(string text) => TryParse(text, out var quantity)
        ? quantity
        : throw new FormatException(
            $"\"{text}\" is no quantity: write a number with an optional suffix, e.g. 250m, 2, 1.5Gi, 100M, 1e3");

    /// <summary>Reads a quantity; false when the text is none.</summary>
    public static bool TryParse(string? text, out Quantity quantity)
    {
        quantity = default;
        // No honest quantity is longer; the bound keeps the arithmetic below cheap on hostile text.
        if (string.IsNullOrEmpty(text) || text.Length > 128)
        {
            return false;
        }

        var at = text[0] is '+' or '-' ? 1 : 0;
        var negative = text[0] == '-';
        var start = at;
        var digits = BigInteger.Zero;
        int count = 0, scale = 0;
        var point = false;
        for (; at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'); at++)
        {
            if (text[at] == '.')
            {
                if (point)
                {
                    return false;
                }

                point = true;
                continue;
            }

            digits = (digits * 10) + (text[at] - '0');
            count++;
            scale += point ? 1 : 0;
        }

        if (count == 0 || at == start || !TrySuffix(text.AsSpan(at), out var format, out var binary, out var exponent))
        {
            return false;
        }

        var nanos = Scale(digits, binary, exponent + 9 - scale);
        var bounded = BigInteger.Min(nanos, _max);
        quantity = new Quantity(negative ? -bounded : bounded, format);
        return true;
    }

    /// <summary>The canonical form: the largest suffix that leaves no fraction, at most three decimals of thousands.</summary>
    public override string ToString()
    {
        if (_nanos.IsZero)
        {
            return "0";
        }

        var format = Format;
        var magnitude = BigInteger.Abs(_nanos);
        if (format == QuantityFormat.BinarySI && magnitude < (BigInteger)1024 * NanosPerUnit)
        {
            format = QuantityFormat.DecimalSI;
        }

        var sign = _nanos < 0 ? "-" : "";
        return sign + (format == QuantityFormat.BinarySI ? Binary(magnitude) : Decimal(magnitude, format));
    }

    /// <inheritdoc/>
    public bool Equals(Quantity other) => _nanos == other._nanos;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Quantity other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _nanos.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(Quantity other) => _nanos.CompareTo(other._nanos);

    /// <summary>The sum, in the left one's format; bounded.</summary>
    public static Quantity operator +(Quantity left, Quantity right) =>
        new(Bound(left._nanos + right._nanos), left.IsZero ? right.Format : left.Format);

    /// <summary>The sum.</summary>
    public static Quantity Add(Quantity left, Quantity right) => left + right;

    /// <summary>Equal values.</summary>
    public static bool operator ==(Quantity left, Quantity right) => left.Equals(right);

    /// <summary>Different values.</summary>
    public static bool operator !=(Quantity left, Quantity right) => !left.Equals(right);

    /// <summary>Smaller.</summary>
    public static bool operator <(Quantity left, Quantity right) => left._nanos < right._nanos;

    /// <summary>Smaller or equal.</summary>
    public static bool operator <=(Quantity left, Quantity right) => left._nanos <= right._nanos;

    /// <summary>Greater.</summary>
    public static bool operator >(Quantity left, Quantity right) => left._nanos > right._nanos;

    /// <summary>Greater or equal.</summary>
    public static bool operator >=(Quantity left, Quantity right) => left._nanos >= right._nanos;

    private static string Decimal(BigInteger nanos, QuantityFormat format)
    {
        var exponent = -9;
        while (exponent < 18 && nanos % 1000 == 0)
        {
            nanos /= 1000;
            exponent += 3;
        }

        var number = nanos.ToString(CultureInfo.InvariantCulture);
        if (format == QuantityFormat.DecimalExponent)
        {
            return exponent == 0 ? number : number + "e" + exponent.ToString(CultureInfo.InvariantCulture);
        }

        return number + (exponent switch
        {
            -9 => "n",
            -6 => "u",
            -3 => "m",
            0 => "",
            3 => "k",
            6 => "M",
            9 => "G",
            12 => "T",
            15 => "P",
            _ => "E",
        });
    }

    private static string Binary(BigInteger nanos)
    {
        var units = DivideUp(nanos, NanosPerUnit);
        var power = 0;
        while (power < 6 && units % 1024 == 0)
        {
            units /= 1024;
            power++;
        }

        var number = units.ToString(CultureInfo.InvariantCulture);
        return power == 0 ? number : number + "KMGTPE"[power - 1] + "i";
    }

    private static bool TrySuffix(ReadOnlySpan<char> suffix, out QuantityFormat format, out int binary, out int exponent)
    {
        format = QuantityFormat.DecimalSI;
        binary = 0;
        exponent = 0;
        if (suffix.Length == 2 && suffix[1] == 'i')
        {
            format = QuantityFormat.BinarySI;
            binary = 10 * ("KMGTPE".IndexOf(suffix[0], StringComparison.Ordinal) + 1);
            return binary > 0;
        }

        if (suffix.Length <= 1)
        {
            var found = suffix.Length == 0 ? 3 : "num.kMGTPE".IndexOf(suffix[0], StringComparison.Ordinal);
            exponent = (found - 3) * 3;
            return suffix.Length == 0 || (found >= 0 && suffix[0] != '.');
        }

        format = QuantityFormat.DecimalExponent;
        return suffix[0] is 'e' or 'E' && suffix.Length <= 12
            && int.TryParse(suffix[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent);
    }

    // digits × 2^binary × 10^exponent, rounded up to a whole number.
    private static BigInteger Scale(BigInteger digits, int binary, int exponent)
    {
        if (digits.IsZero)
        {
            return digits;
        }

        // 128 digits at most came in: beyond these exponents the result is the bound, or the smallest step.
        exponent = Math.Clamp(exponent, -200, 200);
        digits <<= binary;
        if (exponent >= 0)
        {
            return digits * BigInteger.Pow(10, exponent);
        }

        var divisor = BigInteger.Pow(10, -exponent);
        var (quotient, rest) = BigInteger.DivRem(digits, divisor);
        return rest.IsZero ? quotient : quotient + 1;
    }

    private static BigInteger DivideUp(BigInteger value, BigInteger divisor)
    {
        var (quotient, rest) = BigInteger.DivRem(value, divisor);
        return rest.IsZero ? quotient : quotient + value.Sign;
    }

    private static BigInteger Bound(BigInteger nanos) => nanos > _max ? _max : nanos < -_max ? -_max : nanos;
}
