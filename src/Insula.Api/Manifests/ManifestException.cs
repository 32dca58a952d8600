using Insula.Api.Validation;

namespace Insula.Api.Manifests;

/// <summary>A text is no YAML or JSON that a manifest can be; the message says where, what, and what to do.</summary>
public sealed class ManifestException : FormatException
{
    /// <summary>With the place; 0 where it is not known.</summary>
    public ManifestException(string message, int line, int column, Exception? innerException = null)
        : base((line > 0 ? $"line {line}: " : "") + Quoted.Message(message), innerException)
    {
        Line = line;
        Column = column;
        Detail = Quoted.Message(message);
    }

    /// <summary>Without a place.</summary>
    public ManifestException(string message)
        : this(message, 0, 0)
    {
    }

    /// <summary>Without a reason.</summary>
    public ManifestException()
        : this("the manifest cannot be read")
    {
    }

    /// <summary>With a cause.</summary>
    public ManifestException(string message, Exception innerException)
        : this(message, 0, 0, innerException)
    {
    }

    /// <summary>The line, from 1; 0 when unknown.</summary>
    public int Line { get; }

    /// <summary>The column, from 1; 0 when unknown.</summary>
    public int Column { get; }

    /// <summary>The message without the place.</summary>
    public string Detail { get; }
}
