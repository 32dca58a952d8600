using System.Globalization;

namespace Insula.Api.Values;

/// <summary>A number or a name, as ports are given (apimachinery intstr.IntOrString). The default is the number 0.</summary>
public readonly record struct IntOrString
{
    /// <summary>A number.</summary>
    public IntOrString(int number) => Number = number;

    /// <summary>A name.</summary>
    public IntOrString(string text) => Text = text;

    /// <summary>The number; 0 when this is a name.</summary>
    public int Number { get; }

    /// <summary>The name; null when this is a number.</summary>
    public string? Text { get; }

    /// <summary>Whether this is a name.</summary>
    public bool IsText => Text is not null;

    /// <inheritdoc/>
    public override string ToString() => Text ?? Number.ToString(CultureInfo.InvariantCulture);
}
