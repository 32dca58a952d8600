namespace Insula.Api.Selectors;

/// <summary>A selector cannot be read; the message says where and why.</summary>
public sealed class SelectorException : FormatException
{
    /// <summary>With the reason.</summary>
    public SelectorException(string message)
        : base(message)
    {
    }

    /// <summary>Without a reason.</summary>
    public SelectorException()
    {
    }

    /// <summary>With the reason and its cause.</summary>
    public SelectorException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
